"""The steps of understanding: their order, what each finds, and that each can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest

from tonggan.encode.words import query_terms
from tonggan.index import View
from tonggan.records import Condition, Expansion, Understanding
from tonggan.understand.knowledge import Knowledge, learn_knowledge
from tonggan.understand.meaning import EVERYTHING, Catalogue, heard_alike, understand
from understand.case_shop import case_records
from understand.names.bilingual_shop import view_of

ALL_AT_ONCE = "lanya erji blutooth 500ml without leather cheap in stock 4 stars and up under $50"
"""A query that every step has something to say about."""


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> View:
    return view_of(tmp_path_factory.mktemp("index"), case_records())


@pytest.fixture(scope="module")
def knowledge(view: View) -> Knowledge:
    return learn_knowledge(view)


@pytest.fixture(scope="module")
def catalogue(view: View) -> Catalogue:
    def together(words: Sequence[str]) -> int:
        terms = {term: 1.0 for word in words for term, weight in query_terms(word).items() if weight == 1.0}
        return int((view.match(terms).coverage > 1 - 1e-4).sum())

    return Catalogue(
        view.document_frequency,
        together,
        products_with_code=lambda code: ("hp1",) if code == "TG-1016" else (),
        synonyms=lambda words: (Expansion("sofa", "couch", 0.9),) if "couch" in words else (),
    )


@pytest.fixture
def read(knowledge: Knowledge, catalogue: Catalogue) -> partial[Understanding]:
    return partial(understand, knowledge=knowledge, catalogue=catalogue)


def kinds(read: Understanding) -> list[str]:
    return [each.kind for each in read.interpretations]


def test_every_step_is_told_in_its_order(read: partial[Understanding]) -> None:
    found = read(ALL_AT_ONCE)
    assert found.words == "蓝牙耳机 bluetooth 500ml"
    assert kinds(found) == ["pinyin", "spelling", "exclusion", "preference", "stock", "stars", "price"]
    names = list(dict.fromkeys(step.name for step in found.steps))
    assert names == ["text", "language", *kinds(found), "words", "entity", "expansion"]


@pytest.mark.parametrize("kind", ["price", "stars", "preference", "stock", "exclusion", "spelling", "pinyin"])
def test_each_kind_is_undone_alone_and_its_words_stay(kind: str, read: partial[Understanding]) -> None:
    whole = read(ALL_AT_ONCE)
    rest = read(ALL_AT_ONCE, undo=(kind,))
    assert kinds(rest) == [each for each in kinds(whole) if each != kind]
    undone = next(each for each in whole.interpretations if each.kind == kind)
    assert set(undone.text.split()) <= set(rest.words.split())


def test_each_key_is_undone_alone(read: partial[Understanding]) -> None:
    for each in read(ALL_AT_ONCE).interpretations:
        keys = [other.key for other in read(ALL_AT_ONCE, undo=(each.key,)).interpretations]
        assert each.key not in keys
        assert len(keys) == len(kinds(read(ALL_AT_ONCE))) - 1


@pytest.mark.parametrize(
    ("query", "kind", "before", "after"),
    [
        ("TG-1016", "code", ("hp1",), ()),
        ("bottle 500ml", "measure", True, False),
        ("couch", "synonym", True, False),
        ("连衣裙", "expansion", True, False),
        ("red dress", "entity", True, False),
        ("apple", "reading", True, False),
    ],
)
def test_what_adds_to_the_words_is_undone_by_its_kind(
    query: str, kind: str, before: object, after: object, read: partial[Understanding]
) -> None:
    def told(found: Understanding) -> object:
        return {
            "code": found.product_ids,
            "measure": any(each.stands_for == "500ml" for each in found.expansions),
            "synonym": Expansion("sofa", "couch", 0.9) in found.expansions,
            "expansion": any(each.text == "dress" for each in found.expansions),
            "entity": bool(found.entities),
            "reading": bool(found.readings),
        }[kind]

    assert (told(read(query)), told(read(query, undo=(kind,)))) == (before, after)


def test_all_leaves_the_words_as_they_were_typed(read: partial[Understanding]) -> None:
    found = read(ALL_AT_ONCE, undo=(EVERYTHING,))
    assert found.words == found.text == ALL_AT_ONCE.lower()
    assert (found.interpretations, found.entities, found.expansions, found.product_ids) == ((), (), (), ())


def test_without_typos_nothing_is_spelt_anew(read: partial[Understanding]) -> None:
    assert read("blutooth speaker").words == "bluetooth speaker"
    assert read("blutooth speaker", num_typos=0).words == "blutooth speaker"


def test_a_code_is_read_as_nothing_else(read: partial[Understanding]) -> None:
    found = read("TG-1016 under $50")
    assert (found.product_ids, found.interpretations, found.expansions) == (("hp1",), (), ())


def test_a_word_is_not_mended_into_one_that_nobody_sells(read: partial[Understanding]) -> None:
    assert read("max factor").words == "max factor"


def test_what_is_not_wanted_is_the_likeliest_meaning_of_its_name(read: partial[Understanding]) -> None:
    (no_apple,) = read("phone without apple").interpretations
    assert no_apple.key == "exclusion:apple"
    assert str(no_apple.filter) == str(read("phone not apple").interpretations[0].filter)
    assert "Food" not in str(no_apple.filter)


def test_an_open_name_has_readings_that_no_product_shares(read: partial[Understanding], view: View) -> None:
    rows = [set(view.select(reading.filter).tolist()) for reading in read("apple").readings]
    assert len(rows) >= 2
    assert sum(map(len, rows)) == len(set.union(*rows))


def test_a_name_of_one_meaning_has_no_readings(read: partial[Understanding]) -> None:
    assert read("dress").readings == read("红色连衣裙").readings == ()


def test_nothing_known_leaves_words_alone() -> None:
    nowhere = Catalogue(lambda terms: [0] * len(terms), lambda words: 0)
    found = understand("blutooth lanya under $50", Knowledge(), nowhere)
    assert [each.filter for each in found.interpretations] == [None]
    assert found.words == "blutooth lanya"


def test_words_that_all_became_filters_leave_none(read: partial[Understanding]) -> None:
    found = read("under $50")
    assert found.words == ""
    assert [each.key for each in found.interpretations] == ["price:<50"]


def test_sound_is_the_last_resort(knowledge: Knowledge, catalogue: Catalogue) -> None:
    typed = understand("洗依机", knowledge, catalogue)
    assert typed.words == "洗依机"
    assert [each.replacement for each in heard_alike(typed, knowledge, catalogue)] == ["洗衣机"]
    assert heard_alike(typed, Knowledge(), catalogue) == ()


def test_the_catalogue_counts_the_rarest_word_of_a_text(catalogue: Catalogue, view: View) -> None:
    assert catalogue.count("red dress") == min(view.document_frequency(["red", "dress"]))
    assert catalogue.count("red xyzzy") == catalogue.count("") == 0
    assert not catalogue.holds("xyzzy")


def test_offsets_of_interpretations_are_in_the_text_and_those_of_names_in_the_words(
    read: partial[Understanding],
) -> None:
    found = read("ＲＥＤ dress under $50")
    (price,) = found.interpretations
    assert found.text[price.start : price.end] == price.text == "under $50"
    assert price.filter is not None
    assert Condition("price", "<", ("50",)) in getattr(price.filter, "parts", ())
    assert all(found.words[entity.start : entity.end] == entity.text for entity in found.entities)
