from __future__ import annotations

import hashlib
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pytest

from tonggan.errors import InputError, NotReadyError
from tonggan.packs import CARD, MANIFEST, Origin, Pack, Part
from tonggan.packs.folder import PartFiles, read_pack, write_pack
from tonggan.packs.toml import to_toml

ORIGIN = Origin("toy", source="a test", revision="1", licence="Apache-2.0", languages=("zh", "en"))
WEIGHTS = {
    "text": {"projection": np.arange(6, dtype=np.float32).reshape(2, 3), "terms": np.frombuffer(b"a\nb", np.uint8)}
}


def written(packs: Path, **changed: object) -> Pack:
    parts = {"text": Part("encoder", "tfidf-svd", 3, parameters={"version": 1, "note": 'quote " and 词'})}
    given = {"parts": parts, "weights": WEIGHTS, "measures": {"recall_at_10": 0.5}, "card": "# Toy"} | changed
    return write_pack(packs, ORIGIN, **given)  # type: ignore[arg-type]


def edit(pack: Pack, old: str, new: str) -> None:
    path = pack.folder / MANIFEST
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    pack = written(tmp_path)
    assert read_pack(pack.folder) == pack
    assert pack.folder == tmp_path / pack.fingerprint
    for name, array in PartFiles(pack, "text").arrays().items():
        np.testing.assert_array_equal(array, WEIGHTS["text"][name])


def test_a_pack_holds_its_manifest_its_card_and_safetensors_only(tmp_path: Path) -> None:
    pack = written(tmp_path)
    assert sorted(path.name for path in pack.folder.iterdir()) == [CARD, MANIFEST, "text.safetensors"]
    assert [path.name for path in tmp_path.iterdir()] == [pack.fingerprint]


def test_the_manifest_promises_size_and_sha256_of_every_file(tmp_path: Path) -> None:
    pack = written(tmp_path)
    table = tomllib.loads((pack.folder / MANIFEST).read_text(encoding="utf-8"))
    for name, promised in table["files"].items():
        content = (pack.folder / name).read_bytes()
        assert promised == {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
    assert set(table["files"]) == {CARD, "text.safetensors"}


def test_equal_content_has_an_equal_fingerprint_and_other_content_another(tmp_path: Path) -> None:
    pack = written(tmp_path)
    other = {"text": {**WEIGHTS["text"], "projection": np.zeros((2, 3), np.float32)}}
    assert written(tmp_path).fingerprint == pack.fingerprint
    assert written(tmp_path, weights=other).fingerprint != pack.fingerprint
    assert written(tmp_path, measures={"recall_at_10": 0.6}).fingerprint != pack.fingerprint


def test_writing_another_pack_leaves_the_one_that_serves(tmp_path: Path) -> None:
    pack = written(tmp_path)
    written(tmp_path, card="# Another")
    assert read_pack(pack.folder) == pack


def test_a_damaged_pack_is_replaced_when_the_same_is_written_again(tmp_path: Path) -> None:
    pack = written(tmp_path)
    (pack.folder / "text.safetensors").write_bytes(b"")
    assert read_pack(written(tmp_path).folder) == pack


@pytest.mark.parametrize("name", ["text.safetensors", CARD])
def test_a_changed_byte_is_noticed_with_the_name_of_the_file(tmp_path: Path, name: str) -> None:
    pack = written(tmp_path)
    content = bytearray((pack.folder / name).read_bytes())
    content[-1] ^= 1
    (pack.folder / name).write_bytes(content)
    with pytest.raises(NotReadyError, match=f"{name} is damaged"):
        read_pack(pack.folder)


def test_a_cut_or_missing_file_is_noticed(tmp_path: Path) -> None:
    pack = written(tmp_path)
    weights = pack.folder / "text.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(NotReadyError, match=r"text.safetensors has \d+ bytes; pack.toml promises"):
        read_pack(pack.folder)
    weights.unlink()
    with pytest.raises(NotReadyError, match=r"text.safetensors is missing"):
        read_pack(pack.folder)


def test_a_file_changed_after_the_check_is_noticed_on_reading(tmp_path: Path) -> None:
    pack = written(tmp_path)
    path = pack.folder / "text.safetensors"
    path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(NotReadyError, match="damaged"):
        PartFiles(pack, "text").arrays()


@pytest.mark.parametrize("name", ["../text.safetensors", "/etc/passwd", "..", "a\\\\b", ".hidden", ""])
def test_a_file_outside_the_folder_is_refused_before_it_is_touched(tmp_path: Path, name: str) -> None:
    pack = written(tmp_path)
    edit(pack, '"text.safetensors"', f'"{name}"')
    with pytest.raises(NotReadyError, match="is not a plain name inside the folder"):
        read_pack(pack.folder)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    pack = written(tmp_path / "packs")
    outside = shutil.move(pack.folder / "text.safetensors", tmp_path / "outside.safetensors")
    (pack.folder / "text.safetensors").symlink_to(outside)
    with pytest.raises(NotReadyError, match="not a plain file"):
        read_pack(pack.folder)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("dim = 3", "dim = 4", "fingerprint"),
        ("version = 1", "version = 2", "fingerprint"),
        ("recall_at_10 = 0.5", "recall_at_10 = 0.9", "fingerprint"),
        ("dim = 3", 'dim = "3"', "dim = '3' is not int"),
        ("dim = 3", "dim = true", "dim = True is not int"),
        ("dim = 3", "", "a key is missing"),
        ("dim = 3", "dmi = 3", "Unknown key 'dmi'"),
        ("format = 2", "format = 3", "format 3 is unknown; known: 2"),
        ("format = 2", "format = ", "is not TOML"),
        ("[measures]", "[[measures]]", "is not a table"),
        ('weights = "text.safetensors"', 'weights = "other.safetensors"', "not among `files`"),
        ("size_bytes = 5", "size_bytes = 5000000000000", "beyond"),
    ],
)
def test_a_forged_manifest_is_refused_with_the_reason(tmp_path: Path, old: str, new: str, reason: str) -> None:
    pack = written(tmp_path)
    edit(pack, old, new)
    with pytest.raises(NotReadyError, match=reason) as refusal:
        read_pack(pack.folder)
    assert MANIFEST in str(refusal.value)


def test_no_pack_at_all_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match=r"pack.toml is missing"):
        read_pack(tmp_path)


def test_weights_that_are_no_safetensors_are_refused(tmp_path: Path) -> None:
    pack = written(tmp_path)
    content = b"\x80\x04pickle"
    (pack.folder / "text.safetensors").write_bytes(content)
    forged = pack.files["text.safetensors"]
    edit(pack, forged.sha256, hashlib.sha256(content).hexdigest())
    edit(pack, f"size_bytes = {forged.size_bytes}", f"size_bytes = {len(content)}")
    with pytest.raises(NotReadyError, match="fingerprint"):
        read_pack(pack.folder)


def test_text_with_quotes_line_feeds_and_chinese_survives_toml() -> None:
    table = {"a": 'x"y\n\\ 词 \x7f🎁', "键": {"b c": [1, 2.5, "z"], "ok": True}, "empty": {}}
    assert tomllib.loads(to_toml(table)) == {**table, "empty": {}} or tomllib.loads(to_toml(table)) == {
        key: value for key, value in table.items() if key != "empty"
    }


def test_values_that_toml_cannot_hold_are_refused() -> None:
    with pytest.raises(InputError, match="cannot stand in a pack"):
        to_toml({"a": float("nan")})
