from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tonggan.errors import ConflictError, InputError, NotFoundError, NotReadyError
from tonggan.packs import CARD, MANIFEST, Origin, Pack, Part
from tonggan.packs.folder import PartFiles, read_card, read_pack, seal, write_pack
from tonggan.packs.library import PackLibrary, packs_folder


def made(folder: Path, *, name: str = "toy", value: float = 1.0) -> Pack:
    origin = Origin(name, source="a test", revision="1", licence="Apache-2.0")
    weights = {"text": {"rows": np.full((2, 3), value, np.float32)}}
    parts = {"text": Part("encoder", "toy", 3)}
    return write_pack(folder, origin, parts=parts, weights=weights, measures={}, card=f"# {name}")


@pytest.fixture
def library(tmp_path: Path) -> PackLibrary:
    bundled = tmp_path / "inside"
    made(tmp_path / "made", name="default").folder.rename(bundled)
    return PackLibrary(tmp_path / "library", bundled=bundled)


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"TONGGAN_PACKS": "/a", "XDG_DATA_HOME": "/b", "HOME": "/c"}, "/a"),
        ({"XDG_DATA_HOME": "/b", "HOME": "/c"}, "/b/tonggan/packs"),
        ({"HOME": "/c"}, "/c/.local/share/tonggan/packs"),
    ],
)
def test_packs_are_where_the_user_says_else_in_the_data_folder(environ: dict[str, str], folder: str) -> None:
    assert packs_folder(environ) == Path(folder)
    assert PackLibrary.of_user(environ).folder == Path(folder)


def test_reading_creates_nothing(library: PackLibrary) -> None:
    assert [kept.name for kept in library.list()] == ["default"]
    for lookup in (library.find, library.with_fingerprint, library.remove):
        with pytest.raises((NotFoundError, NotReadyError)):
            lookup("toy")
    assert not library.folder.exists()


def test_the_bundled_pack_is_found_and_cannot_be_removed(library: PackLibrary) -> None:
    assert library.find("default").origin.name == "default"
    with pytest.raises(ConflictError, match="part of Tonggan"):
        library.remove("default")


def test_a_folder_without_a_manifest_is_no_bundled_pack(tmp_path: Path) -> None:
    library = PackLibrary(tmp_path / "library", bundled=tmp_path)
    assert library.list() == ()
    with pytest.raises(NotFoundError, match="Unknown pack 'default'; known: none"):
        library.find("default")


def test_a_pack_is_added_by_its_name_found_by_name_folder_and_fingerprint(library: PackLibrary, tmp_path: Path) -> None:
    pack = made(tmp_path / "made")
    added = library.add(pack.folder)
    assert added.folder == library.folder / "toy"
    assert added == library.find("toy") == library.with_fingerprint(pack.fingerprint) == library.add(pack.folder)
    assert library.find(pack.folder) == pack
    assert [kept.name for kept in library.list()] == ["default", "toy"]


def test_what_stands_beside_the_files_of_a_pack_is_not_added(library: PackLibrary, tmp_path: Path) -> None:
    pack = made(tmp_path / "made")
    (pack.folder / "setup.py").write_text("raise SystemExit", encoding="utf-8")
    assert sorted(path.name for path in library.add(pack.folder).folder.iterdir()) == [
        CARD, MANIFEST, "text.safetensors"
    ]  # fmt: skip


def test_another_pack_of_the_same_name_needs_another_name(library: PackLibrary, tmp_path: Path) -> None:
    library.add(made(tmp_path / "made").folder)
    other = made(tmp_path / "made", value=2.0)
    with pytest.raises(ConflictError, match="tonggan packs remove toy"):
        library.add(other.folder)
    assert library.add(other.folder, name="toy-2").fingerprint == other.fingerprint


