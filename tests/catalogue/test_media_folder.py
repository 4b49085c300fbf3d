"""Pictures are kept whole, once, under the checksum of what came in."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catalogue.picture_files import BLUE, RED, encoded, left_red_right_blue, plain
from tonggan.catalogue.media import MediaFolder, MediaRecord, decode_query, parse_crop
from tonggan.catalogue.picture_workers import PictureWorkers
from tonggan.errors import DiskFullError, InputError, NotFoundError, NotReadyError

PICTURE = plain("PNG", size=(640, 480))
CHECKSUM = hashlib.sha256(PICTURE).hexdigest()


@pytest.fixture(scope="module")
def workers() -> Iterator[PictureWorkers]:
    with PictureWorkers(count=2) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, workers: PictureWorkers) -> MediaFolder:
    return MediaFolder(tmp_path / "media", workers=workers)


def files(folder: MediaFolder) -> list[str]:
    return sorted(str(path.relative_to(folder.folder)) for path in folder.folder.rglob("*") if path.is_file())


def test_a_picture_is_kept_under_the_checksum_of_its_source(folder: MediaFolder) -> None:
    record = folder.put(PICTURE)
    stem = f"{CHECKSUM[:2]}/{CHECKSUM[2:]}"
    assert files(folder) == [f"{stem}.jpg", f"{stem}.thumb.webp"]
    assert record == MediaRecord(CHECKSUM, 640, 480, image_bytes=folder.path(CHECKSUM).stat().st_size)
    with Image.open(folder.thumbnail_path(CHECKSUM)) as thumbnail:
        assert thumbnail.size == (320, 240)


def test_putting_it_again_decodes_nothing(folder: MediaFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    first = folder.put(PICTURE)
    monkeypatch.setattr(PictureWorkers, "keepable", lambda *_: pytest.fail("decoded again"))
    assert folder.put(PICTURE) == first
    assert list(folder.put_many([("again", PICTURE)])) == [("again", first)]


def test_a_kept_picture_opens_as_pixels(folder: MediaFolder) -> None:
    checksum = folder.put(encoded(left_red_right_blue(size=(400, 200)), "PNG")).checksum
    picture = folder.open_picture(checksum)
    assert (picture.shape, picture.dtype) == ((200, 400, 3), np.uint8)
    assert np.abs(picture[100, 50].astype(int) - RED).max() <= 3
    assert folder.open_picture(checksum, long_side=100).shape == (50, 100, 3)


def test_many_are_put_in_order_and_a_refused_one_costs_nothing_else(folder: MediaFolder) -> None:
    contents = [plain("PNG", size=(10 + number, 10)) for number in range(100)]
    contents[7], contents[50] = b"%PDF-1.7", contents[50][:60]
    results = dict(folder.put_many(enumerate(contents)))
    assert list(results) == list(range(100))
    refused = {key: result for key, result in results.items() if isinstance(result, InputError)}
    assert list(refused) == [7, 50]
    assert "a PDF document" in str(refused[7])
    assert "damaged or cut short" in str(refused[50])
    kept = [result for result in results.values() if isinstance(result, MediaRecord)]
    assert [record.width for record in kept] == [10 + number for number in range(100) if number not in (7, 50)]
    assert len(list(folder.checksums())) == 98


def test_bytes_may_be_loaded_by_a_function_whose_refusal_is_handed_on(folder: MediaFolder) -> None:
    def refuse() -> bytes:
        raise InputError("no such picture")

    good, bad = folder.put_many([("good", lambda: PICTURE), ("bad", refuse)])
    assert isinstance(good[1], MediaRecord)
    assert isinstance(bad[1], InputError)


def test_a_loader_that_breaks_is_not_taken_for_a_bad_picture(folder: MediaFolder) -> None:
    def break_down() -> bytes:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(folder.put_many([("broken", break_down)]))


def test_items_are_asked_for_a_bounded_number_ahead(folder: MediaFolder) -> None:
    asked: list[int] = []

    def items() -> Iterator[tuple[int, bytes]]:
        for number in range(1000):
            asked.append(number)
            yield number, PICTURE

    results = folder.put_many(items())
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert len(asked) == 64


def test_a_deleted_picture_is_gone_with_its_thumbnail(folder: MediaFolder) -> None:
    folder.put(PICTURE)
    assert folder.delete(CHECKSUM) is True
    assert files(folder) == []
    assert folder.delete(CHECKSUM) is False
    with pytest.raises(NotFoundError, match=CHECKSUM):
        folder.open_picture(CHECKSUM)


def test_a_sweep_erases_what_is_not_kept_and_what_was_left_half_written(folder: MediaFolder) -> None:
    other = folder.put(plain("PNG", colour=BLUE)).checksum
    folder.put(PICTURE)
    (folder.folder / CHECKSUM[:2] / "tmp123.part").write_bytes(b"half")
    (folder.folder / other[:2] / ("0" * 62 + ".thumb.webp")).write_bytes(b"no picture beside it")
    assert folder.sweep({CHECKSUM}) == 1
    assert list(folder.checksums()) == [CHECKSUM]
    assert files(folder) == [f"{CHECKSUM[:2]}/{CHECKSUM[2:]}{suffix}" for suffix in (".jpg", ".thumb.webp")]


def test_an_empty_folder_has_no_pictures(folder: MediaFolder) -> None:
    assert list(folder.checksums()) == []
    assert folder.sweep([]) == 0


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n", "\0" * 64])
def test_a_name_that_is_no_checksum_touches_no_file(folder: MediaFolder, name: str) -> None:
    for call in (folder.path, folder.thumbnail_path, folder.open_picture, folder.delete):
        with pytest.raises(InputError, match="not a picture's checksum"):
            call(name)


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_full_disk_leaves_nothing_behind(folder: MediaFolder, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    def no_space(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, failing, no_space)
        with pytest.raises(DiskFullError, match="is full"):
            folder.put(PICTURE)
    assert files(folder) == []
    assert folder.put(PICTURE).checksum == CHECKSUM


def test_a_picture_is_there_only_when_its_thumbnail_is(folder: MediaFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []
    replace = os.replace

    def recorded(source: str, target: Path) -> None:
        names.append(target.name)
        replace(source, target)

    monkeypatch.setattr(os, "replace", recorded)
    folder.put(PICTURE)
    assert names == [f"{CHECKSUM[2:]}.thumb.webp", f"{CHECKSUM[2:]}.jpg"]


def test_a_damaged_file_says_what_to_do(folder: MediaFolder) -> None:
    folder.put(PICTURE)
    folder.path(CHECKSUM).write_bytes(b"")
    with pytest.raises(NotReadyError, match="cannot be read"):
        folder.open_picture(CHECKSUM)


def test_a_query_picture_is_reduced_to_512_and_not_stored(folder: MediaFolder, workers: PictureWorkers) -> None:
    assert decode_query(plain("JPEG", size=(2000, 1000)), workers=workers).shape == (256, 512, 3)
    assert files(folder) == []


def test_a_query_picture_is_cut_to_its_crop(workers: PictureWorkers) -> None:
    content = encoded(left_red_right_blue(size=(400, 200)), "PNG")
    picture = decode_query(content, workers=workers, crop=parse_crop("0.5,0,0.5,1"))
    assert picture.shape == (200, 200, 3)
    assert np.array_equal(np.unique(picture.reshape(-1, 3), axis=0), [BLUE])


def test_a_crop_thinner_than_a_pixel_is_one_pixel(workers: PictureWorkers) -> None:
    assert decode_query(PICTURE, workers=workers, crop=(0.999, 0.999, 0.0001, 0.0001)).shape == (1, 1, 3)


def test_thirds_written_in_decimals_are_inside() -> None:
    assert parse_crop("0.667,0,0.334,1") == (0.667, 0.0, 0.334, 1.0)


def test_a_crop_that_reaches_a_little_over_the_edge_has_no_border(workers: PictureWorkers) -> None:
    picture = decode_query(PICTURE, workers=workers, crop=(0.9995, 0.667, 0.001, 0.334))
    assert np.array_equal(np.unique(picture.reshape(-1, 3), axis=0), [RED])


@pytest.mark.parametrize(
    "text",
    [
        *("", "0,0,1", "0,0,1,1,1", "a,b,c,d", "-0.1,0,0.5,0.5", "0,0,0,1", "0,0,1,-1", "0.6,0,0.5,1"),
        *("nan,0,1,1", "0,0,inf,1", "0,0,1,1e999"),
    ],
)
def test_a_crop_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not a part of the picture"):
        parse_crop(text)


def test_a_crop_given_as_numbers_is_checked_too(workers: PictureWorkers) -> None:
    with pytest.raises(InputError, match="is not a part of the picture"):
        decode_query(PICTURE, workers=workers, crop=(0.0, 0.0, 2.0, 1.0))


@pytest.mark.shared_data
def test_real_pictures_are_kept_and_recognised_again(shared_data: Path, folder: MediaFolder) -> None:
    sources = sorted((shared_data / "flipkart" / "images").glob("*.jpg"))[:50]
    assert sources
    for source, record in folder.put_many((source, source.read_bytes) for source in sources):
        assert isinstance(record, MediaRecord), record
        with Image.open(source) as image:
            original = np.asarray(image.convert("RGB")).astype(int)
        assert np.abs(folder.open_picture(record.checksum) - original).mean() < 3
