"""Tables that are read when first needed: read ahead, so that nobody waits for them."""

from __future__ import annotations

from collections.abc import Callable

from tonggan.understand.facts import Facts
from tonggan.understand.quantities.interpretations import read_interpretations
from tonggan.understand.retail_words import lexicon_rows, retail_words
from tonggan.understand.segmentation import segment
from tonggan.understand.spelling.pinyin import readings

TOUCHING_ALL = "sony 耳機 without leather, 不要塑料, under $50, 4 stars, 15.6 inch"
"""A query that every table is looked into for."""

_EVERY_FIELD = Facts(frozenset({"price", "rating"}), frozenset({"title", "brand"}), {"USD": 1})

_STEPS: tuple[Callable[[], object], ...] = (
    lexicon_rows,
    retail_words,
    lambda: segment(TOUCHING_ALL),
    lambda: read_interpretations(TOUCHING_ALL, known=lambda _: (), facts=_EVERY_FIELD),
    lambda: readings("耳机"),
)


def read_tables(*, is_stopped: Callable[[], bool] = lambda: False) -> None:
    """Read what understanding a first query would wait for, a second in all; between tables it may be stopped."""
    for step in _STEPS:
        if is_stopped():
            return
        step()
