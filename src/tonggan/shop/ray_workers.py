"""Encodes on every machine of a Ray cluster, or on every core of this one where there is no cluster.

Only the driver touches the shop: it sends the bytes of pictures and texts, and the files of the pack once, and keeps
the rows that come back. The other machines need Tonggan and Ray installed, and no disk in common.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from tonggan.catalogue.media import kept_pixels
from tonggan.encode import Encoder, EncodeSettings, open_encoder
from tonggan.errors import MissingExtraError, NotFoundError, NotReadyError
from tonggan.packs import MANIFEST, Pack
from tonggan.packs.folder import read_pack
from tonggan.shop.encoding import RowMaker
from tonggan.shop.rows import PICTURE_SIDE, ROWS_AT_ONCE, RowKeeper

CHUNK = 4_096
"""Items sent out together, for which each actor opens its encoder once: pictures of 100 kB are 400 MB."""

TELL_NOBODY = {"RAY_USAGE_STATS_ENABLED": "0"}
"""Ray reports its use to its makers unless told otherwise."""


@contextmanager
def ray_workers(rows: RowKeeper, *, settings: EncodeSettings) -> Iterator[RayWorkers]:
    """Give the cluster that RAY_ADDRESS names, Ray as it runs here already, or one of this machine for the block.

    Raises MissingExtraError where Ray is not installed.
    """
    for name, value in TELL_NOBODY.items():
        os.environ.setdefault(name, value)
    ray = _require_ray()
    with ExitStack() as stack:
        if not ray.is_initialized():
            ray.init(include_dashboard=False, log_to_driver=False, logging_level="ERROR")
            stack.callback(ray.shutdown)
        ray.data.DataContext.get_current().enable_progress_bars = False
        yield RayWorkers(ray, rows, settings=settings)


class RayWorkers:
    """Hands items to actors of Ray Data."""

    items_at_once = CHUNK

    def __init__(self, ray: Any, rows: RowKeeper, *, settings: EncodeSettings) -> None:
        is_on_cpu = settings.device == "cpu"
        self._ray = ray
        self._rows = rows
        self._settings = replace(settings, threads=settings.threads or 1) if is_on_cpu else settings
        self._needs = {"num_cpus": self._settings.threads} if is_on_cpu else {"num_gpus": 1}
        kind, share = ("CPU", self._settings.threads) if is_on_cpu else ("GPU", 1)
        self._actors = max(1, int(ray.cluster_resources().get(kind, 1) // share))
        self._sent: dict[str, Any] = {}

    def rows(self, maker: RowMaker, items: Mapping[str, str]) -> Iterator[Mapping[str, np.ndarray]]:
        data = self._ray.data
        encoded = data.from_items(list(self._packed(maker, items))).map_batches(
            RemoteEncoder,
            fn_constructor_args=(self._files(maker.pack), maker.space, self._settings),
            batch_size=ROWS_AT_ONCE,
            compute=data.ActorPoolStrategy(min_size=1, max_size=self._actors),
            **self._needs,
        )
        for batch in encoded.iter_batches(batch_size=ROWS_AT_ONCE, batch_format="numpy"):
            yield dict(zip(map(str, batch["key"]), np.stack(batch["row"]).astype(np.float32), strict=True))

    def _packed(self, maker: RowMaker, items: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        for key, item in items.items():
            if maker.space != "image":
                yield {"key": key, "content": item.encode("utf-8", "surrogatepass")}
                continue
            with suppress(NotFoundError, OSError):  # A lost file costs its product the picture, and no more.
                yield {"key": key, "content": self._rows.kept_bytes(item)}

    def _files(self, pack: Pack) -> Any:
        """Send the files of a pack to where every actor finds them, once."""
        if pack.fingerprint not in self._sent:
            names = (MANIFEST, *pack.files)
            self._sent[pack.fingerprint] = self._ray.put({name: (pack.folder / name).read_bytes() for name in names})
        return self._sent[pack.fingerprint]


class RemoteEncoder:
    """One encoder on one machine, opened from the files of its pack, which are verified there."""

    def __init__(self, files: Any, space: str, settings: EncodeSettings) -> None:
        self._space = space
        self._encoder = encoder_from(_require_ray().get(files), space, settings=settings)

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return keys and rows of what can be read."""
        given = zip(batch["key"], batch["content"], strict=True)
        read = {key: _item(self._space, bytes(content)) for key, content in given}
        readable = {key: item for key, item in read.items() if item is not None}
        return {"key": np.array([*readable], object), "row": self._encoder.encode_document(list(readable.values()))}


def encoder_from(files: Mapping[str, bytes], space: str, *, settings: EncodeSettings) -> Encoder:
    """Return the encoder of a space from the files of a pack; NotReadyError where they are not what they claim."""
    with TemporaryDirectory(prefix="tonggan-pack-") as folder:
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        return open_encoder(read_pack(Path(folder)), space, settings=settings)


def _item(space: str, content: bytes) -> Any:
    if space != "image":
        return content.decode("utf-8", "surrogatepass")
    try:
        return kept_pixels(BytesIO(content), long_side=PICTURE_SIDE)
    except NotReadyError:
        return None


def _require_ray() -> Any:
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise MissingExtraError(
            "Ray is not installed; it spreads encoding over machines.", remedy='pip install "tonggan[ray]"'
        ) from error
    return ray
