"""What is said of pictures: shops, ImageNet's classes, and how well titles find their pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from learn.pack.toy_pictures import save_square
from tonggan.learn.pack.picture_words import (
    CONSE_CLASSES,
    chance_of_titles,
    conse,
    read_shop_pictures,
    recall_of_titles,
)


def write_products(folder: Path, *records: dict[str, object]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    (folder / "products.jsonl").write_text(text, encoding="utf-8")
    return folder


def test_a_product_has_its_first_picture_and_all_its_words(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        save_square(tmp_path / "shop" / name, "red")
    write_products(
        tmp_path / "shop",
        {"name": "Mug", "images": ["a.png", "b.png"], "category": "Cups", "description": "A red\u2028mug"},
        {"Name": "Cup", "image": "b.png", "Type": "Cups"},
    )
    mug, cup = read_shop_pictures(tmp_path)
    assert (mug.shop, mug.title, mug.text) == ("shop", "Mug", "Mug. Cups. A red\u2028mug")
    assert (mug.path, cup.path) == (tmp_path / "shop" / "a.png", tmp_path / "shop" / "b.png")


def test_a_picture_counts_once_and_a_product_without_one_not_at_all(tmp_path: Path) -> None:
    save_square(tmp_path / "shop" / "a.png", "red")
    save_square(tmp_path / "shop" / "b.png", "red")
    write_products(
        tmp_path / "shop",
        {"name": "first", "image": "a.png", "image_sha": "1"},
        {"name": "same file", "image": "a.png", "image_sha": "1"},
        {"name": "same bytes", "image": "b.png", "image_sha": "1"},
        {"name": "lost", "image": "c.png"},
        {"name": "none"},
    )
    assert [product.title for product in read_shop_pictures(tmp_path)] == ["first"]


def test_an_empty_shop_has_no_pictures(tmp_path: Path) -> None:
    write_products(tmp_path / "shop")
    assert list(read_shop_pictures(tmp_path)) == []


def test_likely_classes_are_averaged_by_their_likelihood() -> None:
    labels = np.eye(20, dtype=np.float32)
    logits = np.full((1, 20), -30.0, np.float32)
    logits[0, [3, 7]] = [np.log(3.0), 0.0]
    (row,) = conse(logits, labels)
    np.testing.assert_allclose(row[[3, 7]], np.array([3, 1]) / 10**0.5, atol=1e-5)


def test_only_the_likeliest_classes_are_heard() -> None:
    (row,) = conse(np.arange(20, dtype=np.float32)[None] / 10, np.eye(20, dtype=np.float32))
    assert np.flatnonzero(row).tolist() == list(range(20 - CONSE_CLASSES, 20))


def test_a_title_finds_its_picture_unless_others_are_as_near() -> None:
    rows = np.eye(4, dtype=np.float32)
    assert recall_of_titles(rows, rows, at=1) == 1.0
    assert recall_of_titles(rows, rows[[1, 0, 2, 3]], at=1) == 2 / 4
    assert recall_of_titles(np.zeros((4, 4), np.float32), rows, at=3) == 0.0


@pytest.mark.parametrize(("pool", "chance"), [(40, 10 / 40), (10, 1.0), (3, 1.0)])
def test_chance_is_that_of_drawing_lots(pool: int, chance: float) -> None:
    assert chance_of_titles(np.zeros((pool, 2), np.float32)) == chance
