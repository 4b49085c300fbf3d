"""Rows beforehand and a change of the pack, by command, alone and through a server."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cli.toy_feed import Tonggan, serving
from shop.tiny_base import base_pack, library_with

pytest.importorskip("onnx", reason="onnx is not installed; it writes the tiny models")


@pytest.fixture
def packs(tonggan: Tonggan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tonggan:
    """Commands in a place where the pack `tiny` is."""
    monkeypatch.setenv("TONGGAN_PACKS", str(tmp_path / "library"))
    library_with(tmp_path / "library", base_pack(tmp_path / "made"))
    return tonggan


def test_rows_of_a_pack_are_made_before_it_is_used(packs: Tonggan) -> None:
    first = packs("encode", "--pack", "tiny", "--modality", "text", "--batch", 2, "--json").record
    assert (first["encoded"], first["products"], first["unreadable"]) == ({"text": 3}, 3, 0)
    assert first["rows_per_second"] > 0
    assert packs("encode", "--pack", "tiny", "--json").record["encoded"] == {"text": 0, "image": 0}
    used = packs("packs", "use", "tiny", "--json").record
    assert (used["name"], used["version"]) == ("tiny", packs("packs", "list", "--json").record["used"]["fingerprint"])
    assert packs("doctor", "--json").record["pack"] == {"fingerprint": used["version"], "base": used["fingerprint"]}
    assert packs("encode").out.startswith("Made 0 image rows, 0 text rows for 3 products (")
    assert packs("packs", "use", "catalogue").out == f"{packs.shop} uses catalogue now.\n"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--modality", "voice"), 2, "known: image, text"),
        (("--pack", "none-such"), 4, "Unknown pack"),
        (("--pack", "catalogue"), 2, "packs use catalogue"),
        (("--batch", "-1"), 2, "batch"),
        (("--pack", "tiny", "--device", "warp"), 2, "Unknown device 'warp'"),
        (("--pack", "tiny", "--device", "cuda"), 7, "has no 'cuda'"),
    ],
)
def test_what_cannot_be_encoded_is_named(packs: Tonggan, arguments: tuple[str, ...], code: int, told: str) -> None:
    ran = packs("encode", *arguments)
    assert (ran.code, told in ran.err) == (code, True), ran.err


def test_ray_is_an_extra(packs: Tonggan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    ran = packs("encode", "--ray")
    assert (ran.code, ran.err.splitlines()[1]) == (7, 'pip install "tonggan[ray]"')


def test_a_served_shop_is_changed_by_its_server(
    packs: Tonggan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(packs.shop):
        used = packs("packs", "use", "tiny", "--json").record
        assert packs("packs", "list", "--json").record["used"]["fingerprint"] == used["version"]
        assert packs("doctor", "--json").record["pack"]["name"] == "tiny"
        assert packs("packs", "use", "none-such").code == 4
        monkeypatch.chdir(tmp_path)
        folder = base_pack(tmp_path / "made", name="mine").folder.relative_to(tmp_path)
        assert packs("packs", "use", folder).code == 0
        assert packs("doctor", "--json").record["pack"]["name"] == "mine"
        refused = packs("packs", "use", "tiny", "--device", "cpu")
        assert (refused.code, "packs use with --device or --batch needs the shop" in refused.err) == (5, True)
        assert packs("encode").code == 5


def test_a_shop_whose_base_is_gone_is_not_sound_and_says_how_to_mend_it(packs: Tonggan) -> None:
    packs("packs", "use", "tiny")
    packs("packs", "remove", "tiny", is_on_shop=False)
    ran = packs("doctor", "--json")
    assert ran.code == 8
    assert any("tonggan packs get tiny" in problem for problem in ran.record["problems"])
    assert packs("search", "mug", "--json").record["degraded"] == ["text"]
    assert packs("packs", "use", "catalogue").code == 0
    assert packs("doctor").code == 0
