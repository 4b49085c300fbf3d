"""`init`, `inspect` and `import`: from nothing to a catalogue."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonggan.cli.opening import Record, is_shop, open_shop, open_store
from tonggan.cli.options import DEFAULT_SHOP, AsJson, Quiet, ShopFolder
from tonggan.cli.screen import print_json, printable, say, table
from tonggan.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from rich.table import Table

    from tonggan.feed.inspection import Inspection

IMPORT_KEYS = ("accepted", "updated", "unchanged", "refused", "seconds")
"""What `import --json` prints; others rely on these and no more."""

REASONS_SHOWN = 8

FeedFile = Annotated[Path, typer.Argument(help="A file of products, or a folder of pictures.", show_default=False)]
MappingFile = Annotated[Path | None, typer.Option("--mapping", help="mapping.toml that says what each column means.")]


def init(
    shop: ShopFolder = DEFAULT_SHOP,
    *,
    currency: Annotated[str, typer.Option(help="Currency of prices that name none, such as EUR.")] = "",
    store: Annotated[str, typer.Option(help="Database URL to use in place of SQLite.")] = "",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make an empty shop with a shop.toml to edit; a shop that is there stays as it is."""
    is_new = not is_shop(shop)
    if is_new:
        _make(shop, currency=currency, store=store)
    elif currency or store:
        raise ConflictError(f"There is a shop in {shop} already.", remedy=f"Change {shop / 'shop.toml'} instead.")
    with open_store(shop) as catalogue:
        count = catalogue.count()
    if as_json:
        print_json({"shop": str(shop), "is_new": is_new, "products": count})
    elif not quiet:
        say(f"Made an empty shop in {shop}." if is_new else f"{shop} is a shop of {count:,} products.")


