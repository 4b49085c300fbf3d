"""Formats and encodings are told by content; tables, folders and documents give the same offers as files."""

from __future__ import annotations

import gzip
import json
import sys
import zipfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pyarrow
import pyarrow.parquet
import pytest

from feed.feed_samples import both_of, offers_of, save
from tonggan.errors import InputError, MissingExtraError
from tonggan.feed import FeedMapping, open_feed

CHINESE = "商品编号,标题,价格\n1,红色连衣裙,199\n2,陶瓷茶杯,29\n"
FRENCH = "id,title,price\n1,Crème brûlée,12\n2,Café glacé,3\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk"])
def test_chinese_text_is_read_in_every_usual_encoding(tmp_path: Path, encoding: str) -> None:
    offers = offers_of(save(tmp_path, "a.csv", CHINESE, encoding=encoding))
    assert [offer.values["title"] for offer in offers] == [("红色连衣裙",), ("陶瓷茶杯",)]
    assert offers[0].values["id"] == ("1",)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "latin-1"])
def test_western_text_is_not_taken_for_chinese(tmp_path: Path, encoding: str) -> None:
    offers = offers_of(save(tmp_path, "a.csv", FRENCH, encoding=encoding))
    assert [offer.values["title"] for offer in offers] == [("Crème brûlée",), ("Café glacé",)]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiter_and_line_ends_are_found(tmp_path: Path, delimiter: str, end: str) -> None:
    text = f"id{delimiter}title{end}1{delimiter}A, b{end}" if delimiter != "," else f"id,title{end}1,A b{end}"
    (offer,) = offers_of(save(tmp_path, "a.txt", text))
    assert offer.values["id"] == ("1",)


def test_a_line_that_names_the_separator_is_no_header(tmp_path: Path) -> None:
    (offer,) = offers_of(save(tmp_path, "a.csv", "sep=;\nid;title\n1;A\n"))
    assert offer.values == {"id": ("1",), "title": ("A",)}


@pytest.mark.parametrize("layers", [1, 2])
def test_gzip_is_found_by_content_even_twice(tmp_path: Path, layers: int) -> None:
    packed = FRENCH.encode()
    for _ in range(layers):
        packed = gzip.compress(packed)
    path = tmp_path / "feed.csv"
    path.write_bytes(packed)
    assert len(offers_of(path)) == 2


def test_progress_runs_to_the_size_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(FRENCH.encode()))
    feed = open_feed(path)
    assert len(list(feed.offers())) == 2
    assert feed.bytes_read == feed.bytes_total == path.stat().st_size


def test_columns_without_a_name_or_with_the_same_name_are_all_kept(tmp_path: Path) -> None:
    (offer,) = offers_of(save(tmp_path, "a.csv", "id,note,note,\n1,a,b,c\n"))
    assert offer.metadata == {"note": "a", "note (3)": "b", "column 4": "c"}


def test_nothing_unknown_is_dropped(tmp_path: Path) -> None:
    row = {"id": 1, "title": "A", "box": {"width": 3, "parts": ["x", "y"]}, "spans": [["B", 0, 2]], "is_new": True}
    (offer,) = offers_of(save(tmp_path, "a.json", json.dumps([row])))
    assert offer.metadata == {"box.width": "3", "box.parts": "x; y", "spans": '[["B","0","2"]]', "is_new": "true"}


@pytest.mark.parametrize(
    "attributes",
    [
        {"Colour": "Red", "Ports": ["USB", "HDMI"]},
        [["Colour", "Red"], ["Ports", ["USB", "HDMI"]]],
        [{"name": "Colour", "value": "Red"}, {"name": "Ports", "values": ["USB", "HDMI"]}],
    ],
)
def test_attributes_are_read_as_object_or_as_pairs(tmp_path: Path, attributes: object) -> None:
    (offer,) = offers_of(save(tmp_path, "a.jsonl", json.dumps({"id": "1", "attributes": attributes})))
    assert offer.values["attribute:Colour"] == ("Red",)
    assert offer.values["attribute:Ports"] == ("USB", "HDMI")


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ('{"Brand": "Nord", "Pack": "2"}', {"attribute:Brand": ("Nord",), "attribute:Pack": ("2",)}),
        ("材质：棉；产地：中国", {"attribute:材质": ("棉",), "attribute:产地": ("中国",)}),
        ("Colour: Red | Size: M", {"attribute:Colour": ("Red",), "attribute:Size": ("M",)}),
    ],
)
def test_attributes_packed_into_a_cell_are_unpacked(cell: str, found: dict[str, tuple[str, ...]]) -> None:
    (offer,) = offers_of([{"id": "1", "specs": cell}])
    assert {name: value for name, value in offer.values.items() if name != "id"} == found


