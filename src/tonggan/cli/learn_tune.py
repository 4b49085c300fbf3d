"""`learn tune`: settings of retrieval fitted to judged queries, kept only where unseen queries say so."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonggan.cli.opening import open_shop, require_free, require_shop
from tonggan.cli.options import DEFAULT_SHOP, AsJson, Quiet, ShopFolder
from tonggan.cli.progress import counting
from tonggan.cli.screen import out, print_json, say, table
from tonggan.errors import NotFoundError

if TYPE_CHECKING:
    from tonggan.evaluate import EvaluationQuery, Measure, Qrels
    from tonggan.learn.tune import Tuning


def tune(
    queries: Annotated[Path, typer.Option("--queries", help="CSV: query_id,text,image,like,rating,filter_by.")],
    qrels: Annotated[Path, typer.Option("--qrels", help="Grades: CSV, TREC, Quepid or OpenSearch.")],
    *,
    shop: ShopFolder = DEFAULT_SHOP,
    measure: Annotated[str, typer.Option(help="What is to rise.")] = "nDCG@10",
    trials: Annotated[int, typer.Option(help="Settings that are tried.")] = 40,
    seed: Annotated[int, typer.Option(help="The same seed gives the same halves and settings.")] = 0,
    apply: Annotated[bool, typer.Option("--apply", help="Write them to shop.toml if the gain is sure.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fit the weights and thresholds of retrieval to half of the judged queries and check them on the other half.

    Nothing is written unless the gain on the other half is sure and --apply is given.
    """
    from tonggan.evaluate import parse_measure, read_queries
    from tonggan.evaluate.interchange import read_grades
    from tonggan.learn.tune import tune as tune_settings
    from tonggan.learn.tune import write_settings
    from tonggan.shop.layout import Layout

    require_shop(shop)
    require_free(shop, action="learn tune")
    for path in (queries, qrels):
        if not path.is_file():
            raise NotFoundError(f"There is no file {path}.", remedy="Check the path.")
    asking = read_queries(queries).queries
    trial = Trial(shop, read_grades(qrels, asking).qrels, parse_measure(measure))
    judged = trial.judged(asking)
    with counting("tuning", unit="trials", is_quiet=quiet or as_json) as counter:
        found = tune_settings(trial, judged, present=trial.present(), trials=trials, seed=seed, tell=counter)
    is_applied = apply and found.is_better
    if is_applied:
        write_settings(Layout(shop).settings, found.chosen)
    if as_json:
        print_json({"measure": measure, **found.as_json(), "applied": is_applied})
        return
    _print(found, measure=measure)
    say(found.verdict)
    if not quiet:
        say(_next_step(found, is_applied=is_applied, shop=shop))


class Trial:
    """Measures a shop's queries under changed settings."""

    def __init__(self, shop: Path, qrels: Qrels, measure: Measure) -> None:
        self._shop = shop
        self._qrels = qrels
        self._measure = measure

    def judged(self, queries: Sequence[EvaluationQuery]) -> list[EvaluationQuery]:
        """The queries that the measure is defined for."""
        from tonggan.evaluate.measures import grade_ranking, score

        graded = [query for query in queries if query.query_id in self._qrels]
        values = {each.query_id: score(self._measure, grade_ranking((), self._qrels[each.query_id])) for each in graded}
        return [query for query in graded if values[query.query_id] == values[query.query_id]]

    def present(self) -> dict[str, float]:
        """The settings as they are now."""
        from tonggan.learn.tune import RANGES
        from tonggan.retrieve import RetrievalSettings
        from tonggan.settings import read_settings
        from tonggan.shop.layout import Layout

        path = Layout(self._shop).settings
        settings = read_settings(RetrievalSettings, path, section="retrieval", environ=os.environ)
        return {name: getattr(settings, name) for name in RANGES}

    def __call__(self, settings: Mapping[str, float], queries: Sequence[EvaluationQuery]) -> Mapping[str, float]:
        """The measure of each query: the shop is opened with the settings, as the environment gives them."""
        from tonggan.cli.searches import searches_as
        from tonggan.evaluate import evaluate

        changed = {f"TONGGAN_RETRIEVAL__{name.upper()}": str(value) for name, value in settings.items()}
        with open_shop(self._shop, environ={**os.environ, **changed}) as opened:
            search = searches_as(opened, queries, parameters={})
            found = evaluate(search, queries, self._qrels, measures=[self._measure], product_count=1)
        return found.results[0].values


def _print(found: Tuning, *, measure: str) -> None:
    values = table("setting", "present", "tuned", numeric=("present", "tuned"))
    for name, value in found.chosen.items():
        values.add_row(name, f"{found.present[name]:g}", f"{value:g}")
    out().print(values)
    numeric = ("present", "tuned", "gain", "95 %", "p", "queries")
    figures = table(measure, *numeric, numeric=numeric)
    for name, (before, after), gain in (
        ("tuned on", found.training, found.training_gain),
        ("held out", found.held_out, found.held_out_gain),
    ):
        interval = f"{gain.low:+.4f}..{gain.high:+.4f}"
        means = f"{before.mean:.4f}", f"{after.mean:.4f}", f"{gain.mean:+.4f}"
        figures.add_row(name, *means, interval, f"{gain.p_value:.4f}", str(gain.queries))
    out().print(figures)


def _next_step(found: Tuning, *, is_applied: bool, shop: Path) -> str:
    if is_applied:
        return f"They are in [retrieval] of {shop / 'shop.toml'} now."
    if found.is_better:
        return "Nothing was written; add --apply to keep them."
    return "Nothing was written; the shop answers as before."
