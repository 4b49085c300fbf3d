"""`learn rank`: merge weights and a ranker from judged queries, compared on the same folds, used only if they win."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonggan.cli.opening import require_free, require_shop
from tonggan.cli.options import DEFAULT_SHOP, AsJson, Quiet, ShopFolder
from tonggan.cli.progress import stepping
from tonggan.cli.screen import out, print_json, printable, say, table
from tonggan.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from tonggan.learn.rank.own_shop import ShopRanking

NO_VERSION = "none"
"""What `--use` names to go back to the default merge."""

Queries = Annotated[Path | None, typer.Option("--queries", help="CSV: query_id,text,image,like,rating,filter_by.")]
Clicks = Annotated[Path | None, typer.Option("--clicks", help="UBI events as JSON lines, or Algolia Insights.")]
Grades = Annotated[Path | None, typer.Option("--qrels", help="Grades: CSV, TREC, Quepid or OpenSearch.")]


def rank(
    queries: Queries = None,
    qrels: Grades = None,
    *,
    shop: ShopFolder = DEFAULT_SHOP,
    clicks: Clicks = None,
    inverse_propensity: Annotated[
        bool, typer.Option("--inverse-propensity", help="Clicks weigh one over the chance of being looked at.")
    ] = False,
    without: Annotated[str, typer.Option(help="Rows to leave out, commas between.", metavar="ROWS")] = "",
    seeds: Annotated[int, typer.Option(help="Draws of the five folds that are averaged.", min=1, max=20)] = 3,
    html: Annotated[Path | None, typer.Option("--html", help="A page of tables and plots to write.")] = None,
    use: Annotated[str, typer.Option("--use", help="A version of --versions, or none.", metavar="VERSION")] = "",
    versions: Annotated[bool, typer.Option("--versions", help="List the versions that can be used.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fit merge weights, a ranker and the no-answer decision to judged queries; used only where held-out queries gain.

    Compares words, reciprocal ranks, the default and a fitted convex merge, a linear ranker, LambdaMART, a network and
    attention on the same five folds, each with its interval and its paired gain over the default. Clicks also teach
    queries that nobody judged, and which meaning of a word shoppers choose; without grades, clicks are the grades.
    """
    require_shop(shop)
    if versions:
        _list_versions(shop, as_json=as_json, is_quiet=quiet)
    elif use:
        _use(shop, "" if use == NO_VERSION else use, as_json=as_json, is_quiet=quiet)
    else:
        lessons = _Lessons(queries, qrels, clicks, inverse_propensity, tuple(filter(None, without.split(","))))
        lessons.require()
        _require_folder(html)
        require_free(shop, action="learn rank")
        found = _learnt(shop, lessons, seeds=seeds, is_quiet=quiet or as_json)
        if html is not None:
            from tonggan.learn.rank.page import ranking_page

            html.write_text(ranking_page(found), encoding="utf-8")
        if as_json:
            print_json(found.as_json())
        else:
            _print(found.as_json(), is_quiet=quiet)


@dataclass(frozen=True, slots=True)
class _Lessons:
    """What is to be learnt from."""

    queries: Path | None
    qrels: Path | None
    clicks: Path | None
    is_inverse_propensity: bool
    without: tuple[str, ...]

    def require(self) -> None:
        """Refuse what cannot be learnt from, before anything is opened."""
        if (self.queries is None) != (self.qrels is None) or (self.qrels is None and self.clicks is None):
            raise InputError(
                "Learning needs judged queries, or clicks.",
                remedy="Give --queries and --qrels, --clicks, or both; or --use VERSION.",
            )
        if self.is_inverse_propensity and (self.clicks is None or self.qrels is None):
            raise InputError(
                "--inverse-propensity weighs clicks beside judged queries.",
                remedy="Give --clicks, --queries and --qrels, or leave it out.",
            )
        for path in (self.queries, self.qrels, self.clicks):
            if path is not None and not path.is_file():
                raise NotFoundError(f"There is no file {path}.", remedy="Check the path.")


def _require_folder(page: Path | None) -> None:
    if page is not None and (page.is_dir() or not page.parent.is_dir()):
        raise InputError(f"{page} cannot be written.", remedy="Name a file in a folder that is there.")


def _learnt(shop: Path, lessons: _Lessons, *, seeds: int, is_quiet: bool) -> ShopRanking:
    from tonggan.evaluate import read_queries
    from tonggan.evaluate.interchange import read_grades
    from tonggan.learn.rank.click_log import read_click_log
    from tonggan.learn.rank.own_shop import rank_by_clicks, rank_shop
    from tonggan.shop import Shop

    clicks = read_click_log(lessons.clicks) if lessons.clicks else None
    asking = read_queries(lessons.queries).queries if lessons.queries else []
    grades = read_grades(lessons.qrels, asking).qrels if lessons.qrels else {}
    with Shop.open(shop, environ=os.environ) as opened, stepping("learning", is_quiet=is_quiet) as progress:
        wanted: Any = {"seeds": range(seeds), "without": lessons.without, "progress": progress}
        if clicks is not None and not lessons.qrels:
            return rank_by_clicks(opened, clicks, **wanted)
        is_weighed = lessons.is_inverse_propensity
        return rank_shop(opened, asking, grades, clicks=clicks, is_inverse_propensity=is_weighed, **wanted)


