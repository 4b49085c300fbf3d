"""`learn rank`: merge weights and a ranker from judged queries, compared on the same folds, used only if they win."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonggan.cli.opening import require_free, require_shop
from tonggan.cli.options import DEFAULT_SHOP, AsJson, Quiet, ShopFolder
from tonggan.cli.progress import counting
from tonggan.cli.screen import out, print_json, printable, say, table
from tonggan.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from tonggan.learn.rank.own_shop import ShopRanking

NO_VERSION = "none"
"""What `--use` names to go back to the default merge."""

Queries = Annotated[Path | None, typer.Option("--queries", help="CSV: query_id,text,image,like,rating,filter_by.")]
Grades = Annotated[Path | None, typer.Option("--qrels", help="Grades: CSV, TREC, Quepid or OpenSearch.")]


def rank(
    queries: Queries = None,
    qrels: Grades = None,
    *,
    shop: ShopFolder = DEFAULT_SHOP,
    seeds: Annotated[int, typer.Option(help="Draws of the five folds that are averaged.", min=1, max=20)] = 3,
    use: Annotated[str, typer.Option("--use", help="A version of --versions, or none.", metavar="VERSION")] = "",
    versions: Annotated[bool, typer.Option("--versions", help="List the versions that can be used.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fit merge weights, a ranker and the no-answer decision to judged queries; used only where held-out queries gain.

    Compares words, reciprocal ranks, the default and a fitted convex merge, a linear ranker, LambdaMART, a network and
    attention on the same five folds, each with its interval and its paired gain over the default.
    """
    require_shop(shop)
    if versions:
        _list_versions(shop, as_json=as_json, is_quiet=quiet)
    elif use:
        _use(shop, "" if use == NO_VERSION else use, as_json=as_json, is_quiet=quiet)
    elif queries is None or qrels is None:
        raise InputError("Learning needs judged queries.", remedy="Give --queries and --qrels, or --use VERSION.")
    else:
        require_free(shop, action="learn rank")
        found = _learnt(shop, queries, qrels, seeds=seeds, is_quiet=quiet or as_json)
        if as_json:
            print_json(found.as_json())
        else:
            _print(found.as_json(), is_quiet=quiet)


def _learnt(shop: Path, queries: Path, qrels: Path, *, seeds: int, is_quiet: bool) -> ShopRanking:
    from tonggan.evaluate import read_queries
    from tonggan.evaluate.interchange import read_grades
    from tonggan.learn.rank.own_shop import rank_shop
    from tonggan.shop import Shop

    for path in (queries, qrels):
        if not path.is_file():
            raise NotFoundError(f"There is no file {path}.", remedy="Check the path.")
    asking = read_queries(queries).queries
    grades = read_grades(qrels, asking).qrels
    with Shop.open(shop, environ=os.environ) as opened, counting("learning", is_quiet=is_quiet) as counter:
        return rank_shop(
            opened,
            asking,
            grades,
            seeds=range(seeds),
            progress=lambda _, done, total: counter(done, total) if counter else None,
        )


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
            "" if is_default else f"{gain['p_value']:.3f}",
        )
    out().print(shown)
    if is_quiet:
        return
    for name, reason in told["left_out"].items():
        say(f"{name} is left out: {printable(reason)}")
    say(f"{told['queries']:,} judged queries, five folds, {len(told['seeds'])} draws. {printable(told['reason'])}")
    say(_relevance_told(told["relevance"]))
    back = told["previous"] or NO_VERSION
    if told["version"]:
        say(f"Version {told['version']} is used from now on; to go back: tonggan learn rank --use {back}")
    else:
        say("The shop ranks as before.")


def _relevance_told(told: Mapping[str, Any]) -> str:
    if "left_out" in told:
        return f"When nothing fits was not learnt: {printable(told['left_out'])}"
    auc = told["auc"]
    rates = ", ".join(f"{name} {told[name]:.3f}" for name in ("accuracy", "precision", "recall", "f1"))
    return f"When nothing fits, held out: AUC {auc['mean']:.3f} ({auc['low']:.3f}..{auc['high']:.3f}), {rates}."
