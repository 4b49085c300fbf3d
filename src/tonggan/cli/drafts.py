"""What `rules` and `synonyms` have in common: a draft that comes from a file, goes live, and can be taken back."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tonggan.cli.opening import Record, open_shop
from tonggan.cli.options import DEFAULT_SHOP, AsJson, Quiet, ShopFolder
from tonggan.cli.screen import out, print_json, printable, say, table
from tonggan.errors import ConflictError, InputError

STANDARD_STREAM = "-"

LARGEST_FILE_BYTES = 64 * 1024 * 1024
"""Far beyond what is kept; a file that is larger is the wrong one."""

Form = Annotated[str, typer.Option("--form", help="tonggan or typesense.", show_default=False)]
Note = Annotated[str, typer.Option("--note", help="Why, for the history.", show_default=False)]
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="A revision that `history` shows.", min=1)]
Source = Annotated[str, typer.Argument(metavar="FILE", help="A JSON file, or - for standard input.")]
Target = Annotated[str, typer.Argument(metavar="FILE", help="A new file, or - for standard output.")]


def add_draft_commands(app: typer.Typer, kind: str) -> None:
    """Add the commands that both kinds have to the group of one."""
    for name, command in (
        ("import", _import_command),
        ("export", _export_command),
        ("publish", _publish_command),
        ("discard", _discard_command),
        ("history", _history_command),
        ("rollback", _rollback_command),
    ):
        app.command(name)(command(kind))


def read_document(source: str) -> Any:
    """Return the JSON of a file, or of standard input; InputError when it cannot be read."""
    try:
        text = sys.stdin.read() if source == STANDARD_STREAM else _text_of(Path(source))
        return json.loads(text)
    except OSError as error:
        raise InputError(f"{source} cannot be read: {error.strerror}.", remedy="Name a JSON file.") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{source} is not JSON: {error}.", remedy="Write it in UTF-8 JSON.") from None


def show_draft(record: Record, *, told: str, as_json: bool, is_quiet: bool) -> None:
    """Print what a change did to the draft, and what is in conflict there."""
    if as_json:
        print_json(record)
        return
    if not is_quiet:
        say(told)
    show_conflicts(record["conflicts"])
    if record["is_changed"] and not is_quiet:
        say(f"Next: tonggan {record['kind']} publish --note WHY")


def show_conflicts(conflicts: Sequence[Record]) -> None:
    """Print conflicts, one a line with what to do about it."""
    for conflict in conflicts:
        say(printable(f"conflict ({conflict['kind']}): {conflict['detail']} {conflict['remedy']}"))


def _text_of(path: Path) -> str:
    if path.is_file() and path.stat().st_size > LARGEST_FILE_BYTES:
        raise InputError(f"{path} has {path.stat().st_size:,} bytes; at most {LARGEST_FILE_BYTES:,} are read.")
    return path.read_text(encoding="utf-8-sig")


def _import_command(kind: str) -> Any:
    def import_document(
        source: Source, *, form: Form = "", shop: ShopFolder = DEFAULT_SHOP, as_json: AsJson = False,
        quiet: Quiet = False,
    ) -> None:  # fmt: skip
        document = read_document(source)
        with open_shop(shop) as opened:
            record = opened.desk(kind).save(document, form=form)
        told = f"The draft has {len(record[kind]):,} {kind}."
        show_draft(record, told=told, as_json=as_json, is_quiet=quiet)

    import_document.__doc__ = f"Replace the draft by the {kind} of a file, in our form or Typesense's."
    return import_document


def _export_command(kind: str) -> Any:
    def export(
        target: Target = STANDARD_STREAM,
        *,
        form: Form = "tonggan",
        draft: Annotated[bool, typer.Option("--draft", help="The draft, not what is live.")] = False,
        number: Annotated[int, typer.Option(help="An earlier revision.", min=0, show_default=False)] = 0,
        shop: ShopFolder = DEFAULT_SHOP,
        as_json: AsJson = False,
        quiet: Quiet = False,
    ) -> None:
        with open_shop(shop) as opened:
            document = opened.desk(kind).export(form=form, which="draft" if draft else "published", number=number)
        if target == STANDARD_STREAM:
            print_json(document)
            return
        _write_new(Path(target), document)
        if as_json:
            print_json({"file": target})
        elif not quiet:
            say(f"Written to {target}.")

    export.__doc__ = f"Write the {kind} that are live to a file; --form typesense for Typesense."
    return export


def _publish_command(kind: str) -> Any:
    def publish(
        *,
        note: Note = "",
        force: Annotated[bool, typer.Option("--force", help="Although there are conflicts; needs a note.")] = False,
        shop: ShopFolder = DEFAULT_SHOP,
        as_json: AsJson = False,
        quiet: Quiet = False,
    ) -> None:
        with open_shop(shop) as opened:
            record = opened.desk(kind).publish(note=note, is_forced=force)
        if as_json:
            print_json(record)
        elif not quiet:
            say(f"Revision {record['number']} is live, with {record['count']:,} {kind}.")

    publish.__doc__ = f"Make the draft of the {kind} live."
    return publish


def _discard_command(kind: str) -> Any:
    def discard(*, shop: ShopFolder = DEFAULT_SHOP, as_json: AsJson = False, quiet: Quiet = False) -> None:
        with open_shop(shop) as opened:
            record = opened.desk(kind).discard()
        show_draft(record, told=f"The draft is gone; {kind} are as they are live.", as_json=as_json, is_quiet=quiet)

    discard.__doc__ = f"Forget the draft of the {kind}."
    return discard


def _history_command(kind: str) -> Any:
    def history(*, shop: ShopFolder = DEFAULT_SHOP, as_json: AsJson = False, quiet: Quiet = False) -> None:
        with open_shop(shop) as opened:
            record = opened.desk(kind).history()
        if as_json:
            print_json(record)
        elif record["revisions"]:
            shown = table("number", "published", kind, "note", numeric=("number", kind))
            for each in record["revisions"]:
                shown.add_row(str(each["number"]), each["created_at"], f"{each['count']:,}", printable(each["note"]))
            out().print(shown, markup=False)
        elif not quiet:
            say(f"No {kind} were published yet.")

    history.__doc__ = f"List what was published of the {kind}, the latest first."
    return history


def _rollback_command(kind: str) -> Any:
    def rollback(
        number: Number, *, note: Note = "", shop: ShopFolder = DEFAULT_SHOP, as_json: AsJson = False,
        quiet: Quiet = False,
    ) -> None:  # fmt: skip
        with open_shop(shop) as opened:
            record = opened.desk(kind).roll_back(number, note=note)
        if as_json:
            print_json(record)
        elif not quiet:
            say(f"Revision {record['number']} is live: what {number} was, with {record['count']:,} {kind}.")

    rollback.__doc__ = f"Make earlier {kind} live again, as a new revision."
    return rollback


def _write_new(path: Path, document: Record) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    except FileExistsError:
        raise ConflictError(f"{path} exists already.", remedy="Name a new file.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.", remedy="Name another file.") from error