def test_a_specification_that_holds_no_pairs_stays_metadata() -> None:
    (offer,) = offers_of([{"id": "1", "specs": "Two cups, one pot"}])
    assert offer.metadata == {"specs": "Two cups, one pot"}


def test_of_a_picture_in_sizes_the_best_is_taken() -> None:
    (offer,) = offers_of([{"id": "1", "image_urls": {"thumb": "t.jpg", "high": "h.jpg", "low": "l.jpg"}}])
    assert offer.values["image"] == ("h.jpg",)


@pytest.mark.parametrize(
    "document",
    [
        [{"id": "1"}, {"id": "2"}],
        {"products": [{"id": "1"}, {"id": "2"}]},
        {"meta": {"items": 3}, "data": {"count": 2, "items": [{"id": "1"}, {"id": "2"}]}},
    ],
)
def test_the_list_of_products_is_found_in_a_document(tmp_path: Path, document: object) -> None:
    offers = offers_of(save(tmp_path, "a.json", json.dumps(document, indent=1)))
    assert [offer.values["id"] for offer in offers] == [("1",), ("2",)]


def test_a_document_of_one_product_is_one_row(tmp_path: Path) -> None:
    (offer,) = offers_of(save(tmp_path, "a.json", '{"id": "1", "title": "A"}'))
    assert offer.values["title"] == ("A",)


def test_a_document_longer_than_a_block_is_read_in_pieces(tmp_path: Path) -> None:
    rows = [{"id": str(number), "title": "long " * 2_000} for number in range(200)]
    text = "[\n" + ",\n".join(map(json.dumps, rows)) + "\n]"
    offers = offers_of(save(tmp_path, "a.json", text))
    assert [offer.line for offer in offers] == list(range(2, 202))


def test_numbers_stay_as_the_merchant_wrote_them(tmp_path: Path) -> None:
    (offer,) = offers_of(save(tmp_path, "a.jsonl", '{"id": 12345678901234567890, "price": 19.90}'))
    assert (offer.values["id"], offer.values["price"]) == (("12345678901234567890",), ("19.90",))


def test_a_workbook_is_read_from_its_first_sheet(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_workbook(path, [["商品编号", "标题", "价格"], [None], [690123456789, "红裙", 19.5]])
    (offer,) = offers_of(path)
    assert offer.values == {"id": ("690123456789",), "title": ("红裙",), "price": ("19.5",)}
    assert offer.line == 3


def test_parquet_gives_what_the_table_gives(tmp_path: Path) -> None:
    columns = {"id": ["1", "2"], "title": ["A", "B"], "tags": [["x"], ["y", "z"]], "price": [1.5, None]}
    table = pyarrow.table({**columns, "updated": [date(2025, 1, 2), None]})
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(table, path)
    assert offers_of(path) == offers_of(table)
    assert offers_of(path)[1].values == {"id": ("2",), "title": ("B",), "tags": ("y", "z")}
    assert offers_of(path)[0].values["updated_at"] == ("2025-01-02",)


def test_parquet_without_its_extra_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"id": ["1"]}), path)
    monkeypatch.setattr("tonggan.feed.tables.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'tonggan\[parquet\]'"):
        open_feed(path)