def inspect(
    file: FeedFile,
    *,
    mapping: MappingFile = None,
    write: Annotated[
        Path | None, typer.Option("--write", help="Write the mapping here, to edit and import with.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show how the columns of a feed are understood, with samples, before it is imported."""
    from tonggan.feed.inspection import inspect as inspect_feed
    from tonggan.feed.inspection import write_inspected_mapping
    from tonggan.feed.mapping import read_mapping

    require_source(file)
    found = inspect_feed(file, read_mapping(mapping) if mapping else None)
    if write is not None:
        if write.exists():
            raise ConflictError(f"{write} is there already.", remedy="Name a new file, or remove that one.")
        write_inspected_mapping(write, found)
    if as_json:
        print_json(_inspection_record(found))
    else:
        _show_inspection(found)
        if write is not None and not quiet:
            say(f"Wrote {write}; edit it, then: tonggan import {file} --mapping {write}")


def import_feed(
    file: FeedFile,
    shop: ShopFolder = DEFAULT_SHOP,
    *,
    mapping: MappingFile = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report what would happen, and keep nothing.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Take a merchant's feed into the shop, which is made where there is none; a second run changes nothing.

    Rows that are refused stand in refused.csv of the shop, with line, column, value, reason and remedy.
    """
    from tonggan.cli.progress import importing

    require_source(file)
    with _shop_for(shop, is_dry_run=dry_run) as folder:
        with (
            open_shop(folder, is_new_accepted=True) as opened,
            importing(is_quiet=quiet or as_json) as listener,
        ):
            report = opened.ingest(file, mapping=mapping, is_dry_run=dry_run, listener=listener)
        if folder != shop:
            report["refusals_path"] = ""
    if as_json:
        print_json({name: report[name] for name in IMPORT_KEYS})
    elif not quiet:
        for line in report_lines(report):
            say(line)


@contextmanager
def _shop_for(shop: Path, *, is_dry_run: bool) -> Iterator[Path]:
    """The shop's folder; for a dry run before there is a shop, an empty one that is gone afterwards."""
    if not is_dry_run or is_shop(shop):
        yield shop
        return
    with tempfile.TemporaryDirectory(prefix="tonggan-dry-run-") as scratch:
        yield Path(scratch) / "shop"


def report_lines(report: Record) -> list[str]:
    """Return what became of an import, for people."""
    counts = {name: report[name] for name in IMPORT_KEYS[:4]}
    rows, seconds = sum(counts.values()), report["seconds"]
    rate = f", {rows / seconds:,.0f} rows/s" if seconds else ""
    told = ", ".join(f"{count:,} {'new' if name == 'accepted' else name}" for name, count in counts.items())
    begin = "Would take in" if report.get("is_dry_run") else "Took in"
    lines = [f"{begin} {rows:,} rows: {told} ({seconds:.1f} s{rate})."]
    if report.get("pictures_kept") or report.get("pictures_refused") or report.get("pictures_skipped"):
        kept, refused, skipped = (report[f"pictures_{name}"] for name in ("kept", "refused", "skipped"))
        lines.append(f"Pictures: {kept:,} kept, {refused:,} refused, {skipped:,} left for the next import.")
    if report.get("reasons"):
        often = sorted(report["reasons"].items(), key=lambda item: -item[1])
        lines.append(
            "Refused by column: " + ", ".join(f"{_named(name)} {count:,}" for name, count in often[:REASONS_SHOWN])
        )
    if report.get("refusals_path"):
        lines.append(f"Every refusal with its reason: {report['refusals_path']}")
    return lines


def require_source(file: Path) -> None:
    """Raise NotFoundError where there is no such file or folder."""
    if not file.exists():
        raise NotFoundError(f"There is no file {file}.", remedy="Check the path.")


def _named(column: str) -> str:
    return printable(column) or "(whole row)"


def _make(folder: Path, *, currency: str, store: str) -> None:
    from tonggan.catalogue.money import known_currency
    from tonggan.shop import Shop
    from tonggan.shop.layout import Layout

    chosen = {name: value for name, value in (("currency", known_currency(currency)), ("store", store)) if value}
    with Shop.open(folder, environ=os.environ, **chosen):
        Layout(folder).settings.write_text(_settings_text(chosen), encoding="utf-8")


def _settings_text(chosen: dict[str, str]) -> str:
    """A shop.toml that names every setting with its default, those that were chosen switched on."""
    from tonggan.encode import EncodeSettings
    from tonggan.retrieve import RetrievalSettings
    from tonggan.serve import ServeSettings
    from tonggan.shop.layout import ShopSettings

    sections: dict[str, Any] = {
        "shop": ShopSettings,
        "encode": EncodeSettings,
        "retrieval": RetrievalSettings,
        "serve": ServeSettings,
    }
    lines = [
        "# Settings of this shop; remove a # to change one. `TONGGAN_SHOP__PER_PAGE=50` does the same for one run."
    ]
    for section, kind in sections.items():
        lines += ["", f"[{section}]"]
        for item in fields(kind):
            is_chosen = section == "shop" and item.name in chosen
            value = chosen[item.name] if is_chosen else item.default
            if value is not MISSING:
                lines.append(f"{'' if is_chosen else '# '}{item.name} = {_toml(value)}")
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


def _inspection_record(found: Inspection) -> Record:
    return {
        "source": found.source,
        "format": found.format,
        "encoding": found.encoding,
        "vendor": found.vendor,
        "rows": found.rows,
        "columns": [
            {"name": each.name, "field": each.field, "suggestion": each.suggestion, "samples": list(each.samples)}
            for each in found.columns
        ],
        "unfilled": list(found.unfilled),
        "refusals": [
            {
                "line": each.line,
                "column": each.column,
                "value": each.value,
                "reason": each.reason,
                "remedy": each.remedy,
            }
            for each in found.refusals
        ],
    }


def _show_inspection(found: Inspection) -> None:
    from tonggan.cli.screen import out

    say(f"{found.source}: {found.format}, {found.encoding or 'no text'}, vendor {found.vendor}.")
    out().print(_columns(found))
    say(f"Nothing fills: {', '.join(found.unfilled) or 'no field is left empty'}.")
    say(f"Looked at {found.rows:,} rows; {len(found.refusals):,} of them cannot be read.")
    for refusal in found.refusals[:REASONS_SHOWN]:
        say(f"  line {refusal.line}: {printable(refusal.reason)}")


def _columns(found: Inspection) -> Table:
    from rich.text import Text

    shown = table("column", "field", "samples")
    for column in found.columns:
        field = f"{column.field} (perhaps {column.suggestion})" if column.suggestion else column.field
        cells = (column.name, field, " | ".join(column.samples))
        shown.add_row(*(Text(printable(cell)) for cell in cells))
    return shown
