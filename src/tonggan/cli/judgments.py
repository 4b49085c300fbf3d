"""`judgments`: grades from and for other systems, and from what shoppers clicked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonggan.cli.options import AsJson, Quiet
from tonggan.cli.screen import print_json, printable, remark, say
from tonggan.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from tonggan.evaluate import Qrels
    from tonggan.evaluate.interchange import JudgmentFile

app = typer.Typer(no_args_is_help=True, help="Grades from and for other systems, and from clicks.")

Queries = Annotated[
    Path | None, typer.Option("--queries", help="CSV: query_id,text; between ids and texts.", metavar="FILE")
]
Form = Annotated[str, typer.Option("--format", help="csv, trec, quepid or opensearch.")]
Name = Annotated[str, typer.Option("--name", help="What OpenSearch is to call the list.")]


@app.callback()
def judgments() -> None:
    """Grades from and for other systems, and from clicks."""


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="CSV, TREC, Quepid or OpenSearch; known by content.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="The file to write.")],
    *,
    form: Form = "csv",
    queries: Queries = None,
    name: Name = "",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write judgments in another form; nothing is lost.

    Quepid and OpenSearch name queries by text, TREC and CSV by id: --queries translates between the two. Without it
    the text serves as the id, and the id as the text.
    """
    from tonggan.evaluate.interchange import read_judgments

    found = read_judgments(_existing(source))
    qrels = _translated(found, form, queries)
    written = _write(target, qrels, form=form, name=name or found.name)
    told = {"format": found.form, "queries": len(qrels), "judgments": written, "regraded": len(found.grades.regraded)}
    if as_json:
        print_json(told)
    elif not quiet:
        say(f"{written:,} judgments of {len(qrels):,} queries, {found.form} to {form}, are in {target}.")
        if found.grades.regraded:
            remark(f"{len(found.grades.regraded):,} pairs were graded more than once; their highest grade is kept.")


@app.command("from-clicks")
def from_clicks(
    events: Annotated[Path, typer.Argument(metavar="EVENTS", help="UBI events as JSON lines, or Algolia Insights.")],
    *,
    target: Annotated[Path, typer.Option("--out", help="The file of grades to write.")] = Path("qrels.csv"),
    form: Form = "csv",
    queries: Queries = None,
    impressions: Annotated[int, typer.Option(min=1, help="Times a pair must have been shown.")] = 10,
    name: Name = "",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Grade what was shown by clicks over expected clicks: what each rank draws on average is taken out.

    Grade 3 is from twice the expected clicks on, 2 from as many, 1 from half as many. Queries are named by their
    text, or by the ids of --queries.
    """
    from tonggan.evaluate.clicks import judge_clicks
    from tonggan.evaluate.events import read_events

    found = judge_clicks(read_events(_existing(events)), fewest_impressions=impressions)
    if not found.judgments:
        raise InputError(
            f"No query and product were shown together {impressions} times.", remedy="Wait for more, or lower it."
        )
    qrels = _known_only(found.qrels, queries)
    _write(target, qrels, form=form, name=name)
    if as_json:
        print_json(found.as_json() | {"written": sum(map(len, qrels.values()))})
        return
    say(f"{found.impressions:,} impressions and {found.clicks:,} clicks were used.")
    for reason, count in found.unused.items():
        say(printable(f"{count:,} not used: {reason}."))
    told = ", ".join(f"{count:,} of grade {grade}" for grade, count in found.as_json()["grades"].items())
    if not quiet:
        say(f"{len(found.judgments):,} pairs of {len(found.qrels):,} queries: {told}.")
        say(f"{sum(map(len, qrels.values())):,} judgments are in {target}.")


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise NotFoundError(f"There is no file {path}.", remedy="Check the path.")
    return path


def _translated(found: JudgmentFile, form: str, queries: Path | None) -> Qrels:
    from tonggan.evaluate import read_queries
    from tonggan.evaluate.interchange import BY_TEXT, by_query_id, by_text

    if queries is None or found.is_by_text == (form in BY_TEXT):
        return found.grades.qrels
    translate: Callable[..., Qrels] = by_query_id if found.is_by_text else by_text
    return translate(found.grades.qrels, read_queries(_existing(queries)).queries)


def _known_only(qrels: Qrels, queries: Path | None) -> Qrels:
    """Grades by id of those queries that the file has: a log holds many others."""
    from tonggan.evaluate import read_queries
    from tonggan.evaluate.interchange import by_query_id, normalized

    if queries is None:
        return qrels
    asked = read_queries(_existing(queries)).queries
    known = {normalized(query.text) for query in asked}
    return by_query_id({text: grades for text, grades in qrels.items() if text in known}, asked)


def _write(target: Path, qrels: Qrels, *, form: str, name: str) -> int:
    from tonggan.evaluate.interchange import write_judgments

    try:
        return write_judgments(target, qrels, form=form, name=name)
    except OSError as error:
        raise InputError(
            f"{target} cannot be written: {error.strerror or error}.", remedy="Name another file."
        ) from error
