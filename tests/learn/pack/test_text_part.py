"""Word vectors learnt from a toy corpus, and their Chinese side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from learn.pack import toy_words
from tonggan.encode.lexicon import LexiconRow, parse_lexicon
from tonggan.encode.word_units import CHARACTER, UnitReader
from tonggan.encode.word_vectors import WordVectorEncoder

torch = pytest.importorskip("torch", reason="torch is not installed; it trains")

from tonggan.learn.pack import text_corpus, text_part  # noqa: E402
from tonggan.learn.pack.text_corpus import Corpus, read_corpus  # noqa: E402
from tonggan.learn.pack.text_part import CHARACTER_WEIGHT, WordTable, bilingual, learn_words  # noqa: E402
from tonggan.learn.pack.text_training import (  # noqa: E402
    DIMENSION,
    RARITY,
    Bags,
    TextPlan,
    fit_projection,
    train_words,
    weighted,
)

ROWS = parse_lexicon(toy_words.LEXICON)
PLAN = TextPlan(steps=40, batch=32, learning_rate=5e-3)
ENGLISH = ["red", "blue", "shoes", "headphones", "earphones", "bluetooth", "power", "bank", "portable charger", "tee"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("corpus")
    toy_words.write_shop(folder / "shops" / "one")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_corpus, "COMPOSED", 1500)
        wordnet = toy_words.write_wordnet(folder / "wordnet")
        return read_corpus(ROWS, wordnet=wordnet, shops=folder / "shops", seed=0)


@pytest.fixture(autouse=True)
def taught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_part, "teach", toy_words.teach)
    monkeypatch.setattr(text_part, "pieces", toy_words.pieces)


def table() -> WordTable:
    vectors = np.random.default_rng(0).standard_normal((len(ENGLISH), DIMENSION)).astype(np.float32)
    return WordTable(ENGLISH, vectors * np.linspace(0.5, 1.5, len(ENGLISH), dtype=np.float32)[:, None])


def vectors_of(made: WordTable) -> Mapping[str, np.ndarray]:
    return dict(zip(made.vocabulary, made.vectors, strict=True))


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_a_chinese_word_lies_where_its_meaning_lies_and_counts_as_much() -> None:
    made = vectors_of(bilingual(table(), ROWS))
    np.testing.assert_allclose(made["红色"], made["red"], atol=1e-5)
    np.testing.assert_allclose(made["蓝牙"], made["bluetooth"], atol=1e-5)


def test_of_many_meanings_the_first_counts_most() -> None:
    made = vectors_of(bilingual(table(), ROWS))
    to_first, to_second = (cosine(made["耳机"], made[word]) for word in ("headphones", "earphones"))
    assert to_first > to_second > 0.3
    lengths = [float(np.linalg.norm(made[word])) for word in ("耳机", "headphones", "earphones")]
    assert lengths[0] == pytest.approx((lengths[1] + lengths[2]) / 2, rel=1e-5)


def test_a_meaning_of_many_words_is_their_sum_and_an_unknown_one_is_left_out() -> None:
    made = vectors_of(bilingual(table(), [LexiconRow("充电宝", ("power bank",), "product"), *ROWS[6:7]]))
    assert cosine(made["充电宝"], made["power"] + made["bank"]) == pytest.approx(1, abs=1e-5)
    assert cosine(made["t恤"], made["tee"]) == pytest.approx(1, abs=1e-5)


def test_a_word_whose_meanings_nobody_knows_gets_no_vector() -> None:
    assert "夜宵" not in bilingual(table(), ROWS).vocabulary


def test_a_word_that_the_table_has_keeps_its_own_vector() -> None:
    made = bilingual(table(), [LexiconRow("red", ("blue",), "misspelling")])
    assert made.vocabulary == ENGLISH
    np.testing.assert_array_equal(made.vectors, table().vectors)


def test_misspellings_and_traditional_words_are_found_under_what_is_looked_up() -> None:
    rows = [LexiconRow("紅色", ("red",), "regional"), LexiconRow("pow-er's bnk", ("power bank",), "misspelling")]
    made = bilingual(table(), rows)
    assert set(made.vocabulary) - set(ENGLISH) == {"红色", "pow er bnk", "#红", "#色"}
    assert list(UnitReader(made.vocabulary).units("紅色 Pow-er’s bnk")) == ["红色", "pow er bnk"]


def test_a_lone_character_hints_at_the_words_that_hold_it() -> None:
    made = vectors_of(bilingual(table(), ROWS))
    assert CHARACTER + "恤" in made
    assert cosine(made["#红"], made["红色"]) == pytest.approx(1, abs=1e-5)
    assert np.linalg.norm(made["#红"]) == pytest.approx(CHARACTER_WEIGHT * np.linalg.norm(made["红色"]) / 2, rel=1e-4)
    both = made["红色"] + made["蓝色"]
    assert cosine(made["#色"], both) == pytest.approx(1, abs=1e-5)


def test_a_table_goes_through_eight_bits_with_little_loss() -> None:
    made = bilingual(table(), ROWS)
    arrays = made.arrays()
    assert arrays["vectors"].dtype == np.int8
    assert arrays["vocabulary"].tobytes().decode("utf-8").split("\n") == list(made.vocabulary)
    back = arrays["vectors"] * arrays["scales"][:, None]
    assert np.abs(back - made.vectors).max() <= np.abs(made.vectors).max() / 127 / 2 * 1.01


def test_the_projection_keeps_what_differs_and_gives_rows_of_norm_one() -> None:
    generator = np.random.default_rng(0)
    spread = np.concatenate([np.full(4, 3.0), np.full(380, 0.01)])
    teacher = (generator.standard_normal((500, 384)) * spread + 1).astype(np.float32)
    projection = fit_projection(teacher)
    rows = projection.rows(teacher)
    assert rows.shape == (500, DIMENSION)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(projection.directions.T @ projection.directions, np.eye(DIMENSION), atol=1e-4)
    assert np.abs(rows[:, :4]).mean() > 20 * np.abs(rows[:, 4:]).mean()


def test_rare_words_count_more_than_common_ones() -> None:
    vectors = weighted(
        np.eye(3, 8, dtype=np.float32) * 5, Bags(["a a b", "a", "a"], *numbered("a", "b", "c")).counts(), texts=3
    )
    lengths = np.linalg.norm(vectors, axis=1)
    np.testing.assert_allclose(lengths, [(RARITY / (RARITY + share)) ** 0.5 for share in (1, 2 / 3, 2 / 3)], rtol=1e-5)


def numbered(*words: str) -> tuple[UnitReader, dict[str, int]]:
    return UnitReader(words), {word: at for at, word in enumerate(words)}


def test_bags_are_laid_one_after_another_with_their_starts() -> None:
    bags = Bags(["a b a", "c", "b c"], *numbered("a", "b", "c"))
    rows, starts = bags.batch(np.array([2, 0]))
    assert rows.tolist() == [1, 2, 0, 1]
    assert starts.tolist() == [0, 2]


def test_training_brings_texts_nearer_to_the_teacher_and_pairs_together() -> None:
    words = [f"w{at}" for at in range(30)]
    reader, rows = numbered(*words)
    generator = np.random.default_rng(0)
    texts = [" ".join(generator.choice(words, 4)) for _ in range(200)]
    hidden = generator.standard_normal((30, DIMENSION)).astype(np.float32)
    bags = Bags(texts, reader, rows)
    targets = np.stack([hidden[bag].sum(axis=0) for bag in bags.bags])
    targets = (targets / np.linalg.norm(targets, axis=1, keepdims=True)).astype(np.float32)
    start = generator.standard_normal((30, DIMENSION)).astype(np.float32)
    pairs = (Bags(texts[:50], reader, rows), Bags(texts[:50], reader, rows))
    told: list[dict[str, float]] = []
    plan = replace(PLAN, steps=200, learning_rate=0.05)
    trained = train_words(start, bags, targets, pairs=pairs, plan=plan, tell=lambda _, terms: told.append(terms))
    again = train_words(start, bags, targets, pairs=pairs, plan=plan)
    np.testing.assert_array_equal(trained, again)
    assert told[-1]["cosine"] < 0.5 * told[0]["cosine"]
    assert set(told[0]) == {"cosine", "similarity", "pairs"}
    assert start is not trained


def test_words_learnt_from_a_corpus_serve_both_languages(corpus: Corpus, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    made, projection = learn_words(corpus, ROWS, plan=PLAN, kept=tmp_path, tell=lambda *step: told.append(step))
    encoder = WordVectorEncoder(made.vocabulary, *(made.arrays()[name] for name in ("vectors", "scales")))
    english, chinese, misspelt, other = encoder.encode_query(
        ["red bluetooth headphones", "红色蓝牙耳机", "red bluethoot headphones", "blue shoes"]
    )
    assert english @ chinese > 0.8
    assert english @ misspelt > 0.99
    assert english @ chinese > english @ other + 0.3
    assert projection.directions.shape == (384, DIMENSION)
    assert told[-1][1:] == (PLAN.steps, PLAN.steps)


def test_the_vocabulary_holds_pieces_frequent_words_and_phrases_with_a_sense_of_their_own(
    corpus: Corpus, tmp_path: Path
) -> None:
    made, _ = learn_words(corpus, ROWS, plan=replace(PLAN, steps=1), kept=tmp_path, tell=lambda *_: None)
    assert {"red", "##phones", "2", "headphones", "充电宝", "#鞋"} <= set(made.vocabulary)
    assert not {"[PAD]", "!", "shopkeeper", "t-shirt", ""} & set(made.vocabulary)
    assert len(set(made.vocabulary)) == len(made.vocabulary)
    reader = UnitReader(made.vocabulary)
    unreachable = [key for key in made.vocabulary if key[0] != "#" and list(reader.units(key)) != [key]]
    assert unreachable == []


def test_the_rows_of_the_teacher_are_asked_for_once(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = replace(PLAN, steps=2)
    first, _ = learn_words(corpus, ROWS, plan=plan, kept=tmp_path, tell=lambda *_: None)

    def silent(texts: list[str]) -> np.ndarray:
        raise AssertionError(f"asked again for {texts[:3]}")

    monkeypatch.setattr(text_part, "teach", silent)
    second, _ = learn_words(corpus, ROWS, plan=plan, kept=tmp_path, tell=lambda *_: None)
    np.testing.assert_array_equal(first.vectors, second.vectors)
