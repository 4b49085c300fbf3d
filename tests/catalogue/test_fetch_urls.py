"""A URL in a feed leads to the public internet or nowhere, and costs no more than its limits."""

from __future__ import annotations

import ipaddress
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from catalogue.picture_files import plain
from tonggan.catalogue import http_connection
from tonggan.catalogue.addresses import checked_addresses, is_public
from tonggan.catalogue.fetch import FetchLimits, read_source
from tonggan.errors import InputError

PICTURE = plain("JPEG")

LOCAL_NAMES = {"localhost": ["127.0.0.1", "::1"], "localhost.": ["127.0.0.1"], "intranet": ["10.0.0.8"]}


def local_names(host: str, port: int) -> Sequence[str]:
    """Knows a few names and every plain address."""
    return LOCAL_NAMES.get(host) or [host]


class Handler(BaseHTTPRequestHandler):
    """Answers by path; records what it was asked."""

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))  # type: ignore[attr-defined]
        path = self.path.partition("?")[0]
        routes: dict[str, Callable[[], object]] = {
            "/picture.jpg": partial(self.send, PICTURE),
            "/chunked": self.chunked,
            "/endless": self.endless,
            "/drip": self.drip,
            "/drip-header": self.drip_header,
            "/silent": self.wait,
            "/short": partial(self.send, PICTURE, promised=len(PICTURE) + 10),
            "/huge": partial(self.send, b"", promised=10**12),
            "/garbage": partial(self.wfile.write, b"SSH-2.0-OpenSSH\r\n"),
            "/missing": partial(self.send_error, 404),
            "/empty": partial(self.send, b""),
        }
        if path == "/to-shoe":
            self.redirect("/鞋.jpg".encode().decode("latin-1"))
        elif path == "/to":
            self.redirect(self.path.partition("?")[2])
        else:
            routes.get(path, partial(self.send, PICTURE))()

    def send(self, content: bytes, *, promised: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content) if promised is None else promised))
        self.end_headers()
        self.wfile.write(content)

    def redirect(self, location: str) -> None:
        self.send_response(302)
        self.send_header("Location", location)
        self.end_headers()

    def chunked(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(PICTURE), PICTURE))

    def endless(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            self.wfile.write(bytes(1 << 16))

    def drip(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        self.drip_bytes()

    def drip_header(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        self.drip_bytes()

    def drip_bytes(self) -> None:
        while not self.server.stopping.wait(0.02):  # type: ignore[attr-defined]
            self.wfile.write(b"x")

    def wait(self) -> None:
        self.server.stopping.wait(30)  # type: ignore[attr-defined]

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """On a loopback port; forgives a client that hangs up, as ours is meant to."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.stopping = threading.Event()

    def handle_error(self, *_: object) -> None:
        pass


def serve(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.stopping.set()
    server.shutdown()
    thread.join()
    server.server_close()


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


def shop_test(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"] if host == "shop.test" else local_names(host, port)


PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8", "2002:808:808::1"]

NOT_PUBLIC = [
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "fe80::1",
    "fe80::1%1",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::8.8.8.8",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001:0:5ef5:79fd::1",
    "2001::1",
    "2001:db8::1",
    "3fff::1",
    "100::1",
    "5f00::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_global_unicast_address_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_any_other_address_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_a_name_with_such_an_address_is_refused(address: str) -> None:
    with pytest.raises(InputError, match="not on the public internet"):
        checked_addresses("shop.test", 80, resolve=lambda *_: ["93.184.216.34", address])


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "169.254.169.254",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "0.0.0.0",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "intranet",
        "10.0.0.1",
        "１２７.０.０.１",
        "127。0。0。1",
    ],
)
def test_a_url_into_our_own_network_is_refused(host: str) -> None:
    for scheme in ("http", "https"):
        with pytest.raises(InputError, match="not on the public internet"):
            read_source(f"{scheme}://{host}/picture.jpg", folder=None, resolve=local_names)


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "017700000001",
        "127.0.0.1.",
        "0",
        "0x",
        "1.2.3.4.5",
    ],
)
def test_a_number_in_disguise_is_refused_before_it_is_resolved(host: str) -> None:
    with pytest.raises(InputError, match="a number in disguise"):
        read_source(f"http://{host}/", folder=None, resolve=lambda *_: pytest.fail("resolved"))


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
