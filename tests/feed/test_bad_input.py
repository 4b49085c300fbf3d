"""What strangers send: each bad file or row is refused with a reason, and every other row lives."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from feed.feed_samples import both_of, save
from tonggan.errors import InputError
from tonggan.feed import limits, open_feed
from tonggan.records import Offer, Refusal


def test_an_open_quote_costs_one_row(tmp_path: Path) -> None:
    path = save(tmp_path, "a.csv", 'id,title,price\n1,"fine",3\n2,"open,4\n3,good,5\n4,"closed",6\n')
    offers, refusals = both_of(path)
    assert [offer.values["id"][0] for offer in offers] == ["1", "3", "4"]
    assert [(refusal.line, refusal.value) for refusal in refusals] == [(3, '2,"open,4')]
    assert "not closed" in refusals[0].reason
    assert refusals[0].remedy


def test_an_open_quote_does_not_swallow_a_long_file(tmp_path: Path) -> None:
    rows = "".join(f"{number},title {number}\n" for number in range(5_000))
    offers, refusals = both_of(save(tmp_path, "a.csv", f'id,title\nx,"open\n{rows}'))
    assert (len(offers), len(refusals)) == (5_000, 1)


def test_open_quotes_on_every_line_cost_their_rows_only(tmp_path: Path) -> None:
    lines = "".join(f'{number},"open\n' if number % 2 else f"{number},fine\n" for number in range(1_000))
    offers, refusals = both_of(save(tmp_path, "a.csv", f"id,title\n{lines}"))
    assert (len(offers), len(refusals)) == (500, 500)


def test_a_cell_with_line_breaks_and_doubled_quotes_is_one_row(tmp_path: Path) -> None:
    offers, refusals = both_of(save(tmp_path, "a.csv", 'id,title,description\n1,a,"two\nlines, ""quoted"""\n2,b,c\n'))
    assert refusals == []
    assert offers[0].values["description"] == ('two\nlines, "quoted"',)
    assert [offer.line for offer in offers] == [2, 4]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2,b,3,4,5", "5 cells where the header has 3"),
        ("2", "1 cells where the header has 3"),
        ("2,b\0,3", "NUL bytes"),
        (f"2,{'x' * (limits.MAX_CELL_CHARACTERS + 1)},3", "field larger than field limit"),
    ],
)
def test_a_row_that_is_no_row_is_refused_alone(tmp_path: Path, row: str, reason: str) -> None:
    offers, refusals = both_of(save(tmp_path, "a.csv", f"id,title,price\n1,a,2\n{row}\n3,c,4\n"))
    assert [offer.values["id"][0] for offer in offers] == ["1", "3"]
    (refusal,) = refusals
    assert refusal.line == 3
    assert reason in refusal.reason
    assert len(refusal.value) <= limits.SHOWN_CHARACTERS


def test_a_row_without_its_last_empty_cells_is_repaired(tmp_path: Path) -> None:
    offers, refusals = both_of(save(tmp_path, "a.csv", "id,title,price\n1,a\n2,b,3,,\n"))
    assert refusals == []
    assert [offer.values["title"] for offer in offers] == [("a",), ("b",)]


def test_bytes_of_another_encoding_refuse_their_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,title\n" + "1,红色连衣裙很好看很舒服\n".encode() * 20 + b"2,caf\xe9\n3,ok\n")
    offers, refusals = both_of(path)
    assert len(offers) == 21
    assert [refusal.line for refusal in refusals] == [22]
    refusals[0].value.encode()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id": "2", "title": ', "not JSON"),
        ('{"id": "2", "price": NaN}', "NaN is not a number"),
        ('{"id": "2", "price": -Infinity}', "Infinity"),
        ('["2"]', "not a JSON object"),
        ('{"id": "2", "x": ' + '{"a":' * 50 + "1" + "}" * 51, "nested deeper"),
        ('{"id": "2", "x": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deep"),
        ('{"id": "2", "title": "a\\u0000b"}', "NUL"),
        ('{"id": "2", "title": "\\ud800"}', "surrogates"),
        ("{" + ",".join(f'"k{number}": 1' for number in range(2_100)) + "}", "2100 keys"),
        ('{"id": "2", "attributes": {' + ",".join(f'"k{n}": 1' for n in range(2_100)) + "}}", "more than 2000 values"),
        ('{"id": "2", "title": "' + "x" * (limits.MAX_CELL_CHARACTERS + 1) + '"}', "longer than"),
    ],
)
def test_a_bad_line_of_json_is_refused_alone(tmp_path: Path, line: str, reason: str) -> None:
    text = f'{{"id": "1", "title": "a"}}\n{line}\n\n{{"id": "3", "title": "c"}}\n'
    offers, refusals = both_of(save(tmp_path, "a.jsonl", text))
    assert [offer.values["id"][0] for offer in offers] == ["1", "3"]
    (refusal,) = refusals
    assert refusal.line == 2
    assert reason in refusal.reason


