"""`packs`: list, get, verify, card and remove, with a hub on the loopback."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from cli.toy_feed import Tonggan
from packs.hub_server import HubServer, hub_server
from tonggan.packs import CARD, Origin, Pack, Part, fetching
from tonggan.packs.folder import seal
from tonggan.packs.library import PackLibrary
from tonggan.packs.published import PublishedPack
from tonggan.shop import Shop

COMMANDS = ("list", "get", "use", "verify", "card", "remove")

FILES = {"config.json": b"{}", "model.safetensors": b"weights" * 100}


def row(name: str, *, licence: str) -> PublishedPack:
    return PublishedPack(
        name=name, what="a toy", source=f"someone/{name}", revision="1" * 40, licence=licence,
        size_bytes_approximate=1_000, languages=("en",), dim=4, modalities=("text",), layout="model2vec",
        files=tuple(FILES),
    )  # fmt: skip


ROWS = {"free-toy": row("free-toy", licence="MIT"), "closed-toy": row("closed-toy", licence="CC-BY-NC-4.0")}


def convert(source: Path, row: PublishedPack, target: Path, *, precision: str = "auto") -> Pack:
    """Stands in for the conversion, which has tests of its own: the weights as they are."""
    (target / "model.safetensors").write_bytes((source / "model.safetensors").read_bytes())
    (target / CARD).write_text(f"# {row.name}\nkept as {precision}\x1b[31m", encoding="utf-8")
    origin = Origin(row.name, row.source, row.revision, row.licence, row.languages)
    parts = {"text": Part("encoder", "toy", row.dim, files={"weights": "model.safetensors"})}
    return seal(target, origin, parts=parts, measures={"drift": 0.0})


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with hub_server() as server:
        server.files = dict(FILES)
        yield server


@pytest.fixture
def packs(tonggan: Tonggan, hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tonggan:
    """The command line with a table of two published packs, a hub that has them and an empty library."""
    conversion = ModuleType("tonggan.encode.published")
    vars(conversion)["convert"] = convert
    monkeypatch.setitem(sys.modules, conversion.__name__, conversion)
    for module in ("published", "library", "listing"):
        monkeypatch.setattr(f"tonggan.packs.{module}.published", lambda: ROWS)
    monkeypatch.setattr(PackLibrary, "of_user", lambda *_: PackLibrary(tmp_path / "library", bundled=tmp_path))
    monkeypatch.setattr(fetching, "PAUSES_SECONDS", ())
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    for variable in ("HF_HUB_OFFLINE", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    return tonggan


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_packs_offers_json_and_quiet(tonggan: Tonggan, command: str) -> None:
    ran = tonggan("packs", command, "--help", is_on_shop=False)
    assert ran.code == 0
    assert {"--json", "--quiet"} <= set(ran.out.split())


def test_what_can_be_fetched_is_listed_with_licence_size_languages_and_dimensions(packs: Tonggan) -> None:
    listed = packs("packs", "list", "--json", is_on_shop=False).record
    assert [each["name"] for each in listed["packs"]] == list(ROWS)
    first = listed["packs"][0]
    assert (first["state"], first["licence"], first["languages"]) == ("published", "MIT", ["en"])
    assert (first["dims"], first["bytes_approximate"]) == ({"text": 4}, 1_000)
    assert listed["used"] is None
    shown = packs("packs", "list", is_on_shop=False).out
    assert "closed-toy" in shown
    assert "CC-BY-NC-4.0" in shown


def test_get_says_size_and_licence_then_fetches_converts_and_keeps(packs: Tonggan, tmp_path: Path) -> None:
    ran = packs("packs", "get", "free-toy", is_on_shop=False)
    assert ran.code == 0
    assert ran.err == "free-toy: about 0.0 MB, licence MIT, from someone/free-toy.\n"
    assert "Next: tonggan packs use free-toy" in ran.out
    assert [path.name for path in (tmp_path / "library").iterdir()] == ["free-toy"]
    listed = packs("packs", "list", "--json", is_on_shop=False).record["packs"]
    assert [(each["name"], each["state"]) for each in listed] == [
        ("free-toy", "installed"),
        ("closed-toy", "published"),
    ]


def test_a_pack_that_is_here_is_not_fetched_again(packs: Tonggan, hub: HubServer) -> None:
    first = packs("packs", "get", "free-toy", "--json", is_on_shop=False).record
    hub.asked.clear()
    again = packs("packs", "get", "free-toy", "--json", is_on_shop=False).record
    assert (first.pop("is_new"), again.pop("is_new")) == (True, False)
    assert first == again
    assert hub.asked == []


def test_a_damaged_pack_is_fetched_again(packs: Tonggan, tmp_path: Path) -> None:
    packs("packs", "get", "free-toy", is_on_shop=False)
    (tmp_path / "library" / "free-toy" / "model.safetensors").write_bytes(b"")
    ran = packs("packs", "verify", "free-toy", is_on_shop=False)
    assert ran.code == 8
    assert "model.safetensors has 0 bytes" in ran.err
    assert packs("packs", "get", "free-toy", "--json", is_on_shop=False).record["is_new"] is True
    assert packs("packs", "verify", "free-toy", "--json", is_on_shop=False).record["sound"] is True


def test_a_licence_that_is_not_free_is_told_and_asked_about_before_the_hub_is(packs: Tonggan, hub: HubServer) -> None:
    ran = packs("packs", "get", "closed-toy", is_on_shop=False)
    assert ran.code == 2
    assert "about 0.0 MB) gives it under CC-BY-NC-4.0." in ran.err
    assert "tonggan packs get closed-toy --accept-licence" in ran.err
    assert hub.asked == []
    assert packs("packs", "get", "closed-toy", "--accept-licence", "--quiet", is_on_shop=False).code == 0


def test_without_a_network_two_lines_say_so_and_what_works(packs: Tonggan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    ran = packs("packs", "get", "free-toy", "--quiet", is_on_shop=False)
    assert ran.code == 8
    what, instead = ran.err.splitlines()
    assert what == "error: 127.0.0.1:9 cannot be reached."
    assert instead.startswith("The default pack works without")


def test_offline_a_folder_will_do(packs: Tonggan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert packs("packs", "get", "free-toy", is_on_shop=False).code == 8
    source = tmp_path / "source"
    source.mkdir()
    for name, content in FILES.items():
        (source / name).write_bytes(content)
    ran = packs("packs", "get", "free-toy", "--from", source, "--precision", "int8", "--json", is_on_shop=False)
    assert ran.record["is_new"] is True
    assert "kept as int8" in packs("packs", "card", "free-toy", is_on_shop=False).out


def test_a_broken_download_goes_on_with_the_same_command(packs: Tonggan, hub: HubServer) -> None:
    hub.break_after = [len(FILES["config.json"]), 300]
    ran = packs("packs", "get", "free-toy", "--json", is_on_shop=False)
    assert (ran.code, ran.error["remedy"]) == (8, "Run the same command again: it goes on from there.")
    hub.asked.clear()
    assert packs("packs", "get", "free-toy", "--quiet", is_on_shop=False).code == 0
    assert [asked for method, _, asked in hub.asked if method == "GET"] == ["bytes=300-"]


def test_a_card_cannot_steer_the_terminal(packs: Tonggan) -> None:
    packs("packs", "get", "free-toy", is_on_shop=False)
    assert packs("packs", "card", "free-toy", is_on_shop=False).out == "# free-toy\nkept as auto [31m\n"
    record = packs("packs", "card", "free-toy", "--json", is_on_shop=False).record
    assert (record["measures"], record["card"]) == ({"drift": 0.0}, "# free-toy\nkept as auto\x1b[31m")


def test_a_removed_pack_is_gone(packs: Tonggan) -> None:
    packs("packs", "get", "free-toy", is_on_shop=False)
    assert packs("packs", "remove", "free-toy", "--json", is_on_shop=False).record == {"removed": "free-toy"}
    ran = packs("packs", "verify", "free-toy", is_on_shop=False)
    assert (ran.code, ran.err.splitlines()[1]) == (4, "First: tonggan packs get free-toy")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("get", "free-toi"), 2, "Did you mean 'free-toy'?"),
        (("get", "https://hub.example/free-toy"), 2, "Unknown published pack"),
        (("get", "free-toy", "--precision", "int4"), 2, "known: auto, float32, int8"),
        (("verify", "https://hub.example/free-toy"), 2, "is an address"),
        (("remove", "default"), 5, "is part of Tonggan"),
        (("remove", "../free-toy"), 4, "Unknown pack"),
    ],
)
def test_what_is_no_pack_is_named(packs: Tonggan, arguments: tuple[str, ...], code: int, told: str) -> None:
    ran = packs("packs", *arguments, is_on_shop=False)
    assert ran.code == code
    assert told in ran.err


def test_the_list_tells_what_a_shop_uses(packs: Tonggan) -> None:
    used = packs("packs", "list", "--json").record["used"]
    assert used["name"] == ""  # The library of this test has no bundled pack, on which the shop is based.
    assert len(used["fingerprint"]) == len(used["base"]) == 32
    assert f"uses a pack that is not here any more ({used['base']})." in packs("packs", "list").out


def test_use_hands_a_verified_pack_to_the_shop(packs: Tonggan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[tuple[str, bool]] = []
    monkeypatch.setattr(
        Shop, "use_pack", lambda shop, name, *, progress: chosen.append((name, progress is None)), raising=False
    )
    assert packs("packs", "use", "free-toy").code == 4
    packs("packs", "get", "free-toy", is_on_shop=False)
    assert packs("packs", "use", "free-toy", "--quiet").code == 0
    assert packs("packs", "use", "free-toy", "--json").record["name"] == "free-toy"
    assert chosen == [("free-toy", True)] * 2
    (tmp_path / "library" / "free-toy" / CARD).unlink()
    assert packs("packs", "use", "free-toy").code == 8
    assert len(chosen) == 2