@pytest.mark.parametrize("name", ["default", "../toy", "a b", ".hidden", "x" * 65, "玩具"])
def test_a_name_is_a_plain_folder_name(library: PackLibrary, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot be the name of a pack"):
        library.add(made(tmp_path / "made").folder, name=name)


def test_an_address_is_never_looked_up(library: PackLibrary) -> None:
    with pytest.raises(InputError, match="is an address"):
        library.find("https://example.org/toy")


def test_a_published_name_that_is_not_here_says_how_to_get_it(library: PackLibrary) -> None:
    with pytest.raises(NotFoundError, match="First: tonggan packs get siglip2-base"):
        library.find("siglip2-base")


def test_a_misspelt_name_is_answered_with_the_nearest(library: PackLibrary, tmp_path: Path) -> None:
    library.add(made(tmp_path / "made").folder)
    with pytest.raises(NotFoundError, match="Did you mean 'toy'"):
        library.find("toi")


def test_a_damaged_pack_is_listed_with_its_problem_and_not_used(library: PackLibrary, tmp_path: Path) -> None:
    folder = library.add(made(tmp_path / "made").folder).folder
    (folder / "text.safetensors").write_bytes(b"")
    with pytest.raises(NotReadyError, match=r"text\.safetensors has 0 bytes"):
        library.find("toy")
    (folder / MANIFEST).write_text("format = 9", encoding="utf-8")
    assert library.list()[1].pack is None
    assert "format 9 is unknown" in library.list()[1].problem


def test_a_removed_pack_is_gone_and_others_stay(library: PackLibrary, tmp_path: Path) -> None:
    library.add(made(tmp_path / "made").folder)
    library.add(made(tmp_path / "made").folder, name="kept")
    library.remove("toy")
    assert sorted(path.name for path in library.folder.iterdir()) == ["kept"]


def test_a_pack_made_in_the_workplace_replaces_the_older_one(library: PackLibrary, tmp_path: Path) -> None:
    library.add(made(tmp_path / "made").folder)
    newer = made(tmp_path / "made", value=2.0)
    with library.workplace("toy") as place:
        newer.folder.rename(place / "pack")
        library.place(place / "pack", name="toy")
    assert library.find("toy").fingerprint == newer.fingerprint
    assert sorted(path.name for path in library.folder.iterdir()) == ["toy"]


def test_what_a_failure_leaves_in_the_workplace_is_found_again(library: PackLibrary) -> None:
    def fail() -> None:
        with library.workplace("toy") as place:
            (place / "half").write_bytes(b"1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with library.workplace("toy") as place:
        assert (place / "half").read_bytes() == b"1"
    assert [kept.name for kept in library.list()] == ["default"]


def test_a_pack_is_made_by_one_process_at_a_time(library: PackLibrary) -> None:
    with library.workplace("toy"):
        with pytest.raises(ConflictError, match="Another process is getting 'toy'"), library.workplace("toy"):
            pass
        with library.workplace("other"):
            pass


def sealed(folder: Path, *, licence: str = "MIT", **files: bytes) -> Pack:
    folder.mkdir()
    content = {"model.onnx": b"graph", CARD: b"# Sealed"} | {
        name.replace("_", "."): file for name, file in files.items()
    }
    for name, written in content.items():
        (folder / name).write_bytes(written)
    origin = Origin("sealed", source="a test", revision="1", licence=licence)
    parts = {"text": Part("encoder", "toy", 3, files={"model": "model.onnx"})}
    return seal(folder, origin, parts=parts, measures={"drift": 0.001})


def test_files_that_are_there_are_sealed_into_a_pack_in_place(tmp_path: Path) -> None:
    pack = sealed(tmp_path / "pack", model_onnx_data=b"more")
    assert pack == read_pack(tmp_path / "pack")
    assert set(pack.files) == {"model.onnx", "model.onnx.data", CARD}
    assert (PartFiles(pack, "text").content("model"), read_card(pack)) == (b"graph", "# Sealed")
    assert pack.fingerprint == sealed(tmp_path / "same", model_onnx_data=b"more").fingerprint


def test_sealing_again_tells_of_what_has_changed(tmp_path: Path) -> None:
    pack = sealed(tmp_path / "pack")
    (tmp_path / "pack" / "model.onnx").write_bytes(b"other")
    again = seal(pack.folder, pack.origin, parts=pack.parts, measures=pack.measures)
    assert read_pack(pack.folder) == again
    assert again.fingerprint != pack.fingerprint


def test_nothing_is_sealed_without_a_card_or_with_what_is_no_plain_file(tmp_path: Path) -> None:
    pack = sealed(tmp_path / "pack")
    os.symlink("/etc/passwd", pack.folder / "link")
    with pytest.raises(NotReadyError, match="link is missing or not a plain file"):
        seal(pack.folder, pack.origin, parts=pack.parts, measures={})
    (pack.folder / "link").unlink()
    (pack.folder / CARD).unlink()
    with pytest.raises(NotReadyError, match=r"card\.md is missing"):
        seal(pack.folder, pack.origin, parts=pack.parts, measures={})


@pytest.mark.parametrize("licence", ["", " ", "none", "Unknown", "UNLICENSED"])
def test_a_pack_without_a_licence_is_neither_made_nor_read(tmp_path: Path, licence: str) -> None:
    with pytest.raises(NotReadyError, match=r"pack.toml: licence .* gives no right to use the pack"):
        sealed(tmp_path / "pack", licence=licence)
    pack = sealed(tmp_path / "other")
    text = (pack.folder / MANIFEST).read_text(encoding="utf-8")
    (pack.folder / MANIFEST).write_text(text.replace('"MIT"', f'"{licence}"'), encoding="utf-8")
    (pack.folder / "model.onnx").unlink()
    with pytest.raises(NotReadyError, match="gives no right"):
        read_pack(pack.folder)


def test_a_large_file_is_verified_without_holding_it(tmp_path: Path) -> None:
    import tracemalloc

    size = 64 << 20
    pack = sealed(tmp_path / "pack", weights_safetensors=bytes(size))
    tracemalloc.start()
    try:
        read_pack(pack.folder)
        assert tracemalloc.get_traced_memory()[1] < size / 16
    finally:
        tracemalloc.stop()
