"""A URL in a feed leads to the public internet or nowhere, and costs no more than its limits."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from catalogue.picture_server import PICTURE, Server, serve
from tonggan.catalogue import http_connection
from tonggan.catalogue.fetch import FetchLimits, read_source
from tonggan.errors import InputError


def shop_test(host: str, port: int) -> Sequence[str]:
    """Knows one shop, on the loopback address that tests allow, and every plain address."""
    return {"shop.test": ["127.0.0.1"], "localhost": ["::1"]}.get(host, [host])


@pytest.fixture
def server() -> Iterator[Server]:
    yield from serve(Server())


@pytest.fixture
def limits(server: Server) -> FetchLimits:
    return FetchLimits(ports=(server.server_port, 80), allowed_addresses=("127.0.0.1",), timeout_seconds=10)


@pytest.fixture
def read(server: Server, limits: FetchLimits) -> Callable[[str], bytes]:
    def read_path(path: str) -> bytes:
        return read_source(
            f"http://shop.test:{server.server_port}{path}", folder=None, limits=limits, resolve=shop_test
        )

    return read_path


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://user:secret@shop.test/x.jpg", "user name or password"),
        ("http://user@127.0.0.1/", "user name or password"),
        ("ftp://user:secret@shop.test/x.jpg", "user name or password"),
        ("http://shop.test:22/x.jpg", "asks for port 22; accepted: 80, 443, 8080, 8443"),
        ("http://shop.test:6379/", "asks for port 6379"),
        ("http://shop.test:99999/", "is not a URL"),
        ("http://shop.test:0/", "asks for port 0"),
        ("http://", "names no host"),
        ("http:///etc/passwd", "names no host"),
        ("http:picture.jpg", "names no host"),
        ("http://shop.test\\@127.0.0.1/", "user name or password"),
        ("http://shop.test\\.other.test/", "backslash"),
        ("http://[::1/", "is not a URL"),
        ("http://" + "a" * 300 + "/", "is not a host name"),
        ("http://a..b/", "is not a host name"),
    ],
)
def test_a_url_of_an_odd_form_is_refused(url: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as refusal:
        read_source(url, folder=None, resolve=lambda *_: ["93.184.216.34"] * 0)
    assert "secret" not in str(refusal.value)


def test_a_host_that_nobody_knows_is_refused() -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError("Name or service not known")

    with pytest.raises(InputError, match="is not known"):
        read_source("http://shop.test/", folder=None, resolve=unknown)
    with pytest.raises(InputError, match="has no address"):
        read_source("http://shop.test/", folder=None, resolve=lambda *_: [])


def test_a_picture_is_fetched(read: Callable[[str], bytes]) -> None:
    assert read("/picture.jpg") == PICTURE
    assert read("/chunked") == PICTURE
    assert read("/empty") == b""


def test_the_request_names_the_host_and_carries_no_cookie_or_key(server: Server, read: Callable[[str], bytes]) -> None:
    read("/红 鞋.jpg?宽=100#top")
    ((path, headers),) = server.asked
    assert path == "/%E7%BA%A2%20%E9%9E%8B.jpg?%E5%AE%BD=100"
    assert headers["Host"] == f"shop.test:{server.server_port}"
    assert headers["User-Agent"].startswith("tonggan/")
    assert not {"Cookie", "Authorization", "Referer"} & headers.keys()


def test_the_checked_address_is_connected_to_without_resolving_again(server: Server, limits: FetchLimits) -> None:
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    url = f"http://rebinding.test:{server.server_port}/picture.jpg"
    assert read_source(url, folder=None, limits=limits, resolve=lambda *_: answers.pop(0)) == PICTURE
    assert answers == [["169.254.169.254"]]


def test_the_next_address_is_tried_when_one_does_not_answer(server: Server, limits: FetchLimits) -> None:
    both = replace(limits, allowed_addresses=("127.0.0.1", "127.0.0.2"))
    url = f"http://shop.test:{server.server_port}/picture.jpg"
    assert read_source(url, folder=None, limits=both, resolve=lambda *_: ["127.0.0.2", "127.0.0.1"]) == PICTURE


def test_a_redirect_is_followed(server: Server, read: Callable[[str], bytes]) -> None:
    assert read("/to?/picture.jpg") == PICTURE
    assert read(f"/to?//shop.test:{server.server_port}/to?picture.jpg") == PICTURE


def test_a_redirect_in_raw_utf8_is_followed(server: Server, read: Callable[[str], bytes]) -> None:
    read("/to-shoe")
    assert server.asked[-1][0] == "/%E9%9E%8B.jpg"


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://169.254.169.254/latest/meta-data/", "169.254.169.254, which is not on the public internet"),
        ("http://[::ffff:a9fe:a9fe]/", "not on the public internet"),
        ("http://localhost/", "not on the public internet"),
        ("http://2130706433/", "a number in disguise"),
        ("file:///etc/passwd", "is not fetched"),
        ("ftp://shop.test/x.jpg", "is not fetched"),
        ("http://user:secret@shop.test/", "user name or password"),
        ("http://shop.test:22/", "asks for port 22"),
        ("http://[", "redirects to no URL"),
    ],
)
def test_every_redirect_is_checked_anew(read: Callable[[str], bytes], location: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        read(f"/to?{location}")


def test_three_redirects_are_followed_and_not_four(server: Server, read: Callable[[str], bytes]) -> None:
    assert read("/to?" * 3 + "/picture.jpg") == PICTURE
    with pytest.raises(InputError, match="redirects more than 3 times"):
        read("/to?" * 4 + "/picture.jpg")
    assert len(server.asked) == 4 + 4


def test_an_endless_stream_is_cut_at_the_cap(read: Callable[[str], bytes]) -> None:
    with pytest.raises(InputError, match=f"more than {20 * 1024 * 1024} bytes"):
        read("/endless")


def test_a_promise_beyond_the_cap_is_refused_at_once(read: Callable[[str], bytes]) -> None:
    with pytest.raises(InputError, match=f"more than {20 * 1024 * 1024} bytes"):
        read("/huge")


def test_a_body_shorter_than_promised_is_refused(read: Callable[[str], bytes]) -> None:
    with pytest.raises(InputError, match=f"ended after {len(PICTURE)} of {len(PICTURE) + 10} bytes"):
        read("/short")


@pytest.mark.parametrize("path", ["/drip", "/drip-header", "/silent"])
def test_a_server_that_drips_or_says_nothing_is_left_when_the_time_is_over(
    server: Server, limits: FetchLimits, path: str
) -> None:
    hasty = replace(limits, timeout_seconds=0.3)
    with pytest.raises(InputError, match=r"took longer than 0\.3 seconds"):
        read_source(f"http://127.0.0.1:{server.server_port}{path}", folder=None, limits=hasty)


@pytest.mark.parametrize(("path", "reason"), [("/missing", "answered 404"), ("/garbage", "cannot be fetched")])
def test_any_other_answer_is_refused(read: Callable[[str], bytes], path: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        read(path)


def test_a_closed_port_is_refused(server: Server, limits: FetchLimits) -> None:
    refused = replace(limits, allowed_addresses=("127.0.0.2",))
    with pytest.raises(InputError, match="cannot be fetched"):
        read_source(f"http://127.0.0.2:{server.server_port}/", folder=None, limits=refused)


def test_the_secrets_of_a_query_string_are_not_repeated(read: Callable[[str], bytes]) -> None:
    with pytest.raises(InputError) as refusal:
        read("/missing?token=secret")
    assert "secret" not in str(refusal.value)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for shop.test and its key, made on the spot."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl command to make a certificate with")
    paths = tmp_path / "shop.pem", tmp_path / "shop.key"
    subject = ["-subj", "/CN=shop.test", "-addext", "subjectAltName=DNS:shop.test"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    command = [openssl, "req", "-x509", *key, *subject, "-out", str(paths[0]), "-keyout", str(paths[1])]
    subprocess.run(command, check=True, capture_output=True)
    return paths


@pytest.fixture
def secure_server(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    monkeypatch.setattr(http_connection, "_tls_context", lambda: trusting)
    yield from serve(server)


def test_a_certificate_is_checked_against_the_name_and_not_the_address(secure_server: Server) -> None:
    port = secure_server.server_port
    limits = FetchLimits(ports=(port,), allowed_addresses=("127.0.0.1",))
    assert read_source(f"https://shop.test:{port}/", folder=None, limits=limits, resolve=shop_test) == PICTURE
    with pytest.raises(InputError, match="CERTIFICATE_VERIFY_FAILED"):
        read_source(f"https://other.test:{port}/", folder=None, limits=limits, resolve=lambda *_: ["127.0.0.1"])


def test_a_url_without_a_scheme_is_taken_for_https(secure_server: Server) -> None:
    port = secure_server.server_port
    limits = FetchLimits(ports=(port,), allowed_addresses=("127.0.0.1",))
    assert read_source(f"//shop.test:{port}/x.jpg", folder=None, limits=limits, resolve=shop_test) == PICTURE
