"""`evaluate`: how good the shop's answers are, how sure that is, and what chance would give; `compare` beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonggan.cli.evaluate_compare import compare
from tonggan.cli.opening import OpenShop, Record, open_shop, open_store
from tonggan.cli.options import DEFAULT_SHOP, AsJson, Quiet, ShopFolder
from tonggan.cli.progress import Counter, counting
from tonggan.cli.screen import out, print_json, printable, remark, say
from tonggan.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from tonggan.evaluate import Comparison, EvaluationQuery, Qrels

FIGURES = ("mean", "low", "high", "random")
"""What `evaluate --json` has of each measure; others rely on these."""

Queries = Annotated[
    Path | None, typer.Option("--queries", help="CSV: query_id,text,image,like,rating,filter_by; required.")
]
Grades = Annotated[Path | None, typer.Option("--qrels", help="Grades: CSV, TREC, Quepid or OpenSearch; required.")]

app = typer.Typer(invoke_without_command=True)

app.command()(compare)


@app.callback()
def evaluate(
    context: typer.Context,
    queries: Queries = None,
    *,
    qrels: Grades = None,
    shop: ShopFolder = DEFAULT_SHOP,
    measures: Annotated[str, typer.Option(help="Such as nDCG@10,R@100,RR,P@5,AP.")] = "nDCG@10,R@100",
    depth: Annotated[int, typer.Option(help="How far measures without a cut-off look.")] = 100,
    run: Annotated[Path | None, typer.Option("--run", help="Write the merged rankings here, as TREC.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Search for judged queries, by each channel alone and merged, and measure the rankings.

    Each figure has its 95 % bootstrap interval, its gain over words alone, and the figure of a random order beside it.
    """
    from tonggan.evaluate import evaluation_table, read_queries, write_run
    from tonggan.evaluate.interchange import read_grades

    if context.invoked_subcommand is not None:
        return
    if queries is None or qrels is None:
        missing = "--queries" if queries is None else "--qrels"
        raise InputError(f"Missing option '{missing}'.", remedy="See tonggan evaluate --help.")
    for path in (queries, qrels):
        if not path.is_file():
            raise NotFoundError(f"There is no file {path}.", remedy="Check the path.")
    asking = read_queries(queries)
    graded = read_grades(qrels, asking.queries)
    with open_shop(shop) as opened, counting("searching", unit="searches", is_quiet=quiet or as_json) as counter:
        trial = Trial(asking.queries, graded.qrels, measures, depth, counter)
        found = trial.compare(opened, folder=shop)
    if run is not None:
        write_run(run, found.rows[-1].run)
    if as_json:
        print_json(comparison_record(found))
        return
    out().print(evaluation_table(found.rows))
    if not quiet:
        say(f"{found.rows[-1].queries:,} of {len(asking.queries):,} queries count.")
        _remark_ignored({queries: asking.ignored, qrels: graded.ignored})


@dataclass(frozen=True, slots=True)
class Trial:
    """What an evaluation is asked; `measures` as typed, with commas."""

    queries: Sequence[EvaluationQuery]
    qrels: Qrels
    measures: str
    depth: int
    counter: Counter | None = None

    def compare(self, shop: OpenShop, *, folder: Path) -> Comparison:
        """Run every search; channels that this shop does not have are left out."""
        from tonggan.cli.searches import searches_of
        from tonggan.evaluate import evaluate_rows, parse_measures

        done = count()
        searches = searches_of(shop, self.queries, tell=lambda: self._tell(next(done) + 1, len(searches)))
        found = evaluate_rows(
            searches,
            self.queries,
            self.qrels,
            measures=parse_measures(self.measures),
            depth=self.depth,
            product_count=shop.search({"per_page": 0})["found"],
            product_ids=self._present(folder),
        )
        return type(found)((*(row for row in found.rows[:-1] if any(row.run.values())), found.rows[-1]))

    def _present(self, folder: Path) -> frozenset[str]:
        """The graded products that the catalogue has."""
        graded = sorted({product_id for grades in self.qrels.values() for product_id in grades})
        with open_store(folder) as store:
            return frozenset(product.id for product in store.get(graded))

    def _tell(self, done: int, rows: int) -> None:
        if self.counter is not None:
            self.counter(done, rows * len(self.queries))


def comparison_record(found: Comparison) -> Record:
    """Return what `evaluate --json` prints: the figures of the merged row, and all rows under `rows`."""
    record = found.as_json()
    measures = {name: {figure: each[figure] for figure in FIGURES} for name, each in record["measures"].items()}
    return {
        "queries": record["queries"],
        "measures": measures,
        "formula": record["formula"],
        "rows": record["rows"],
    }


def _remark_ignored(columns: Mapping[Path, Sequence[str]]) -> None:
    for path, ignored in columns.items():
        if ignored:
            remark(f"{path}: columns that mean nothing here: {', '.join(map(printable, ignored))}.")
