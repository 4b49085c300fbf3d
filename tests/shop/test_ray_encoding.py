"""Rows made by Ray are the rows of this process, and only the driver touches the shop."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shop.tiny_base import base_pack, library_with, write_feed
from tonggan import Shop
from tonggan.encode import EncodeSettings
from tonggan.errors import MissingExtraError, NotReadyError
from tonggan.packs import MANIFEST, Pack
from tonggan.packs.library import PackLibrary
from tonggan.shop import ray_workers
from tonggan.shop.encoding import makers_of

pytest.importorskip("onnx", reason="onnx is not installed; it writes the tiny models")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ray", "ignore::FutureWarning:ray")
"""Ray warns of its own settings when it copies them."""

COUNT = 20

SMALLEST_STORE_BYTES = 80 << 20
"""Ray takes no smaller one."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> PackLibrary:
    folder = tmp_path_factory.mktemp("library")
    return library_with(folder / "packs", base_pack(folder / "made"))


@pytest.fixture(autouse=True)
def used(library: PackLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGGAN_PACKS", str(library.folder))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed shop that has learnt from itself alone."""
    place = tmp_path_factory.mktemp("ray-shop")
    with Shop.open(place / "shop") as shop:
        shop.ingest(write_feed(place / "feed", count=COUNT))
    return place / "shop"


@pytest.fixture(scope="module")
def local_ray() -> Iterator[Any]:
    """Ray on one processor of this machine."""
    ray = pytest.importorskip("ray", reason="ray is not installed; the extra 'ray' brings it")
    pytest.importorskip("ray.data", reason="ray is installed without its data part")
    ray.init(
        num_cpus=1,
        object_store_memory=SMALLEST_STORE_BYTES,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
    )
    yield ray
    ray.shutdown()


def test_rows_made_by_ray_are_those_of_this_process(local_ray: Any, folder: Path) -> None:
    with Shop.open(folder) as shop:
        lost = shop.get("p003").media[0].checksum
        shop.picture_path(lost).write_bytes(b"no picture")
        told: list[tuple[str, int]] = []
        report = shop.encode(
            pack="tiny", is_distributed=True, progress=lambda now: told.append((now.stage, now.bytes_total))
        )
        assert (report.encoded, report.unreadable) == ({"text": COUNT, "image": COUNT - 1}, 1)
        assert set(told) == {("encode", 2 * COUNT)}
        keeper, packs = shop.projection.rows, shop.projection.packs
        base = packs.base_named("tiny")
        assert base is not None
        (maker,) = [maker for maker in makers_of(base) if maker.space == "image"]
        checksum = shop.get("p007").media[0].checksum
        picture = keeper.picture(checksum)
        kept = shop.store.get_vectors(maker.fingerprint, [checksum])[checksum]
        np.testing.assert_allclose(kept, maker.encoder.encode_document([picture])[0], atol=1e-5)
        again = shop.encode(pack="tiny", is_distributed=True)
        assert again.encoded == {"text": 0, "image": 0}
        assert local_ray.is_initialized(), "it was not ours to stop"
        shop.use_pack("tiny")
        assert len(shop.search(per_page=50).hits) == COUNT


def test_an_encoder_is_opened_from_files_that_are_verified(library: PackLibrary) -> None:
    pack = library.find("tiny")
    encoder = ray_workers.encoder_from(sent(pack), "text", settings=EncodeSettings())
    assert encoder.encode_document(["red shirt"]).shape == (1, encoder.dim)
    forged = sent(pack) | {"text.onnx": b"forged"}
    with pytest.raises(NotReadyError, match=r"text\.onnx"):
        ray_workers.encoder_from(forged, "text", settings=EncodeSettings())


def sent(pack: Pack) -> dict[str, bytes]:
    return {name: (pack.folder / name).read_bytes() for name in (MANIFEST, *pack.files)}


def test_without_ray_the_extra_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with Shop.open(folder) as shop, pytest.raises(MissingExtraError, match=r"tonggan\[ray\]"):
        shop.encode(is_distributed=True)


def test_ray_is_told_to_report_to_nobody(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_USAGE_STATS_ENABLED", raising=False)
    monkeypatch.setitem(sys.modules, "ray", None)
    with Shop.open(folder) as shop, pytest.raises(MissingExtraError):
        shop.encode(is_distributed=True)
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