def test_data_frames_are_known_by_what_they_can_do() -> None:
    rows = [{"id": "1", "title": "A", "price": Decimal("1.50")}]
    nan = float("nan")
    polars = SimpleNamespace(iter_rows=lambda named: iter(rows))
    pandas = SimpleNamespace(
        columns=["id", "title", "price", "brand"],
        itertuples=lambda index, name: iter([("1", "A", Decimal("1.50"), nan)]),
    )
    expected = {"id": ("1",), "title": ("A",), "price": ("1.50",)}
    assert offers_of(polars)[0].values == offers_of(pandas)[0].values == offers_of(rows)[0].values == expected


def test_rows_that_come_once_are_offered_once() -> None:
    def rows() -> Iterator[dict[str, str]]:
        yield from ({"id": str(number)} for number in range(3_000))

    feed = open_feed(rows())
    assert len(list(feed.offers())) == 3_000
    with pytest.raises(InputError, match="read already"):
        list(feed.offers())


def test_rows_that_are_no_rows_are_refused_alone() -> None:
    offers, refusals = both_of([{"id": "1"}, "2", {"id": "3"}])
    assert [offer.line for offer in offers] == [1, 3]
    assert [refusal.line for refusal in refusals] == [2]


def test_pictures_become_products_named_after_their_files(tmp_path: Path) -> None:
    for name in ("Shoes/red_running-shoe.JPG", "Shoes/Boots/b.png", "mug.webp", "logo.svg", "notes.txt", ".hidden.jpg"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    offers, refusals = both_of(tmp_path)
    found = {offer.values["id"][0]: (offer.values["title"][0], offer.values.get("categories")) for offer in offers}
    assert found == {
        "mug.webp": ("mug", None),
        "Shoes/red_running-shoe.JPG": ("red running shoe", ("Shoes",)),
        "Shoes/Boots/b.png": ("b", ("Shoes > Boots",)),
    }
    assert [(refusal.value, refusal.column) for refusal in refusals] == [("logo.svg", "image")]
    assert open_feed(tmp_path).folder == tmp_path


def test_the_one_feed_in_a_folder_is_opened_and_two_are_asked_about(tmp_path: Path) -> None:
    save(tmp_path, "a.csv", FRENCH)
    assert len(offers_of(tmp_path)) == 2
    save(tmp_path, "b.csv", FRENCH)
    with pytest.raises(InputError, match=r"several feeds: a\.csv, b\.csv"):
        open_feed(tmp_path)


def test_a_folder_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="neither a feed nor pictures"):
        open_feed(tmp_path)


def test_constants_fill_what_a_row_leaves_empty() -> None:
    rows = [{"id": "1", "waehrung": "CHF"}, {"id": "2"}]
    mapping = FeedMapping("any", {"waehrung": "currency"}, {"currency": "EUR"})
    offers = list(open_feed(rows, mapping=mapping).offers())
    assert [offer.values["currency"] for offer in offers] == [("CHF",), ("EUR",)]  # type: ignore[union-attr]


def test_a_column_that_comes_up_late_is_mapped_by_its_alias() -> None:
    rows = [{"id": str(number)} for number in range(1_500)] + [{"id": "x", "title": "Late", "odd": "kept"}]
    late = offers_of(rows)[-1]
    assert late.values["title"] == ("Late",)
    assert late.metadata == {"odd": "kept"}


def test_importing_the_stage_loads_no_reader() -> None:
    import subprocess

    heavy = ("python_calamine", "defusedxml", "rapidfuzz", "arro3", "csv")
    code = f"import sys, tonggan.feed; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def write_workbook(path: Path, rows: list[list[object]]) -> None:
    """Write the least that is a workbook."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets>'
            "</workbook>",
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/worksheet" '
            'Target="worksheets/sheet1.xml"/></Relationships>',
        )
        body = "".join(f'<row r="{number}">{_cells(row, number)}</row>' for number, row in enumerate(rows, start=1))
        archive.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>'
        )


def _cells(row: list[object], number: int) -> str:
    parts = []
    for letter, cell in zip("ABCDEFGH", row, strict=False):
        if isinstance(cell, str):
            parts.append(f'<c r="{letter}{number}" t="inlineStr"><is><t>{cell}</t></is></c>')
        elif cell is not None:
            parts.append(f'<c r="{letter}{number}"><v>{cell}</v></c>')
    return "".join(parts)
