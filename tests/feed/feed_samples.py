"""Small hand-written feeds, as each source of the table writes them."""

from __future__ import annotations

from pathlib import Path

from tonggan.feed import open_feed
from tonggan.records import Offer, Refusal

FOLDER = Path(__file__).parent / "samples"


def read(name: str) -> str:
    """Return a sample, line ends as they are."""
    return (FOLDER / name).read_bytes().decode("utf-8")


def save(folder: Path, name: str, text: str, *, encoding: str = "utf-8") -> Path:
    """Write a sample without touching its line ends."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def offers_of(source: object) -> list[Offer]:
    """Return what a source offers, where nothing is refused."""
    rows = list(open_feed(source).offers())
    assert [row for row in rows if isinstance(row, Refusal)] == []
    return [row for row in rows if isinstance(row, Offer)]


def both_of(source: object) -> tuple[list[Offer], list[Refusal]]:
    """Return offers and refusals of a source."""
    rows = list(open_feed(source).offers())
    return [row for row in rows if isinstance(row, Offer)], [row for row in rows if isinstance(row, Refusal)]
