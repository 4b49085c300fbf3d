"""Pictures of imports: kept once, refused with a reason, and never a way into the machine that we stand on."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tonggan import Shop
from tonggan.catalogue import fetch
from tonggan.shop import ImportReport

REFUSED_SOURCES = {
    "missing": "no-such-file.png",
    "escape": "../secret.png",
    "absolute": "/etc/hostname",
    "disguised": "page.png",
    "bomb": "bomb.png",
    "loopback": "http://127.0.0.1:8080/a.png",
    "localhost": "http://localhost/a.png",
    "metadata": "http://169.254.169.254/latest/meta-data/a.png",
    "file-url": "file:///etc/hostname",
}
"""What a feed may name and must not get."""


def square(path: Path, colour: str) -> str:
    Image.new("RGB", (64, 64), colour).save(path)
    return path.name


def write_feed(folder: Path, pictures: dict[str, str]) -> Path:
    """A product for each picture, named as in the mapping."""
    rows = [{"id": name, "title": f"Product {name}", "image": source} for name, source in pictures.items()]
    feed = folder / "feed.jsonl"
    feed.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return feed


def picture_lines(report: ImportReport) -> dict[str, dict[str, str]]:
    """Refused pictures by source."""
    with open(report.refusals_path, encoding="utf-8-sig", newline="") as file:
        return {row["value"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One good picture beside the feed, and one product for each source that is refused."""
    outside = tmp_path_factory.mktemp("outside")
    folder = outside / "feed"
    folder.mkdir()
    square(outside / "secret.png", "red")
    (folder / "page.png").write_text("<html><script>alert(1)</script></html>", encoding="utf-8")
    Image.new("1", (30_000, 30_000)).save(folder / "bomb.png")
    return write_feed(folder, {"good": square(folder / "good.png", "blue"), **REFUSED_SOURCES})


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, feed: Path) -> Iterator[tuple[Shop, ImportReport]]:
    with Shop.open(tmp_path_factory.mktemp("pictures") / "shop", pack="catalogue") as shop:
        yield shop, shop.ingest(feed)


def test_products_live_without_their_bad_pictures(filled: tuple[Shop, ImportReport]) -> None:
    shop, report = filled
    assert (report.accepted, report.refused) == (1 + len(REFUSED_SOURCES), 0)
    assert (report.pictures_kept, report.pictures_refused) == (1, len(REFUSED_SOURCES))
    assert [product.id for product in shop.store.get(list(REFUSED_SOURCES)) if product.media[0].checksum] == []
    assert len(list(shop.media.checksums())) == 1


def test_each_refused_picture_is_listed_with_reason_and_remedy(filled: tuple[Shop, ImportReport]) -> None:
    lines = picture_lines(filled[1])
    assert set(lines) == set(REFUSED_SOURCES.values())
    for name, source in REFUSED_SOURCES.items():
        assert lines[source]["column"] == "image"
        assert lines[source]["reason"].startswith(f"Product {name}: ")
        assert lines[source]["remedy"]


def test_what_is_kept_can_be_shown_and_searched_by(filled: tuple[Shop, ImportReport], feed: Path) -> None:
    shop, _ = filled
    checksum = shop.get("good").media[0].checksum
    assert shop.picture_path(checksum).stat().st_size > 0
    assert shop.thumbnail_path(checksum).stat().st_size > 0
    answer = shop.search(image=feed.parent / "good.png")
    assert [hit.product.id for hit in answer.hits] == ["good"]


def test_a_second_import_reads_no_kept_picture_again(
    filled: tuple[Shop, ImportReport], feed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, _ = filled
    asked: list[str] = []
    read = fetch.read_source

    def listening(source: str, **limits: Any) -> bytes:
        asked.append(source)
        return read(source, **limits)

    monkeypatch.setattr("tonggan.shop.pictures.read_source", listening)
    report = shop.ingest(feed)
    assert report.unchanged == 1 + len(REFUSED_SOURCES)
    assert report.pictures_kept == 0
    assert "good.png" not in asked


def test_a_changed_source_is_fetched_and_the_old_picture_no_longer_shown(tmp_path: Path, shop: Shop) -> None:
    shop.ingest(write_feed(tmp_path, {"p": square(tmp_path / "a.png", "red")}))
    before = shop.get("p").media[0].checksum
    report = shop.ingest(write_feed(tmp_path, {"p": square(tmp_path / "b.png", "green")}))
    assert (report.updated, report.pictures_kept) == (1, 1)
    assert shop.get("p").media[0].checksum != before
    assert shop.search(image=tmp_path / "b.png").hits[0].score == pytest.approx(1.0, abs=1e-3)


def test_records_given_in_memory_never_read_local_files(
    tmp_path: Path, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = square(tmp_path / "here.png", "red")
    monkeypatch.chdir(tmp_path)
    report = shop.put([{"id": "p", "title": "P", "image": source}, {"id": "q", "title": "Q", "image": f"./{source}"}])
    assert (report.accepted, report.pictures_kept, report.pictures_refused) == (2, 0, 2)


def test_pictures_at_addresses_are_left_alone_where_the_shop_says_so(tmp_path: Path) -> None:
    with Shop.open(tmp_path / "shop", remote_pictures=False) as shop:
        report = shop.put([{"id": "p", "title": "P", "image": "https://shop.example/p.png"}])
        assert (report.pictures_skipped, report.pictures_refused) == (1, 0)


def test_a_deleted_product_takes_its_picture_along_unless_another_one_shows_it(tmp_path: Path, shop: Shop) -> None:
    shared, own = square(tmp_path / "shared.png", "red"), square(tmp_path / "own.png", "blue")
    rows = [
        {"id": "a", "title": "Apple", "image": [shared, own]},
        {"id": "b", "title": "Berry", "image": [shared]},
    ]
    feed = tmp_path / "feed.json"
    feed.write_text(json.dumps(rows), encoding="utf-8")
    shop.ingest(feed)
    kept, erased = (media.checksum for media in shop.get("a").media)
    senses = shop.projection.standing.senses
    fingerprint = senses.row_fingerprints["image"] if senses else ""
    assert shop.delete(["a", "nobody"]) == ("a",)
    assert list(shop.media.checksums()) == [kept]
    assert not list(shop.media.folder.glob(f"{erased[:2]}/{erased[2:]}*"))
    assert set(shop.store.get_vectors(fingerprint, [kept, erased])) == {kept}
    assert shop.search("apple").found == 0
    assert [hit.product.id for hit in shop.search(image=tmp_path / "own.png").hits] == ["b"]
    shop.delete(["b"])
    assert list(shop.media.checksums()) == []
    assert shop.store.get_vectors(fingerprint, [kept]) == {}
    assert shop.search().found == shop.health()["products"] == 0
