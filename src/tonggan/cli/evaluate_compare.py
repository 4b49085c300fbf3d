"""`evaluate compare`: two searches side by side on the same judged queries, for people, programs and as a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonggan.cli.opening import is_shop, open_store
from tonggan.cli.options import DEFAULT_SHOP, AsJson, Quiet, ShopFolder
from tonggan.cli.progress import Counter, counting
from tonggan.cli.screen import out, print_json, printable, remark, say, table
from tonggan.cli.sides import Side, read_side
from tonggan.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from tonggan.evaluate import Evaluation, EvaluationQuery, Measure, Qrels
    from tonggan.evaluate.compare import MeasureDifference, QueryDifference, SideBySide

SHOWN_QUERIES = 5
"""Queries that won, and as many that lost, on the screen."""

JSON_QUERIES = 50
"""The same in JSON."""

LOOKED_UP = 500
"""Products whose titles are fetched at once for the page."""


def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="TREC run, folder of a shop, TOML settings, or a name.")],
    second: Annotated[str, typer.Argument(metavar="B", help="The same, to be compared with A.")],
    *,
    queries: Annotated[Path, typer.Option("--queries", help="CSV: query_id,text,image,like,rating,filter_by.")],
    qrels: Annotated[Path, typer.Option("--qrels", help="Grades: CSV, TREC, Quepid or OpenSearch.")],
    shop: ShopFolder = DEFAULT_SHOP,
    measures: Annotated[str, typer.Option(help="Such as nDCG@10,RR; the first says which queries won.")] = "",
    depth: Annotated[int, typer.Option(help="How far measures without a cut-off look.")] = 100,
    seed: Annotated[int, typer.Option(help="The same seed gives the same intervals.")] = 0,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page with plots here.", metavar="FILE")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare two searches: settings, shops, rows of `evaluate`, or runs of other systems.

    A TOML file has a [retrieval] or [rank] table as shop.toml has, or a [search] table of search parameters, such as
    merge = "rrf". Names are those of the rows of `evaluate`: words, text, rrf, merged.
    """
    from tonggan.evaluate import parse_measures, read_queries
    from tonggan.evaluate.compare import standard_measures
    from tonggan.evaluate.interchange import read_grades

    asking = read_queries(_existing(queries)).queries
    graded = read_grades(_existing(qrels), asking).qrels
    asked = parse_measures(measures) if measures else standard_measures(graded)
    trial = Duel(asking, graded, asked, depth=depth, seed=seed)
    with counting("searching", unit="searches", is_quiet=quiet or as_json) as counter:
        found = trial.fight(_told_apart(read_side(first, shop), read_side(second, shop)), counter)
    if html is not None:
        _write_page(html, found, shop)
    if as_json:
        print_json(found.as_json(most=JSON_QUERIES))
        return
    _print(found, is_quiet=quiet)
    if html is not None and not quiet:
        remark(f"The page is in {html}.")


@dataclass(frozen=True, slots=True)
class Duel:
    """What two sides are asked."""

    queries: Sequence[EvaluationQuery]
    qrels: Qrels
    measures: Sequence[Measure]
    depth: int
    seed: int

    def fight(self, sides: tuple[Side, Side], counter: Counter | None = None) -> SideBySide:
        """Evaluate one side after the other, since both may want the same shop."""
        from tonggan.evaluate.compare import side_by_side

        done, total = count(1), sum(side.run is None for side in sides) * len(self.queries)

        def tell() -> None:
            if counter is not None:
                counter(next(done), total)

        found = [self._evaluated(side, tell) for side in sides]
        products = max(each.product_count for each in found) or self._named(sides)
        first, second = (each if each.product_count else self._over(each, products) for each in found)
        return side_by_side(first, second, self.queries, seed=self.seed)

    def _evaluated(self, side: Side, tell: Callable[[], None]) -> Evaluation:
        with side.searching(self.queries, tell) as (search, products):
            return self._measured(search, name=side.name, products=products)

    def _over(self, found: Evaluation, products: int) -> Evaluation:
        """The same run with chance in a catalogue of so many products."""
        return self._measured(lambda query, _: found.run[query.query_id], name=found.name, products=products)

    def _measured(self, search: Callable[..., Sequence[str]], *, name: str, products: int) -> Evaluation:
        from tonggan.evaluate import evaluate

        found = evaluate(
            search,
            self.queries,
            self.qrels,
            measures=self.measures,
            product_count=products,
            depth=self.depth,
            name=name,
            seed=self.seed,
        )
        return replace(found, product_count=products)

    def _named(self, sides: Sequence[Side]) -> int:
        """How many products two runs and the grades name: all that is known of a catalogue without a shop."""
        ranked = {product_id for side in sides for ranking in (side.run or {}).values() for product_id in ranking}
        return len(ranked.union(*self.qrels.values()))


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise NotFoundError(f"There is no file {path}.", remedy="Check the path.")
    return path