def _list_versions(shop: Path, *, as_json: bool, is_quiet: bool) -> None:
    from tonggan.rank.version import list_versions, used_version
    from tonggan.shop.layout import Layout

    folder = Layout(shop).rankers
    found, used = list_versions(folder), used_version(folder)
    if as_json:
        rows = [
            {"version": each.version, "kind": each.kind, "created_at": each.created_at, "queries": each.queries}
            | {"measures": dict(each.measures), "used": each.version == used}
            for each in found
        ]
        print_json({"versions": rows, "used": used})
    elif found:
        shown = table("version", "kind", "made", "queries", "nDCG@10", "used", numeric=("queries", "nDCG@10"))
        for each in found:
            figure = each.measures.get("nDCG@10")
            mark = "yes" if each.version == used else ""
            told = "" if figure is None else f"{figure:.3f}"
            shown.add_row(each.version, each.kind, each.created_at, f"{each.queries:,}", told, mark)
        out().print(shown)
    elif not is_quiet:
        say("The shop has learnt no ranker yet; the default merge serves.")


def _use(shop: Path, version: str, *, as_json: bool, is_quiet: bool) -> None:
    from tonggan.rank.version import use_version
    from tonggan.shop.layout import Layout

    use_version(Layout(shop).rankers, version)
    if as_json:
        print_json({"version": version})
    elif not is_quiet:
        say(f"{shop} ranks by {printable(version) or 'the default merge'} from now on.")


def _print(told: Mapping[str, Any], *, is_quiet: bool) -> None:
    measure = told["measure"]
    shown = table("row", measure, "95 %", "gain over convex", "95 % of the gain", "p", numeric=(measure,))
    for name, row in told["rows"].items():
        gain = row["gain"]
        is_default = name == "convex"
        shown.add_row(
            f"{name} *" if name == told["used"] else name,
            f"{row['mean']:.4f}",
            f"{row['low']:.4f}..{row['high']:.4f}",
            "" if is_default else f"{gain['mean']:+.4f}",
            "" if is_default else f"{gain['low']:+.4f}..{gain['high']:+.4f}",
            "" if is_default else f"{gain['p_value']:.4f}",
        )
    out().print(shown)
    if is_quiet:
        return
    for name, reason in told["left_out"].items():
        say(f"{name} is left out: {printable(reason)}")
    judged = "queries graded by clicks" if told["judged_by"] == "clicks" else "judged queries"
    say(f"{told['queries']:,} {judged}, five folds, {_draws(told)}. {printable(told['reason'])}")
    if told["clicks"]:
        _print_clicks(told["clicks"], taught=told["click_queries"])
    say(_relevance_told(told["relevance"]))
    back = told["previous"] or NO_VERSION
    if told["version"]:
        say(f"Version {told['version']} is used from now on; to go back: tonggan learn rank --use {back}")
    else:
        say("The shop ranks as before.")


def _draws(told: Mapping[str, Any]) -> str:
    count = len(told["seeds"])
    return f"{count} draw{'s' if count > 1 else ''}"


def _print_clicks(told: Mapping[str, Any], *, taught: int) -> None:
    say(
        f"{told['clicks']:,} clicks of {told['impressions']:,} impressions; {told['clicks_used']:,} are on pairs shown "
        f"often enough, and {taught:,} queries that nobody judged were taught by them."
    )
    if told["problem"]:
        say(f"How far shoppers look is not known: {printable(told['problem'])}")
    else:
        say(
            f"Position k is looked at k^-{told['power']:.2f} as often as the first. Weighed by one over that, clicks "
            f"are worth {told['effective']:,.0f} equal ones; the greatest weight is {told['greatest_weight']:.1f}, and "
            f"{told['clipped_share']:.1%} are held back."
        )
    for reason, count in told["refused"].items():
        say(f"{count:,} not used: {printable(reason)}.")


def _relevance_told(told: Mapping[str, Any]) -> str:
    if "left_out" in told:
        return f"When nothing fits was not learnt: {printable(told['left_out'])}"
    auc = told["auc"]
    rates = ", ".join(f"{name} {told[name]:.3f}" for name in ("accuracy", "precision", "recall", "f1"))
    return f"When nothing fits, held out: AUC {auc['mean']:.3f} ({auc['low']:.3f}..{auc['high']:.3f}), {rates}."
