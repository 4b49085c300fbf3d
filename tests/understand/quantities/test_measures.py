"""Measures and the other spellings that products may have."""

from __future__ import annotations

import pytest

from tonggan.encode.words import query_terms
from tonggan.understand.cleaning import clean
from tonggan.understand.quantities.measures import read_measures


@pytest.mark.parametrize(
    ("query", "typed", "among"),
    [
        ("水杯 500ml", "500ml", {"500毫升", "0.5 l", "0.5升"}),
        ("500毫升 水杯", "500毫升", {"500 ml", "0.5 l"}),
        ("0.5 litre bottle", "0.5 litre", {"500 ml", "500毫升", "0.5升"}),
        ("15.6 inch laptop", "15.6 inch", {"15.6英寸", "15.6寸"}),
        ("15.6″ laptop", '15.6"', {"15.6英寸", "15.6寸"}),
        ("55寸电视", "55寸", {"55 inch", "55英寸"}),
        ("42码跑鞋", "42码", {"size 42"}),
        ("shoes size 42", "size 42", {"42码"}),
        ("2件套", "2件套", {"2 piece set"}),
        ("四件套 床品", "四件套", {"4 piece set", "4件套"}),
        ("2-piece set", "2-piece", {"2件套"}),
        ("6只装 袜子", "6只装", {"6 pack"}),
        ("pack of 6 socks", "pack of 6", {"6个装", "6只装"}),
        ("1斤 茶叶", "1斤", {"500 g", "500克", "0.5 kg"}),
        ("面粉 5公斤", "5公斤", {"5 kg", "10斤"}),
        ("1tb ssd", "1tb", {"1000 gb", "1024 gb"}),
        ("手机 128g", "128g", {"128 gb"}),
        ("4800万像素 相机", "4800万像素", {"48 mp"}),
        ("10000毫安 充电宝", "10000毫安", {"10000 mah"}),
        ("12 fl oz cup", "12 fl oz", {"12盎司"}),
        ("24 in monitor", "24 in", {"2 ft", "24英寸"}),
    ],
)
def test_a_measure_has_other_spellings(query: str, typed: str, among: set[str]) -> None:
    text = clean(query)
    (measure,) = read_measures(text)
    assert text[measure.start : measure.end] == typed
    assert among <= set(measure.alternatives)


@pytest.mark.parametrize(
    "query", ["iphone 11", "3 in 1 cable", "5号电池", "2 in stock", "1e400 ml", "三星手机", "levis 501", "500", "ml"]
)
def test_what_only_looks_measured_is_none(query: str) -> None:
    assert read_measures(clean(query)) == []


def test_spellings_that_the_analysis_unifies_are_not_repeated() -> None:
    for query in ("500ml", "2 litres", "15 inches", "5 lbs", "6 pk", "128 gb"):
        (measure,) = read_measures(query)
        assert all(query_terms(each) != query_terms(query) for each in measure.alternatives)


def test_values_are_converted_where_people_would_write_them() -> None:
    assert "0.38 kg" not in read_measures("375 g")[0].alternatives
    assert all("lb" not in each for each in read_measures("15 oz")[0].alternatives)
