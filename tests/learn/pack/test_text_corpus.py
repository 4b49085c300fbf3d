"""What words are learnt from, read from tiny files."""

from __future__ import annotations

from pathlib import Path

import pytest

from learn.pack.toy_words import LEXICON, write_shop, write_wordnet
from tonggan.encode.lexicon import parse_lexicon
from tonggan.errors import NotFoundError
from tonggan.learn.pack import text_corpus
from tonggan.learn.pack.text_corpus import Corpus, read_corpus

ROWS = parse_lexicon(LEXICON)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_corpus, "COMPOSED", 400)


def corpus(folder: Path, *, seed: int = 0) -> Corpus:
    write_shop(folder / "shops" / "one")
    return read_corpus(ROWS, wordnet=write_wordnet(folder / "wordnet"), shops=folder / "shops", seed=seed)


def test_synsets_give_words_and_definitions_without_examples(tmp_path: Path) -> None:
    made = corpus(tmp_path)
    assert ("headphones, ear phone", "a device worn on the ears to hear music") in made.pairs
    assert ("shoes", "red or blue footwear") in made.pairs
    assert ("wireless", "without a wire, by bluetooth") in made.pairs
    assert not any("software" in text for text in made.texts)


def test_of_people_and_deeds_one_in_four_is_taken(tmp_path: Path) -> None:
    wordnet = write_wordnet(tmp_path / "wordnet")
    lines = [f"{at:08d} 18 n 01 trader{at} 0 000 | somebody who trades {at}" for at in range(400)]
    (wordnet / "data.noun").write_text("\n".join(lines), encoding="latin-1")
    write_shop(tmp_path / "shops" / "one")
    made = read_corpus(ROWS, wordnet=wordnet, shops=tmp_path / "shops", seed=0)
    assert 50 <= sum(text.startswith("somebody who trades") for text in made.texts) <= 150


def test_shops_give_titles_with_their_descriptions_whatever_their_keys(tmp_path: Path) -> None:
    pairs = corpus(tmp_path).pairs
    assert ("Red shoes", "Shoes for women, in red\u2028and light") in pairs
    assert ("Blue wireless headphones", "Bluetooth") in pairs
    assert "no title" not in corpus(tmp_path).texts


def test_the_lexicon_gives_synonyms_and_its_english_misspellings(tmp_path: Path) -> None:
    pairs = corpus(tmp_path).pairs
    assert ("headphones", "earphones") in pairs
    assert ("bluethoot", "bluetooth") in pairs
    assert not any("耳机" in side for pair in pairs for side in pair)


def test_composed_titles_are_made_of_meanings_alone(tmp_path: Path) -> None:
    made = corpus(tmp_path)
    words = {word for row in ROWS for meaning in row.meanings for word in meaning.split()} | {"for"}
    composed = made.texts[-50:]
    assert [text for text in composed if not set(text.split()) <= words] == []
    assert any(" for women" in text for text in composed)


def test_texts_are_there_once_and_none_is_empty(tmp_path: Path) -> None:
    texts = corpus(tmp_path).texts
    assert len(set(texts)) == len(texts)
    assert all(texts)


def test_the_same_seed_gives_the_same_corpus_and_another_gives_another(tmp_path: Path) -> None:
    assert corpus(tmp_path) == corpus(tmp_path)
    assert corpus(tmp_path) != corpus(tmp_path, seed=1)


@pytest.mark.parametrize("missing", ["wordnet", "shops"])
def test_what_is_missing_is_named(tmp_path: Path, missing: str) -> None:
    folders = {"wordnet": write_wordnet(tmp_path / "wordnet"), "shops": tmp_path / "shops"}
    write_shop(tmp_path / "shops" / "one")
    with pytest.raises(NotFoundError, match=r"nowhere.* is not there"):
        read_corpus(ROWS, **{**folders, missing: tmp_path / "nowhere"}, seed=0)
