"""Values of JSON, checked: what a rule or synonym says in each field, or an error that names both."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from tonggan.errors import InputError, unknown_name
from tonggan.understand.filters import parse_filter, parse_sort

LONGEST_ID = 255
"""Characters of an id or a tag."""

LONGEST_TEXT = 2_000
"""Characters of any other text: a banner's paragraph, a link, a long filter."""

LARGEST_OBJECT = 20_000
"""Characters of JSON that a rule may carry for others, such as metadata."""

MOST_ITEMS = 1_000
"""Pins, products, boosts, tags or values in one list."""

SHOWN = 60
"""Characters of a wrong value that an error repeats."""


class Fields:
    """The fields of one JSON object; whoever has read all of them calls `finish`, which refuses the others.

    `owner` is how errors call it: `Rule 'sale'`.
    """

    def __init__(self, record: Any, owner: str) -> None:
        if not isinstance(record, Mapping):
            raise InputError(f"{owner} is {shown(record)}, no object.", remedy="Write it as a JSON object.")
        self.owner = owner
        self._record = record
        self._read: list[str] = []

    def __contains__(self, name: str) -> bool:
        return self._record.get(name) is not None

    def raw(self, name: str) -> Any:
        """The value as it came; none where it is missing."""
        self._read.append(name)
        return self._record.get(name)

    def text(self, name: str, *, most: int = LONGEST_TEXT, is_needed: bool = False) -> str:
        """One line of text; empty where it is missing."""
        value = self.raw(name)
        if value is None and not is_needed:
            return ""
        return self._text(name, value, most=most, is_needed=is_needed)

    def texts(self, name: str, *, most: int = LONGEST_ID) -> tuple[str, ...]:
        """A list of texts, each once."""
        values = [self._text(name, value, most=most, is_needed=True) for value in self.items(name)]
        return tuple(dict.fromkeys(values))

    def items(self, name: str) -> Sequence[Any]:
        """A list."""
        value = self.raw(name)
        if value is None:
            return []
        if not isinstance(value, list | tuple) or len(value) > MOST_ITEMS:
            raise self.wrong(name, value, f"a list of at most {MOST_ITEMS:,} items")
        return value

    def choice(self, name: str, known: Sequence[str], *, default: str) -> str:
        """One of some names."""
        value = self.raw(name)
        if value is None:
            return default
        if value not in known:
            raise InputError(f"{self.owner}, {name}: {unknown_name(name, shown(value, quoted=False), known)}")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """True or false."""
        value = self.raw(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.wrong(name, value, "true or false")
        return value

    def whole(self, name: str, *, low: int, high: int, default: int | None = None) -> int:
        """A whole number in a range; needed where there is no default."""
        value = self.raw(name)
        if value is None and default is not None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.wrong(name, value, f"a whole number from {low:,} to {high:,}")
        return value

    def number(self, name: str, *, low: float, high: float) -> float:
        """A number in a range."""
        value = self.raw(name)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not low <= value <= high:  # NaN is in no range.
            raise self.wrong(name, value, f"a number from {low:g} to {high:g}")
        return float(value)

    def filter(self, name: str) -> str:
        """A filter in Typesense's grammar, as it was written."""
        return self._parsed(name, parse_filter)

    def sort(self, name: str) -> str:
        """Sort keys, as they were written."""
        return self._parsed(name, parse_sort)

    def time(self, name: str) -> datetime | None:
        """A moment with a time zone."""
        value = self.raw(name)
        if value is None or value == "":
            return None
        accepted = "a date and time with a time zone, such as 2026-11-27T00:00:00+01:00"
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise self.wrong(name, value, accepted) from None
        if moment.tzinfo is None:
            raise self.wrong(name, value, accepted)
        return moment

    def link(self, name: str, *, accepts_path: bool = True) -> str:
        """An https address, or a path of the shop's own site."""
        value = self.text(name)
        if value and not (_is_https(value) or (accepts_path and _is_path(value))):
            raise self.wrong(name, value, "an https:// address" + (" or a path such as /sale" if accepts_path else ""))
        return value

    def json(self, name: str) -> dict[str, Any]:
        """An object of any content that can be kept and sent."""
        value = self.raw(name)
        accepted = f"an object of JSON of at most {LARGEST_OBJECT:,} characters"
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False)
            text.encode()
        except (ValueError, TypeError, RecursionError):
            raise InputError(f"{self.owner}, {name} is not {accepted}.") from None
        if value is not None and (not isinstance(value, Mapping) or len(text) > LARGEST_OBJECT):
            raise self.wrong(name, value, accepted)
        return dict(value or {})

    def inner(self, name: str) -> Fields:
        """The fields of an object within this one; a missing one has none."""
        value = self.raw(name)
        return Fields({} if value is None else value, f"{self.owner}, {name}")

    def names(self) -> list[str]:
        """The names that the object itself chose, checked: languages, fields of the index."""
        for name in self._record:
            if not isinstance(name, str) or len(name) > LONGEST_ID or not is_clean(name):
                raise InputError(f"{self.owner}: {shown(name)} is no name.", remedy="Use a short printable text.")
        if len(self._record) > MOST_ITEMS:
            raise InputError(f"{self.owner} has {len(self._record):,} fields; at most {MOST_ITEMS:,} are kept.")
        return list(self._record)

    def finish(self) -> None:
        """Raise InputError for the first field that nobody has read."""
        for name in self._record:
            if name not in self._read:
                raise InputError(f"{self.owner}: {unknown_name('field', shown(name, quoted=False), self._read)}")

    def wrong(self, name: str, value: Any, accepted: str) -> InputError:
        """The error of a value that is not what a field accepts."""
        return InputError(f"{self.owner}, {name}: {shown(value)} is not {accepted}.")

    def _text(self, name: str, value: Any, *, most: int, is_needed: bool) -> str:
        if not isinstance(value, str):
            raise self.wrong(name, value, "text")
        if len(value) > most:
            raise self.wrong(name, value, f"a text of at most {most:,} characters; it has {len(value):,}")
        if not is_clean(value):
            raise self.wrong(name, value, "text without control characters")
        if is_needed and not value.strip():
            raise self.wrong(name, value, "a text with something in it")
        return value.strip()

    def _parsed(self, name: str, parse: Any) -> str:
        value = self.text(name)
        try:
            parse(value)
        except InputError as error:
            raise InputError(f"{self.owner}, {name}: {error.message}", remedy=error.remedy) from None
        return value


def is_clean(text: str) -> bool:
    """Whether a text holds no control characters, bidirectional overrides or halves of characters."""
    return all(mark.isprintable() or mark in "\u200c\u200d\u3000\u00a0" for mark in text)


def shown(value: Any, *, quoted: bool = True) -> str:
    """A value as an error repeats it: printable, and cut where it is long."""
    text = repr(value) if quoted or not isinstance(value, str) else repr(value)[1:-1]
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def refuse_repeats(ids: Iterable[str], *, kind: str) -> None:
    """Raise InputError for an id that comes twice."""
    seen: set[str] = set()
    for name in ids:
        if name in seen:
            raise InputError(f"There are two {kind} with the id {shown(name)}.", remedy="Give each an id of its own.")
        seen.add(name)


def _is_https(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme == "https" and bool(parts.hostname) and parts.username is None and " " not in value
    except ValueError:
        return False


def _is_path(value: str) -> bool:
    """Whether a link stays on the shop's site: `//host` and `/\\host` do not."""
    return value.startswith("/") and not value.startswith(("//", "/\\")) and " " not in value
