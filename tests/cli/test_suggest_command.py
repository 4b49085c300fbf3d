"""`tonggan suggest` on the shop of three products, alone and through a server."""

from __future__ import annotations

import pytest

from cli.toy_feed import Tonggan, serving


def texts(record: dict) -> list[str]:
    return [each["text"] for each in record["suggestions"]]


def test_an_unfinished_word_is_finished(tonggan: Tonggan) -> None:
    record = tonggan("suggest", "mu", "--json").record
    assert texts(record)[0] == "mug"
    assert record["suggestions"][0] == {"kind": "query", "text": "mug", "highlight": [[0, 2]], "count": 2}
    product = next(each for each in record["suggestions"] if each["kind"] == "product")
    assert (product["product_id"], product["price"]) == ("mug-red", {"amount": 1000, "currency": "USD"})


def test_pinyin_is_understood(tonggan: Tonggan) -> None:
    assert "连衣裙" in texts(tonggan("suggest", "lyq", "--json").record)
    assert "马克杯" in texts(tonggan("suggest", "makeb", "--json").record)


def test_people_see_kind_text_and_count(tonggan: Tonggan) -> None:
    said = tonggan("suggest", "mu").out
    assert "query" in said
    assert "Red mug 红色马克杯" in said
    assert "mug-red" in said


def test_a_limit_is_kept_and_checked(tonggan: Tonggan) -> None:
    assert len(texts(tonggan("suggest", "m", "--limit", "1", "--json").record)) == 1
    assert tonggan("suggest", "m", "--limit", "0").code == 2


@pytest.mark.parametrize("prefix", ["", "mu", "lyq"])
def test_a_server_suggests_the_same(tonggan: Tonggan, prefix: str) -> None:
    alone = tonggan("suggest", prefix, "--json").record["suggestions"]
    with serving(tonggan.shop):
        assert tonggan("suggest", prefix, "--json").record["suggestions"] == alone


def test_bytes_that_are_no_text_are_named(tonggan: Tonggan) -> None:
    ran = tonggan("suggest", "\udcff")
    assert (ran.code, ran.err.splitlines()[0]) == (2, "error: PREFIX is not UTF-8 text.")
