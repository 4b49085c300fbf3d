"""`doctor`: is the shop sound, what does its catalogue lack, and what can be mended."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonggan.cli.opening import Record, open_store, require_free, require_shop
from tonggan.cli.options import DEFAULT_SHOP, AsJson, Quiet, ShopFolder
from tonggan.cli.screen import out, print_json, printable, say, table
from tonggan.errors import NotReadyError, TongganError

if TYPE_CHECKING:
    from rich.table import Table

    from tonggan.catalogue.media import MediaFolder
    from tonggan.catalogue.store import SqlStore
    from tonggan.shop import Shop

EXAMPLES_SHOWN = 3


def doctor(
    shop: ShopFolder = DEFAULT_SHOP,
    *,
    repair: Annotated[
        bool, typer.Option("--repair", help="Rebuild the index and drop pictures of no product; the shop must be free.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Check the store, the pictures and the index, and say what the catalogue lacks or holds twice.

    Exit code 8 where something is damaged. A shop that is being served is looked at beside its server.
    """
    require_shop(shop)
    if repair:
        require_free(shop, action="doctor --repair")
    repaired = _repair(shop) if repair else []
    record = {**_examine(shop), "repaired": repaired}
    record = {"sound": not record["problems"], **record}
    if as_json:
        print_json(record)
    else:
        _show(record, is_quiet=quiet)
    if not record["sound"]:
        raise typer.Exit(NotReadyError.exit_code)


def _examine(folder: Path) -> Record:
    from tonggan.catalogue.health import report

    with open_store(folder) as store:
        wrong = [f"store: {finding}" for finding in store.verify(is_thorough=True)]
        pictures = _pictures(folder, store)
        catalogue = asdict(report(store))
    if pictures["missing"]:
        wrong.append(f"pictures: {pictures['missing']:,} kept before are gone; import their feed again")
    state = _state(folder)
    return {"problems": wrong + state.pop("problems"), **state, "pictures": pictures, "catalogue": catalogue}


def _pictures(folder: Path, store: SqlStore) -> Record:
    kept = set(_media(folder).checksums())
    named = _named_pictures(store)
    return {"kept": len(kept & named), "missing": len(named - kept), "unused": len(kept - named)}


def _media(folder: Path) -> MediaFolder:
    from tonggan.catalogue.media import MediaFolder
    from tonggan.catalogue.picture_workers import PictureWorkers
    from tonggan.shop.layout import Layout

    return MediaFolder(Layout(folder).media, workers=PictureWorkers(1))


def _named_pictures(store: SqlStore) -> set[str]:
    """Checksums of the pictures that products and their variants name."""
    owners = (owner for batch in store.scan() for product in batch for owner in (product, *product.variants))
    return {media.checksum for owner in owners for media in owner.media if media.checksum}


def _state(folder: Path) -> Record:
    """What only an open shop knows; where a server has it open, what that says."""
    from tonggan.catalogue.lock import holder

    found = holder(folder)
    if found is None:
        return _opened_state(folder)
    server = {"pid": found.pid, "url": found.url}
    problems: list[str] = []
    pack: Record | None = None
    if found.url:
        from tonggan.cli.remote import RemoteShop

        try:
            with RemoteShop(found, folder=folder) as remote:
                problems = [f"server: works without {part}" for part in remote.readiness()["degraded"]]
                pack = remote.packs()
        except TongganError as error:
            problems = [f"server: {error.message}"]
    return {"problems": problems, "held_by": server, "index": None, "spaces": None, "pack": pack}


def _opened_state(folder: Path) -> Record:
    from tonggan.shop import Shop

    with Shop.open(folder, environ=os.environ) as shop:
        health = shop.health()
    index: Mapping[str, Any] = health["index"]
    problems = [] if health["writable"] else [f"store: {health['reason']}"]
    if index["position"] != health["position"]:
        problems.append(f"index: stands at change {index['position']} of {health['position']}")
    problems += [f"search: works without {part}" for part in health["degraded"]]
    problems += [f"pack: {health['pack']['lacking']}"] if "lacking" in health["pack"] else []
    state = {"index": dict(index), "spaces": health["spaces"], "pack": health["pack"]}
    return {"problems": problems, "held_by": None, **state}


def _repair(folder: Path) -> list[str]:
    from tonggan.shop import Shop

    with Shop.open(folder, environ=os.environ) as shop:
        done = _sweep(shop)
        if shop.store.count():
            shop.projection.rebuild(is_refitting=True)
            done.append("fitted the encoders and rebuilt the index")
    return done


def _sweep(shop: Shop) -> list[str]:
    erased = shop.media.sweep(_named_pictures(shop.store))
    return [f"erased {erased:,} pictures of no product"] if erased else []


def _show(record: Record, *, is_quiet: bool) -> None:
    for done in record["repaired"]:
        say(f"Repaired: {done}.")
    for problem in record["problems"]:
        say(f"Wrong: {problem}.")
    if is_quiet:
        return
    catalogue, pictures, index = record["catalogue"], record["pictures"], record["index"]
    if record["held_by"]:
        say(f"Process {record['held_by']['pid']} has the shop open; its index was not looked at.")
    if index and "rebuilt_because" in index:
        say(f"The index was rebuilt just now: {index['rebuilt_because']}")
    change = (record["pack"] or {}).get("change")
    if change:
        how_far = f"{change['stage']}, {change['done']:,} of {change['total']:,} products"
        say(f"Moving to the pack {change['name']}: {how_far}.")
    say(
        f"{catalogue['products']:,} products ({catalogue['hidden']:,} hidden, {catalogue['variants']:,} variants), "
        f"{pictures['kept']:,} pictures ({pictures['unused']:,} unused)."
    )
    if catalogue["missing"] or catalogue["duplicates"]:
        out().print(_findings(catalogue))
    if record["sound"]:
        say("The shop is sound.")


def _findings(catalogue: Mapping[str, Any]) -> Table:
    shown = table("what", "products", "such as", numeric=("products",))
    for missing in catalogue["missing"]:
        shown.add_row(f"no {missing['field']}", f"{missing['count']:,}", _listed(missing["examples"]))
    for double in catalogue["duplicates"]:
        groups = [" = ".join(group) for group in double["examples"]]
        shown.add_row(f"same {double['kind']}", f"{double['products']:,}", _listed(groups))
    return shown


def _listed(examples: list[str]) -> Any:
    from rich.text import Text

    return Text(printable(", ".join(examples[:EXAMPLES_SHOWN])))