def test_a_document_that_breaks_off_gives_what_came_before(tmp_path: Path) -> None:
    text = '[{"id": "1", "title": "a"},\n{"id": "2", "title": "b"},\n{"id": "3", "ti'
    offers, refusals = both_of(save(tmp_path, "a.json", text))
    assert [offer.values["id"][0] for offer in offers] == ["1", "2"]
    assert [refusal.line for refusal in refusals] == [3]


def test_xml_that_breaks_off_gives_what_came_before(tmp_path: Path) -> None:
    text = "<products><product><id>1</id><title>a</title></product>\n<product><id>2</title>"
    offers, refusals = both_of(save(tmp_path, "a.xml", text))
    assert [offer.values["id"][0] for offer in offers] == ["1"]
    assert "mismatched tag" in refusals[0].reason


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><products><product><id>&b;</id></product></products>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd"><products><product><id>1</id></product></products>',
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><products><product><id>&e;</id></product></products>',
    ],
)
def test_xml_with_a_document_type_is_refused_whole(tmp_path: Path, document: str) -> None:
    with pytest.raises(InputError, match=r"a\.xml has a document type or entities.*Remove the <!DOCTYPE"):
        open_feed(save(tmp_path, "a.xml", document))


def test_xml_nested_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nested too deep"):
        open_feed(save(tmp_path, "a.xml", "<a>" * 10_000))


def test_xml_without_items_has_no_rows(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no rows"):
        open_feed(save(tmp_path, "a.xml", "<shop><name>x</name></shop>"))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b"  \n\r\n ", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"Rar!\x1a\x07", "a RAR archive"),
        (b"7z\xbc\xaf\x27\x1c\x00", "a 7z archive"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"%PDF-1.7", "a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel file"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG picture"),
        (b"<!DOCTYPE html><html><body>x</body></html>", "a web page"),
        (bytes(range(1, 9)) * 100, "a binary file"),
        (b"PK\x03\x04broken", "a damaged ZIP"),
    ],
)
def test_what_is_no_feed_is_refused_by_name(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "feed.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=what) as caught:
        open_feed(path)
    assert "feed.csv" in caught.value.message
    assert caught.value.remedy


def test_archives_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "feed.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("products.csv", "id,title\n1,a\n")
    with pytest.raises(InputError, match="a ZIP archive, not a feed"):
        open_feed(path)
    packed = tmp_path / "feed.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(InputError, match="packed with gzip"):
        open_feed(packed)


def test_ten_thousand_columns_are_refused(tmp_path: Path) -> None:
    header = ",".join(f"c{number}" for number in range(10_000))
    with pytest.raises(InputError, match="10000 columns; at most 2000"):
        open_feed(save(tmp_path, "a.csv", f"{header}\n1,2\n"))


def test_a_gzip_file_that_unfolds_too_far_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tonggan.feed.decoding.RATIO_FREE_BYTES", 2 * limits.SAMPLE_BYTES)
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"id,title\n" + b"1,aaaaaaaaaaaaaaaaaaaa\n" * 200_000))
    feed = open_feed(path)
    with pytest.raises(InputError, match=r"bomb.csv.gz unfolds to \d+ times its size"):
        list(feed.offers())


