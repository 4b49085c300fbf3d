"""What a query names, on an invented shop: written cases, contexts, and any text at all."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonggan.encode.words import normalize
from tonggan.records import Entity
from tonggan.understand.names.entities import all_readings, find_entities
from tonggan.understand.names.gazetteer import Gazetteer
from tonggan.understand.retail_words import retail_words
from tonggan.understand.segmentation import segment
from understand.names.bilingual_shop import bilingual_records, view_of

CASES = Path(__file__).parents[1] / "cases" / "entities.tsv"

LEAST_RIGHT = 0.95


@pytest.fixture(scope="module")
def gazetteer(tmp_path_factory: pytest.TempPathFactory) -> Gazetteer:
    return Gazetteer.learn(view_of(tmp_path_factory.mktemp("index"), bilingual_records()), retail_words())


def found(query: str, gazetteer: Gazetteer) -> tuple[Entity, ...]:
    text = normalize(query)
    return find_entities(text, segment(text), gazetteer)


def written(query: str, gazetteer: Gazetteer) -> str:
    return "|".join(f"{entity.kind}:{entity.value}" for entity in found(query, gazetteer)) or "-"


def test_written_cases_are_nearly_all_right(gazetteer: Gazetteer) -> None:
    header, *lines = CASES.read_text(encoding="utf-8").splitlines()
    cases = [line.split("\t") for line in lines]
    assert header == "query\tentities"
    assert len(cases) >= 100
    wrong = [(query, wanted, got) for query, wanted in cases if (got := written(query, gazetteer)) != wanted]
    assert 1 - len(wrong) / len(cases) >= LEAST_RIGHT, wrong


def test_entities_stand_where_they_say(gazetteer: Gazetteer) -> None:
    text = "sony 红色连衣裙 wh-1000xm5"
    for entity in found(text, gazetteer):
        assert text[entity.start : entity.end] == entity.text


def test_entities_do_not_overlap(gazetteer: Gazetteer) -> None:
    entities = found("nike running shoes for men 耐克跑步鞋男", gazetteer)
    assert all(first.end <= second.start for first, second in pairwise(entities))


def test_apple_before_a_phone_is_the_brand_and_before_juice_the_fruit(gazetteer: Gazetteer) -> None:
    assert found("apple phone", gazetteer)[0].kind == "brand"
    assert found("apple juice", gazetteer)[0].kind == "category"


@pytest.mark.parametrize("query", ["apple", "苹果"])
def test_apple_alone_keeps_both_readings(query: str, gazetteer: Gazetteer) -> None:
    (readings,) = all_readings(query, segment(query), gazetteer)
    assert [(entity.kind, entity.value) for entity in readings] == [
        ("brand", "Apple"),
        ("category", "Food > Fruit > Apples"),
    ]
    assert sum(entity.confidence for entity in readings) <= 1


def test_without_a_catalogue_the_lexicon_alone_names() -> None:
    alone = Gazetteer.of([], retail_words())
    assert [(entity.kind, entity.value, entity.field) for entity in found("nike 连衣裙", alone)] == [
        ("brand", "nike", ""),
        ("category", "连衣裙", ""),
    ]


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=60))
def test_any_text_is_read(text: str, gazetteer: Gazetteer) -> None:
    cleaned = normalize(text)
    for entity in found(text, gazetteer):
        assert cleaned[entity.start : entity.end] == entity.text
