from __future__ import annotations

from pathlib import Path

import pytest

from tonggan.errors import InputError, NotFoundError
from tonggan.learn.pair_file import PairLine, read_pairs


def written(folder: Path, text: str, *, name: str = "pairs.csv") -> Path:
    (folder / "a.jpg").write_bytes(b"picture")
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_a_photo_is_paired_with_a_product_or_with_words(tmp_path: Path) -> None:
    path = written(tmp_path, "﻿Image,product_id,text,taken\na.jpg,p1,,monday\na.jpg,,红苹果,\n")
    assert read_pairs(path) == [
        PairLine(2, tmp_path / "a.jpg", product_id="p1"),
        PairLine(3, tmp_path / "a.jpg", text="红苹果"),
    ]


def test_tabs_part_the_columns_of_a_tsv(tmp_path: Path) -> None:
    path = written(tmp_path, "image\ttext\na.jpg\tred, ripe\n", name="pairs.tsv")
    assert read_pairs(path)[0].text == "red, ripe"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "columns are none; needed: image"),
        ("image,label\na.jpg,x\n", "columns are image, label; needed: image, and product_id or text"),
        ("image,text\n,red\n", "line 2: image is empty"),
        ("image,text\na.jpg,red\na.jpg,\n", "line 3: product_id or text is empty"),
        ("image,text\nb.jpg,red\n", "line 2, image: there is no file 'b.jpg' beside it"),
    ],
)
def test_what_is_wrong_is_told_with_line_and_column(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_pairs(written(tmp_path, text))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"pairs\.csv"):
        read_pairs(tmp_path / "pairs.csv")


def test_what_is_not_utf_8_is_told(tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_bytes("image,text\na.jpg,苹果\n".encode("gb18030"))
    with pytest.raises(InputError, match="Save it as UTF-8"):
        read_pairs(tmp_path / "pairs.csv")