def _told_apart(first: Side, second: Side) -> tuple[Side, Side]:
    if first == second:
        raise InputError(f"A and B are both {first.name}.", remedy="Name two different searches.")
    if first.name != second.name:
        return first, second
    return replace(first, name=f"{first.name} (A)"), replace(second, name=f"{second.name} (B)")


def _write_page(path: Path, found: SideBySide, shop: Path) -> None:
    from tonggan.evaluate.html_report import LISTED, comparison_page

    shown = [*found.won[:LISTED], *found.lost[:LISTED]]
    ids = dict.fromkeys(product_id for each in shown for product_id in (*each.first_top, *each.second_top))
    try:
        path.write_text(comparison_page(found, titles=_titles(list(ids), shop)), encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror or error}.", remedy="Name another file."
        ) from error


def _titles(product_ids: Sequence[str], shop: Path) -> dict[str, str]:
    """Titles of those products that the shop has; none without a shop, as when two runs are compared."""
    if not is_shop(shop):
        return {}
    with open_store(shop) as store:
        parts = [product_ids[start : start + LOOKED_UP] for start in range(0, len(product_ids), LOOKED_UP)]
        return {product.id: product.title for part in parts for product in store.get(part)}


def _print(found: SideBySide, *, is_quiet: bool) -> None:
    numeric = ("A", "B", "B - A", "95 %", "p", "won", "lost", "tied", "chance")
    shown = table("measure", *numeric, numeric=numeric)
    for each in found.measures:
        shown.add_row(*_cells(each))
    out().print(shown)
    say(printable(f"A: {found.first.name}. B: {found.second.name}. {found.verdict}"))
    for heading, queries in (("won most with B", found.won), ("lost most with B", found.lost)):
        if queries:
            out().print(_query_table(heading, queries[:SHOWN_QUERIES]))
    if not is_quiet:
        for line in _notes(found):
            say(line)


def _cells(each: MeasureDifference) -> list[str]:
    gain, ends = each.difference, each.outcomes
    return [
        each.measure.name,
        f"{each.first.mean:.4f} ({each.first.low:.3f}..{each.first.high:.3f})",
        f"{each.second.mean:.4f} ({each.second.low:.3f}..{each.second.high:.3f})",
        f"{gain.mean:+.4f}",
        f"{gain.low:+.4f}..{gain.high:+.4f}",
        f"{gain.p_value:.4f}",
        *(str(ends[name]) for name in ("wins", "losses", "ties")),
        f"{each.first.random:.4f}",
    ]


def _query_table(heading: str, queries: Sequence[QueryDifference]) -> object:
    shown = table(heading, "A", "B", "B - A", "first of A", "first of B", numeric=("A", "B", "B - A"))
    for each in queries:
        tops = (", ".join(map(printable, top[:3])) or "nothing" for top in (each.first_top, each.second_top))
        values = f"{each.first:.3f}", f"{each.second:.3f}", f"{each.gain:+.3f}"
        shown.add_row(printable(each.text or each.query_id), *values, *tops)
    return shown


def _notes(found: SideBySide) -> Iterator[str]:
    for each in found.measures:
        yield f"{each.measure.name}: {each.measure.formula}."
    yield "95 %: percentile bootstrap of the paired differences; p: two-sided permutation test of them."
    yield f"chance: the expected figure of a random order of the {found.first.product_count} products."
