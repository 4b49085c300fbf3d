"""A feed reads pictures from its own folder and from nowhere else."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from catalogue.picture_files import plain
from tonggan.catalogue.fetch import FetchLimits, read_source
from tonggan.errors import InputError

PICTURE = plain("JPEG")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A feed's folder `feed` with a picture, beside a secret that is none of the feed's business."""
    inside = tmp_path / "feed"
    (inside / "图片").mkdir(parents=True)
    (inside / "图片" / "红 鞋.jpg").write_bytes(PICTURE)
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (tmp_path / "feed-other").mkdir()
    (tmp_path / "feed-other" / "secret.jpg").write_bytes(b"secret")
    return inside


@pytest.mark.parametrize("source", ["图片/红 鞋.jpg", "./图片/红 鞋.jpg", " 图片/红 鞋.jpg ", "图片/../图片/红 鞋.jpg"])
def test_a_path_below_the_feeds_folder_is_read(folder: Path, source: str) -> None:
    assert read_source(source, folder=folder) == PICTURE


def test_an_absolute_path_below_the_feeds_folder_is_read(folder: Path) -> None:
    assert read_source(str(folder / "图片" / "红 鞋.jpg"), folder=folder) == PICTURE


@pytest.mark.parametrize(
    "source",
    [
        "../secret.jpg",
        "图片/../../secret.jpg",
        "/etc/passwd",
        "../feed-other/secret.jpg",
        "..",
        "/",
        "图片/../../../../etc/passwd",
    ],
)
def test_a_path_out_of_the_feeds_folder_is_refused(folder: Path, source: str) -> None:
    with pytest.raises(InputError, match="leads out of the feed's folder"):
        read_source(source, folder=folder)


def test_links_are_followed_before_the_check(folder: Path) -> None:
    (folder / "link.jpg").symlink_to(folder.parent / "secret.jpg")
    (folder / "elsewhere").symlink_to(folder.parent)
    (folder / "fine.jpg").symlink_to(folder / "图片" / "红 鞋.jpg")
    for source in ("link.jpg", "elsewhere/secret.jpg"):
        with pytest.raises(InputError, match="leads out of the feed's folder"):
            read_source(source, folder=folder)
    assert read_source("fine.jpg", folder=folder) == PICTURE


def test_a_feeds_folder_may_itself_be_reached_by_a_link(folder: Path) -> None:
    alias = folder.parent / "alias"
    alias.symlink_to(folder)
    assert read_source("图片/红 鞋.jpg", folder=alias) == PICTURE
    assert read_source(str(alias / "图片" / "红 鞋.jpg"), folder=alias) == PICTURE


def test_a_loop_of_links_is_refused(folder: Path) -> None:
    (folder / "a.jpg").symlink_to(folder / "b.jpg")
    (folder / "b.jpg").symlink_to(folder / "a.jpg")
    with pytest.raises(InputError, match="cannot be read"):
        read_source("a.jpg", folder=folder)


def test_folders_pipes_and_missing_files_are_refused_without_waiting(folder: Path) -> None:
    os.mkfifo(folder / "pipe.jpg")
    for source, reason in {"图片": "is not a file", "pipe.jpg": "is not a file", "none.jpg": "No such file"}.items():
        with pytest.raises(InputError, match=reason):
            read_source(source, folder=folder)


@pytest.mark.parametrize("source", ["", "   ", "a\0b.jpg", "a\nb.jpg", "http://shop.test/\r\nHost: other"])
def test_nothing_and_control_characters_are_refused(folder: Path, source: str) -> None:
    with pytest.raises(InputError, match="is empty or has control characters"):
        read_source(source, folder=folder)


def test_a_name_too_long_for_the_system_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_source("a" * 5000, folder=folder)


def test_a_file_beyond_the_cap_is_refused(folder: Path) -> None:
    limits = FetchLimits(source_bytes=len(PICTURE) - 1)
    with pytest.raises(InputError, match="more than"):
        read_source("图片/红 鞋.jpg", folder=folder, limits=limits)


@pytest.mark.parametrize("source", ["photo.jpg", "/etc/passwd", "../x"])
def test_a_feed_that_is_no_file_reads_no_file(source: str) -> None:
    with pytest.raises(InputError, match="this feed is not a file"):
        read_source(source, folder=None)


@pytest.mark.parametrize(
    "source", ["file:///etc/passwd", "FILE:/etc/passwd", "ftp://host/x.jpg", "gopher://host/", "javascript:alert(1)"]
)
def test_other_schemes_are_refused(folder: Path, source: str) -> None:
    with pytest.raises(InputError, match="is not fetched"):
        read_source(source, folder=folder)


def test_a_data_uri_is_decoded() -> None:
    assert read_source("data:image/jpeg;base64," + base64.b64encode(PICTURE).decode(), folder=None) == PICTURE


def test_a_data_uri_beyond_the_cap_is_refused_and_not_repeated() -> None:
    uri = "data:image/jpeg;base64," + "A" * 4000
    with pytest.raises(InputError) as refusal:
        read_source(uri, folder=None, limits=FetchLimits(source_bytes=1000))
    assert "more than 1000 bytes" in refusal.value.message
    assert len(refusal.value.message) < 300


@pytest.mark.parametrize("source", ["data:image/svg+xml,<svg/>", "data:image/png;base64,!!!", "data:", "data:;base64"])
def test_a_data_uri_that_is_not_base64_is_refused(source: str) -> None:
    with pytest.raises(InputError, match="is not base64 data"):
        read_source(source, folder=None)
