"""What the picture checks cost: pictures kept a second, and a query's decode beside bare Pillow, as JSON.

`python benchmarks/media.py [--pictures N] [--size PIXELS] [--folder PICTURES]`; without a folder, pictures are drawn.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tonggan.catalogue.media import MediaFolder, MediaRecord, decode_query
from tonggan.catalogue.picture_workers import PictureWorkers

QUERIES = 200
"""Decodes timed; p99 is then the second slowest."""

PHOTO_SIZE = (2000, 1500)
"""A shopper's photograph; bare Pillow decodes it at the same reduced scale."""


def main() -> None:
    options = _options()
    contents = _from_folder(options.folder) if options.folder else _drawn(options.pictures, options.size)
    contents = contents[: options.pictures]
    with PictureWorkers(count=os.cpu_count() or 2) as workers, tempfile.TemporaryDirectory() as folder:
        workers.warm()
        decode_query(contents[0], workers=workers)
        media = MediaFolder(Path(folder), workers=workers)
        rows = [
            _imported("import_pictures", media, contents),
            _imported("import_pictures_again", media, contents),
            _queried("decode_query", workers, [contents[number % len(contents)] for number in range(QUERIES)]),
            _queried("decode_query_photo", workers, _drawn(8, *PHOTO_SIZE) * (QUERIES // 8)),
        ]
    print(json.dumps(rows, indent=2))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=600)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--folder", type=Path)
    return parser.parse_args()


def _imported(name: str, media: MediaFolder, contents: Sequence[bytes]) -> dict[str, object]:
    start = time.perf_counter()
    kept = sum(isinstance(result, MediaRecord) for _, result in media.put_many(enumerate(contents)))
    seconds = time.perf_counter() - start
    return {"name": name, "pictures": kept, "refused": len(contents) - kept, "per_second": round(kept / seconds, 1)}


def _queried(name: str, workers: PictureWorkers, contents: Sequence[bytes]) -> dict[str, object]:
    """Ours and bare Pillow by turns, so that both meet the same noise."""
    ours, bare = [], []
    for content in contents:
        ours.append(_milliseconds(lambda content=content: decode_query(content, workers=workers)))
        bare.append(_milliseconds(lambda content=content: _bare(content)))
    p50, p95, p99 = np.percentile(ours, [50, 95, 99])
    return {
        "name": name,
        "p50_ms": round(p50, 3),
        "p95_ms": round(p95, 3),
        "p99_ms": round(p99, 3),
        "bare_pillow_p50_ms": round(float(np.median(bare)), 3),
        "ratio_to_bare_pillow": round(p50 / float(np.median(bare)), 2),
    }


def _bare(content: bytes) -> None:
    with Image.open(io.BytesIO(content)) as image:
        image.draft("RGB", (512, 512))
        image.thumbnail((512, 512), Image.Resampling.LANCZOS, reducing_gap=None)
        np.array(image.convert("RGB"))


def _milliseconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def _from_folder(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()]


def _drawn(count: int, width: int, height: int | None = None) -> list[bytes]:
    """JPEGs of smooth colour with some grain, about as hard to code as product photographs."""
    random = np.random.default_rng(0)
    return [_photograph(random, (width, height or width)) for _ in range(count)]


def _photograph(random: np.random.Generator, size: tuple[int, int]) -> bytes:
    coarse = random.integers(0, 256, (12, 12, 3), dtype=np.uint8)
    pixels = np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC), dtype=np.int16)
    grain = random.integers(-6, 7, (*pixels.shape[:2], 1), dtype=np.int16)
    stream = io.BytesIO()
    Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8)).save(stream, "JPEG", quality=85)
    return stream.getvalue()


if __name__ == "__main__":
    main()
