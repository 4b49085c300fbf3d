"""One side of a comparison: a run of another system, another shop, this shop otherwise set, or a row of `evaluate`."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tonggan.cli.opening import is_shop, open_shop, require_free
from tonggan.cli.searches import ROWS, searches_as
from tonggan.errors import InputError, NotFoundError, unknown_name

if TYPE_CHECKING:
    from tonggan.evaluate import EvaluationQuery, Run, Search

SETTINGS_TABLES = ("retrieval", "rank")
"""Tables of shop.toml that a side may have its own way; others say what a shop holds, not how it is searched."""

SEARCH_TABLE = "search"

GIVEN_BY_QUERIES = ("q", "image", "like", "rating", "filter_by", "page", "per_page")
"""Parameters that the queries or the evaluation give; a side cannot."""


@dataclass(frozen=True, slots=True)
class Side:
    """What is searched and how; a `run` is searched by nobody."""

    name: str
    folder: Path
    run: Run | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    row: str = ""

    @contextmanager
    def searching(self, queries: Sequence[EvaluationQuery], tell: Callable[[], None]) -> Iterator[tuple[Search, int]]:
        """Give the search and how many products it searches, 0 for a run; `tell` is called after each answer."""
        if self.run is not None:
            run = self.run
            yield lambda query, depth: run.get(query.query_id, ())[:depth], 0
            return
        if self.settings:
            require_free(self.folder, action="A comparison of settings")
        with open_shop(self.folder, environ={**os.environ, **self.settings}) as shop:
            search = searches_as(shop, queries, parameters=self.parameters, row=self.row, tell=tell)
            yield search, shop.search({"per_page": 0})["found"]


def read_side(given: str, shop: Path) -> Side:
    """Tell what a side is: a TREC run, a shop's folder, a TOML file of settings, or a row of `evaluate`, in that order.

    NotFoundError lists what is accepted.
    """
    path = Path(given)
    if path.is_file() and path.suffix.lower() != ".toml":
        from tonggan.evaluate import read_run

        return Side(path.name, shop, run=read_run(path))
    if path.is_dir() and is_shop(path):
        return Side(given, path)
    if path.is_file():
        return _from_toml(path, shop)
    if given in ROWS:
        return Side(given, shop, row=given, parameters=ROWS[given].parameters)
    raise NotFoundError(
        f"'{given}' is no file of a run, no shop, and no TOML file of settings; {unknown_name('row', given, ROWS)}",
        remedy="Name one of these.",
    )


def _from_toml(path: Path, shop: Path) -> Side:
    tables = _read(path)
    for name in tables:
        if name not in (*SETTINGS_TABLES, SEARCH_TABLE):
            raise InputError(f"{path}: {unknown_name('table', name, (*SETTINGS_TABLES, SEARCH_TABLE))}")
    parameters = tables.get(SEARCH_TABLE, {})
    for name in parameters:
        if name in GIVEN_BY_QUERIES:
            raise InputError(f"{path} [{SEARCH_TABLE}]: {name} is given by the queries.", remedy="Leave it out.")
    settings = {
        f"TONGGAN_{table.upper()}__{name.upper()}": _as_text(value)
        for table in SETTINGS_TABLES
        for name, value in tables.get(table, {}).items()
    }
    if not parameters and not settings:
        known = ", ".join(f"[{name}]" for name in (*SETTINGS_TABLES, SEARCH_TABLE))
        raise InputError(f"{path} changes nothing.", remedy=f"Give it one of the tables {known}.")
    return Side(path.name, shop, parameters=parameters, settings=settings)


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not TOML: {error}.", remedy="Correct the line.") from error
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise InputError(f"{path}: {name} stands in no table.", remedy="Put it under [retrieval] or [search].")
    return tables
