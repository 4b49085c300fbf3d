"""The demo shop: products in Chinese and English with drawn pictures, written as a feed like any other.

Kinds, colours, materials, brands and sentences are data (`words/`), read by `vocabulary.py`; `products.py` makes the
products, `draw/` their pictures, `feed.py` the feed, `judgments.py` judged queries, `samples.py` feeds of four vendors.
It imports nothing but the kernel, so that it meets the importer as a stranger would.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def write_demo_feed(folder: Path, *, seed: int = 0, progress: Callable[[int, int], None] | None = None) -> Path:
    """Write products, pictures, reviews and judged queries into a folder and return the path of `products.jsonl`.

    `progress` is told how many of how many pictures are drawn. The same seed writes the same products.
    """
    from tonggan.demo.feed import write_feed

    return write_feed(Path(folder), seed=seed, progress=progress)


def write_sample_feeds(folder: Path, *, seed: int = 0) -> list[Path]:
    """Write about twenty demo products as a Shopify CSV, a Google TSV, a Taobao CSV and JSON-LD; return their paths."""
    from tonggan.demo.samples import write_samples

    return write_samples(Path(folder), seed=seed)
