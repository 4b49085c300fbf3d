"""A mapping can be inspected, written, edited and read again; refusals can be written."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from feed.feed_samples import save
from tonggan.errors import InputError
from tonggan.feed import FeedMapping, open_feed
from tonggan.feed.inspection import inspect, write_inspected_mapping
from tonggan.feed.mapping import read_mapping, write_mapping
from tonggan.feed.refusals import RefusalFile, refuse, write_refusals
from tonggan.records import Offer

TEXT = "Artikel,prodct titel,Voltage,price\n7,Lamp,230 V,9\n8,Bulb,12 V,2\nbad\n"


def test_inspection_shows_fields_suggestions_samples_and_what_is_unfilled(tmp_path: Path) -> None:
    found = inspect(save(tmp_path, "a.csv", TEXT))
    by_name = {column.name: column for column in found.columns}
    assert (found.format, found.encoding, found.vendor, found.rows) == ("delimited", "utf-8", "any", 3)
    assert by_name["price"].field == "price"
    assert (by_name["prodct titel"].field, by_name["prodct titel"].suggestion) == ("metadata", "title")
    assert by_name["Voltage"].samples == ("230 V", "12 V")
    assert "title" in found.unfilled
    assert "price" not in found.unfilled
    assert [refusal.line for refusal in found.refusals] == [4]


def test_an_edited_mapping_decides(tmp_path: Path) -> None:
    path = save(tmp_path, "a.csv", TEXT)
    write_inspected_mapping(tmp_path / "mapping.toml", inspect(path))
    text = (tmp_path / "mapping.toml").read_text(encoding="utf-8")
    assert '"prodct titel" = "metadata"  # perhaps title; Lamp | Bulb' in text
    text = text.replace('"prodct titel" = "metadata"', '"prodct titel" = "title"')
    text = text.replace('"Artikel" = "metadata"', '"Artikel" = "id|sku"')
    edited = save(tmp_path, "mapping.toml", text.replace('"Voltage" = "metadata"', '"Voltage" = "attribute:Voltage"'))
    offer = next(iter(open_feed(path, mapping=read_mapping(edited)).offers()))
    assert isinstance(offer, Offer)
    assert offer.values["title"] == ("Lamp",)
    assert offer.values["id"] == offer.values["sku"] == ("7",)
    assert offer.values["attribute:Voltage"] == ("230 V",)


@given(
    some.dictionaries(some.text(min_size=1), some.sampled_from(["title", "id|sku", "metadata", "option:Größe"])),
    some.text(),
)
def test_a_mapping_that_is_written_reads_the_same(
    tmp_path_factory: pytest.TempPathFactory, columns: dict[str, str], constant: str
) -> None:
    columns = {name.encode("utf-8", "replace").decode(): target for name, target in columns.items()}
    mapping = FeedMapping("shopify", columns, {"currency": constant.encode("utf-8", "replace").decode()})
    path = tmp_path_factory.mktemp("mapping") / "mapping.toml"
    write_mapping(path, mapping, notes=dict.fromkeys(columns, "note\nwith # lines"))
    assert read_mapping(path) == mapping


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[columns]\n"A" = "titel"', "column 'A': Unknown field 'titel'.*Did you mean 'title'"),
        ('[colums]\n"A" = "title"', "Unknown key 'colums'.*Did you mean 'columns'"),
        ('vendor = "shopfy"', "Unknown vendor 'shopfy'.*Did you mean 'shopify'"),
        ('[constants]\n"curency" = "EUR"', "Unknown field 'curency'.*Did you mean 'currency'"),
        ("[columns]\nA = 3", r"\[columns\] holds lines"),
        ("[columns", "is not TOML"),
    ],
)
def test_a_wrong_mapping_is_refused_with_what_was_meant(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_mapping(save(tmp_path, "mapping.toml", text))


def test_a_mapping_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_mapping(tmp_path / "mapping.toml")


def test_refusals_are_written_as_they_come_and_formulas_are_quoted(tmp_path: Path) -> None:
    path = tmp_path / "refused.csv"
    with RefusalFile(path) as file:
        file.write(refuse(3, "=cmd|' /C calc'!A0", "bad", column="@sku", remedy="Correct it."))
        file.write(refuse(4, "x" * 500, "too long"))
    with path.open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.reader(handle))
    assert rows[0] == ["line", "column", "value", "reason", "remedy"]
    assert rows[1] == ["3", "'@sku", "'=cmd|' /C calc'!A0", "bad", "Correct it."]
    assert len(rows[2][2]) == 200
    assert file.count == 2


def test_refusals_of_a_feed_can_be_written_in_one_go(tmp_path: Path) -> None:
    rows = [refuse(number, "\ud800\0", "bad") for number in range(3)]
    assert write_refusals(tmp_path / "refused.csv", rows) == 3
