"""The default pack built from toy data, from end to end, and what is refused."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from learn.pack import toy_words
from learn.pack.toy_pictures import COLOURS, save_square, write_set
from tonggan.align.senses import open_base
from tonggan.errors import InputError, MissingExtraError, NotFoundError, NotReadyError
from tonggan.learn.pack.card import card_of
from tonggan.learn.pack.picture_sets import PictureSet
from tonggan.learn.pack.sources import LABELS, NETWORK, Sources
from tonggan.packs import Pack, Part
from tonggan.packs.folder import read_pack

torch = pytest.importorskip("torch", reason="torch is not installed; it trains")
pytest.importorskip("onnx", reason="onnx is not installed; it writes networks down")

from tonggan.learn.pack import (  # noqa: E402
    build,
    card,
    mobilenet,
    picture_bridge,
    picture_lesson,
    picture_part,
    text_corpus,
    text_part,
)
from tonggan.learn.pack.build import PARTS, build_pack  # noqa: E402

SETS = {
    "toy": PictureSet("toy/set.csv", "CC0-1.0", "the tests", label="name", words=["name"], held_out="tail"),
    "catalogue": PictureSet("shown", "MIT", "others", label="label", label_set="toy", words=["label"], repeat=2),
}
FEW = {"steps": 4, "batch": 8, "views": 1, "warm_up": 1}


def silent(stage: str, done: int, total: int) -> None:
    pass


@pytest.fixture(scope="module", autouse=True)
def toy() -> Any:
    """Narrow networks, toy sets and a toy teacher in place of the real ones."""
    narrow = tuple((2 if at else 1, 8, blocks, stride) for at, (_, _, blocks, stride) in enumerate(mobilenet.STAGES))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mobilenet, "STAGES", narrow)
        patch.setattr(text_corpus, "COMPOSED", 300)
        patch.setattr(text_part, "pieces", toy_words.pieces)
        patch.setattr(picture_bridge, "LEAST_POOL", 3)
        for module in (text_part, picture_lesson):
            patch.setattr(module, "teach", toy_words.teach)
        for module in (picture_part, picture_bridge):
            patch.setattr(module, "read_tflite", untaught)
        for module in (picture_part, picture_bridge, card):
            patch.setattr(module, "read_sets", lambda: SETS)
        yield


def untaught(path: Path) -> mobilenet.MobileNet:
    torch.manual_seed(0)
    return mobilenet.MobileNet()


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    folder = tmp_path_factory.mktemp("sources")
    write_set(folder / "toy")
    for colour in COLOURS:
        save_square(folder / "shown" / f"{colour}-square" / "one.png", colour, seed=99)
        save_square(folder / "shops" / "one" / f"{colour}.png", colour, seed=98)
    toy_words.write_shop(folder / "shops" / "one", pictures=[f"{colour}.png" for colour in COLOURS])
    for name in (NETWORK, LABELS):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("\n".join(["red", "blue", *["shoes"] * 999]), encoding="utf-8")
    (folder / "work").mkdir()
    return Sources(folder, folder / "work", toy_words.write_wordnet(folder / "wordnet"))


def empty_pack(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / build.LEXICON).write_text(toy_words.LEXICON, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def told() -> list[tuple[str, int, int]]:
    return []


@pytest.fixture(scope="module")
def pack(sources: Sources, tmp_path_factory: pytest.TempPathFactory, told: list[tuple[str, int, int]]) -> Pack:
    folder = empty_pack(tmp_path_factory.mktemp("built"))
    return build_pack(folder, sources, tell=lambda *step: told.append(step), **FEW)


def test_a_built_pack_is_whole_and_opens(pack: Pack) -> None:
    base = open_base(read_pack(pack.folder))
    assert set(base.encoders) == {"text", "image"}
    assert base.encoders["image"].dim == base.encoders["text"].dim == 256
    assert base.bridge is not None
    assert pack.origin.name == "default"
    assert sorted(path.name for path in pack.folder.iterdir()) == [
        "bridge.safetensors", "card.md", "image.onnx", "lexicon.tsv", "pack.toml", "text.safetensors",
    ]  # fmt: skip


def test_words_and_pictures_of_a_built_pack_have_rows(pack: Pack) -> None:
    base = open_base(pack)
    words = base.encoders["text"].encode_query(["red shoes", "红色鞋子", "WH-1000XM4"])
    assert words[0] @ words[1] > 0.9
    assert not words[2].any()
    picture = np.full((40, 30, 3), 200, np.uint8)
    (seen,) = base.encoders["image"].encode_document([picture])
    assert np.linalg.norm(seen) == pytest.approx(1, abs=1e-4)
    assert base.bridge is not None
    assert base.bridge.project_image(seen[None]).shape == base.bridge.project_text(words[:1]).shape


def test_the_measures_say_what_each_part_reaches_on_what_was_held_out(pack: Pack) -> None:
    assert {"text_units", "text_lexicon_rows", "image_toy_top_1", "image_toy_top_1_before"} <= set(pack.measures)
    assert {"bridge_one_recall_at_10", "bridge_one_chance_at_10"} <= set(pack.measures)
    assert pack.measures["text_lexicon_rows"] == len(toy_words.LEXICON.split("\n")) - 2
    shares = [value for name, value in pack.measures.items() if "_top_" in name or "_recall_" in name]
    assert all(0 <= share <= 1 for share in shares)


def test_progress_and_curves_are_kept(pack: Pack, sources: Sources, told: list[tuple[str, int, int]]) -> None:
    assert all(0 <= done <= total for _, done, total in told)
    curves = json.loads((sources.work / "image-curves.json").read_text(encoding="utf-8"))
    losses = [row for row in curves if "labels" in row]
    assert [row["step"] for row in losses] == [1, 2, 3, 4]
    assert set(losses[0]) == {"step", "labels", "distillation", "relations", "words"}


def test_the_card_names_licences_data_and_measures(pack: Pack) -> None:
    text = (pack.folder / "card.md").read_text(encoding="utf-8")
    for words in ("pictures: toy", "CC0-1.0", "the tests", "WordNet", "MobileNet v2", "Apache-2.0", "Seed 0"):
        assert words in text
    for name, value in pack.measures.items():
        assert f"| {name} | {value:g} |" in text


def test_building_again_gives_the_same_words_and_bytes(pack: Pack, sources: Sources, tmp_path: Path) -> None:
    again = build_pack(empty_pack(tmp_path / "again"), sources, parts=["text"], tell=silent, **FEW)
    name = build.WORDS
    assert again.files[name].sha256 == pack.files[name].sha256


def test_one_part_is_built_anew_and_the_others_stay(pack: Pack, sources: Sources, tmp_path: Path) -> None:
    folder = shutil.copytree(pack.folder, tmp_path / "pack")
    changed = build_pack(folder, sources, parts=["text"], seed=5, tell=silent, **FEW)
    assert changed.files["image.onnx"] == pack.files["image.onnx"]
    assert changed.files["text.safetensors"] != pack.files["text.safetensors"]
    assert changed.measures["image_toy_top_1"] == pack.measures["image_toy_top_1"]
    assert read_pack(folder).fingerprint == changed.fingerprint != pack.fingerprint


def test_an_unknown_part_is_refused_with_the_known_ones(sources: Sources, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Unknown part 'voice'; known: bridge, image, text"):
        build_pack(tmp_path, sources, parts=["voice"], tell=silent)
    assert list(tmp_path.iterdir()) == []


def test_a_bridge_without_its_ends_is_refused(sources: Sources, tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="no text and no image part yet"):
        build_pack(tmp_path, sources, parts=["bridge"], tell=silent)


def test_words_without_a_lexicon_are_refused(sources: Sources, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"lexicon\.tsv is not there"):
        build_pack(tmp_path, sources, parts=["text"], tell=silent)


def test_a_lexicon_that_is_none_is_refused_with_its_line(sources: Sources, tmp_path: Path) -> None:
    (tmp_path / build.LEXICON).write_text("zh\ten\tkind\n耳机 headphones\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"lexicon\.tsv, line 2"):
        build_pack(tmp_path, sources, parts=["text"], tell=silent)


def test_without_torch_the_extra_is_named(sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match="torch is not installed"):
        build_pack(tmp_path, sources, parts=PARTS, tell=silent)


@pytest.mark.parametrize("part", ["text", "image"])
def test_data_that_are_not_there_are_named(tmp_path: Path, part: str) -> None:
    (tmp_path / "work").mkdir()
    nowhere = Sources(tmp_path / "nowhere", tmp_path / "work", tmp_path / "nowhere")
    with pytest.raises(NotFoundError, match=r"nowhere.* is not there"):
        build_pack(empty_pack(tmp_path / "pack"), nowhere, parts=[part], tell=silent)


@pytest.mark.parametrize("name", ["network", "labels", "shops"])
def test_a_source_that_is_missing_is_named_with_the_option_that_gives_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFoundError, match="is not there") as refusal:
        getattr(Sources(tmp_path, tmp_path), name)
    assert "--data" in str(refusal.value.remedy)


def test_a_card_lists_parts_with_the_sizes_of_their_files(tmp_path: Path) -> None:
    (tmp_path / "words.bin").write_bytes(b"\0" * 2_500_000)
    part = Part("encoder", "word-vectors", 256, {"weights": "words.bin"})
    text = card_of(tmp_path, {"text": part}, {"text_units": 7.0}, seed=3)
    assert "| text | word-vectors | 256 | words.bin (2.5 MB) |" in text
    assert "| text_units | 7 |" in text
    assert "Seed 3" in text