def test_a_gzip_file_that_was_cut_gives_what_came_before(tmp_path: Path) -> None:
    rows = "".join(f"{number},title {number * 7919 % 1000}\n" for number in range(20_000))
    path = tmp_path / "a.csv.gz"
    packed = gzip.compress(f"id,title\n{rows}".encode())
    path.write_bytes(packed[: len(packed) // 2])
    offers, refusals = both_of(path)
    assert 1_000 < len(offers) < 20_000
    assert "breaks off" in refusals[-1].reason


def test_a_parquet_file_that_unfolds_too_far_is_refused(tmp_path: Path) -> None:
    text = pyarrow.DictionaryArray.from_arrays(
        pyarrow.array([0] * 3_000, pyarrow.int32()), pyarrow.array(["a" * 900_000])
    )
    path = tmp_path / "bomb.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"id": ["1"] * 3_000, "title": text}), path, compression="zstd")
    assert path.stat().st_size < 10_000
    with pytest.raises(InputError, match="unfolds to more than"):
        list(open_feed(path).offers())


def test_a_parquet_page_that_needs_too_much_memory_ends_its_worker_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tonggan.feed.tables.WORKER_BYTES", 300 * 1024**2)
    path = tmp_path / "bomb.parquet"
    table = pyarrow.table({"id": ["1"], "title": ["b" * 150_000_000]})
    pyarrow.parquet.write_table(table, path, compression="zstd", use_dictionary=False, write_statistics=False)
    with pytest.raises(InputError, match=r"bomb\.parquet cannot be read as Parquet"):
        open_feed(path)


def test_a_damaged_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1" + b"\x00" * 50 + b"PAR1")
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        open_feed(path)


def test_a_workbook_that_unfolds_too_far_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tonggan.feed.spreadsheet.MAX_WORKBOOK_BYTES", 1_000_000)
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", "a" * 2_000_000)
    with pytest.raises(InputError, match="unfolds to more than"):
        open_feed(path)


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "no workbook")
    with pytest.raises(InputError, match="cannot be read as a workbook"):
        open_feed(path)


@pytest.mark.parametrize("source", [None, 5, b"id,title", {"id": "1"}])
def test_what_is_no_source_is_refused(source: object) -> None:
    with pytest.raises(InputError, match="A feed is a file, a folder or a table"):
        open_feed(source)


def test_a_path_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        open_feed(tmp_path / "nothing.csv")


@settings(max_examples=150, deadline=None)
@given(some.lists(some.text(alphabet="ab12,;\t|'é标 ", max_size=30), max_size=30))
def test_without_quotes_every_line_is_one_offer_or_one_refusal(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    path = save(tmp_path_factory.mktemp("noise"), "a.csv", "\n".join(["id,title,price", *lines]) + "\n")
    rows = list(open_feed(path).offers())
    filled = [number for number, line in enumerate(lines, start=2) if line.replace(",", "").strip()]
    assert [row.line for row in rows] == filled
    assert all(isinstance(row, Offer | Refusal) for row in rows)


@settings(max_examples=300, deadline=None)
@given(some.binary(max_size=30))
def test_noise_with_quotes_and_nuls_is_counted_in_full(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    path = tmp_path_factory.mktemp("noise") / "a.csv"
    path.write_bytes(
        b'id,title,note\n1,first,""\n' + noise.translate(bytes(b'ab,"\n1\r\0\xe9' * 29)[:256]) + b"\n2,last,ok\n"
    )
    rows = list(open_feed(path).offers())
    lines = [row.line for row in rows]
    assert lines == sorted(set(lines))
    text = path.read_bytes()
    assert all(line <= text.count(b"\n") + text.count(b"\r") for line in lines)
    assert rows[0].line == 2


@settings(max_examples=100, deadline=None)
@given(
    some.lists(
        some.dictionaries(
            some.text(max_size=8), some.none() | some.text(max_size=8) | some.floats() | some.lists(some.integers())
        ),
        min_size=1,
    )
)
def test_every_line_of_json_is_one_offer_or_one_refusal(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]]
) -> None:
    path = save(tmp_path_factory.mktemp("noise"), "a.jsonl", "\n".join(map(json.dumps, rows)))
    found = list(open_feed(path).offers())
    assert [row.line for row in found] == list(range(1, len(rows) + 1))
