"""`packs`: which models there are, which of them are here, and which the shop uses."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonggan.cli.opening import Record, on_device, open_shop, require_free, require_shop
from tonggan.cli.options import DEFAULT_SHOP, AsJson, Batch, Device, Quiet, ShopFolder
from tonggan.cli.progress import counting, importing
from tonggan.cli.screen import out, print_json, printable, remark, say, table
from tonggan.errors import InputError, NotFoundError, NotReadyError, unknown_name

if TYPE_CHECKING:
    from rich.table import Table

    from tonggan.packs import Pack
    from tonggan.packs.library import PackLibrary
    from tonggan.packs.published import PublishedPack

app = typer.Typer(no_args_is_help=True, help="Models that understand words and pictures: list, get, use, verify them.")

PRECISIONS = ("auto", "float32", "int8")
"""How the numbers of a model are kept; `auto` takes int8 where it is faster here and drifts little."""

PackName = Annotated[str, typer.Argument(metavar="NAME", help="A name that `packs list` shows, or a pack's folder.")]
AnyShop = Annotated[
    Path | None,
    typer.Option("--shop", envvar="TONGGAN_SHOP", help="Show which one this shop uses.", metavar="DIR"),
]
FromFolder = Annotated[
    Path | None, typer.Option("--from", help="Take the files from this folder, with no network.", metavar="DIR")
]


@app.command("list")
def list_packs(shop: AnyShop = None, *, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """List the packs that are here and the published ones that can be fetched, with licence, size and languages."""
    from tonggan.packs.listing import pack_records

    library = _library()
    used = _used(shop, library) if shop is not None else None
    records = pack_records(library)
    if as_json:
        print_json({"packs": records, "used": used})
        return
    out().print(_listing(records, used_name=used["name"] if used else ""))
    if used is not None and not quiet:
        say(f"{shop} uses {_told(used)}.")


@app.command()
def get(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A published name that `packs list` shows.")],
    *,
    from_folder: FromFolder = None,
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="You have read the licence, and it lets you use the model.")
    ] = False,
    precision: Annotated[str, typer.Option(help="auto, float32 or int8.")] = "auto",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fetch a published model and make a pack of it; what was broken off goes on where it stopped.

    HF_ENDPOINT names another hub, HF_HUB_OFFLINE=1 forbids the network.
    """
    from tonggan.packs.published import published_pack

    if precision not in PRECISIONS:
        raise InputError(unknown_name("precision", precision, PRECISIONS))
    row, library = published_pack(name), _library()
    pack = _sound(library, name)
    is_new = pack is None
    if pack is None:
        _require_consent(row, is_accepted=accept_licence)
        if not quiet and not as_json:
            remark(f"{name}: about {_size(row.size_bytes_approximate)}, licence {row.licence}, from {row.source}.")
        pack = _made(library, row, from_folder=from_folder, precision=precision, is_quiet=quiet or as_json)
    if as_json:
        print_json({"is_new": is_new, **_record(name, pack)})
    elif not quiet:
        say(f"{name} is {'ready' if is_new else 'here already'} in {pack.folder}.")
        say(f"Next: tonggan packs use {name} --shop DIR")


@app.command()
def use(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A name that `packs list` shows, a pack's folder, or `catalogue`: what the shop learns from itself.",
        ),
    ],
    *,
    shop: ShopFolder = DEFAULT_SHOP,
    device: Device = "",
    batch: Batch = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Let a shop understand its products by another pack; it answers by the old one until the new one is through.

    Broken off, it goes on at the next open. A shop that is being served is changed by its server, on that one's device.
    """
    from tonggan.shop.packs import CATALOGUE

    require_shop(shop)
    pack = None if name == CATALOGUE else _library().find(name)
    if device or batch:
        require_free(shop, action="packs use with --device or --batch")
    with (
        open_shop(shop, environ=on_device(device, batch)) as opened,
        importing(is_quiet=quiet or as_json, first="encode") as listener,
    ):
        # A folder is looked for where the command runs, not where the server does.
        wanted = str(pack.folder.resolve()) if pack and Path(name).is_dir() else name
        fingerprint = opened.use_pack(wanted, listener=listener)
    record = _record(name, pack) if pack else {"name": name}
    if as_json:
        print_json({"shop": str(shop), **record, "version": fingerprint})
    elif not quiet:
        say(f"{shop} uses {name} now.")


@app.command()
def verify(name: PackName, *, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Compare every file of a pack with its checksum; exit code 8 where one is not what it should be."""
    pack = _library().find(name)
    if as_json:
        print_json({"sound": True, **_record(name, pack)})
    elif not quiet:
        size = _size(_record(name, pack)["bytes"])
        say(f"{name} is sound: {len(pack.files):,} files, {size}, fingerprint {pack.fingerprint}.")


@app.command()
def card(name: PackName, *, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Print what a pack says of itself: what it was made of, under which licences, and how well it does."""
    from tonggan.packs.folder import read_card
    from tonggan.packs.manifest import parse_manifest

    pack = parse_manifest(_library().folder_of(name))
    text = read_card(pack)
    if as_json:
        print_json({**_record(name, pack), "measures": dict(pack.measures), "card": text})
        return
    for line in text.splitlines():
        say(printable(line))


@app.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name that `packs list` shows as here.")],
    *,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Remove a pack from this machine; the one inside the package stays."""
    _library().remove(name)
    if as_json:
        print_json({"removed": name})
    elif not quiet:
        say(f"{name} is gone.")


def _library() -> PackLibrary:
    from tonggan.packs.library import PackLibrary

    return PackLibrary.of_user(os.environ)


def _sound(library: PackLibrary, name: str) -> Pack | None:
    """The pack of a name where it is here and undamaged."""
    try:
        return library.find(name)
    except (NotFoundError, NotReadyError):
        return None


def _require_consent(row: PublishedPack, *, is_accepted: bool) -> None:
    if row.has_free_licence or is_accepted:
        return
    from tonggan.packs.published import UNKNOWN_LICENCE

    told = "names no licence for it" if row.licence == UNKNOWN_LICENCE else f"gives it under {row.licence}"
    raise InputError(
        f"The publisher of {row.name} ({row.source}, about {_size(row.size_bytes_approximate)}) {told}.",
        remedy=f"Read its card at the hub; if you may use it: tonggan packs get {row.name} --accept-licence",
    )


def _made(
    library: PackLibrary, row: PublishedPack, *, from_folder: Path | None, precision: str, is_quiet: bool
) -> Pack:
    from tonggan.encode.published import convert
    from tonggan.packs.fetching import download

    with library.workplace(row.name) as place:
        with counting(f"fetching {row.name}", unit="bytes", is_quiet=is_quiet) as counter:
            source = download(row, place / "files", from_folder=from_folder, environ=os.environ, listener=counter)
        target = place / "pack"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        convert(source, row, target, precision=precision)
        return library.place(target, name=row.name)


def _record(name: str, pack: Pack) -> Record:
    from tonggan.packs.listing import pack_record

    return pack_record(name, pack)


def _used(shop: Path, library: PackLibrary) -> Record:
    """Which pack a shop uses: its own, fitted on its catalogue, on top of one of the library or of none."""
    from tonggan.packs.manifest import parse_manifest
    from tonggan.shop.layout import Layout
    from tonggan.shop.pack_notes import PackNotes

    require_shop(shop)
    folder = Layout(shop).packs
    try:
        pack = parse_manifest(folder / PackNotes(folder).current())
    except NotReadyError:
        return {"name": "", "fingerprint": "", "base": ""}
    names = {kept.pack.fingerprint: kept.name for kept in library.list() if kept.pack}
    return {"name": names.get(pack.base, ""), "fingerprint": pack.fingerprint, "base": pack.base}


def _told(used: Record) -> str:
    if used["name"]:
        return used["name"]
    if used["base"]:
        return f"a pack that is not here any more ({used['base']})"
    return "what it has learnt from its own catalogue" if used["fingerprint"] else "no pack yet"


def _listing(records: Iterable[Record], *, used_name: str) -> Table:
    from rich.text import Text

    shown = table("name", "state", "what", "languages", "dimensions", "licence", "size", numeric=("size",))
    for record in records:
        state = record["state"] + (", used" if record["name"] == used_name else "")
        what = record.get("problem") or record.get("what") or ""
        dims = ", ".join(f"{part} {dim}" for part, dim in record.get("dims", {}).items())
        licence, languages = record.get("licence", ""), ", ".join(record.get("languages", ()))
        cells = (record["name"], state, what, languages, dims, licence, _record_size(record))
        shown.add_row(*(Text(printable(cell)) for cell in cells))
    return shown


def _record_size(record: Record) -> str:
    if "bytes" in record:
        return _size(record["bytes"])
    return f"~ {_size(record['bytes_approximate'])}" if "bytes_approximate" in record else ""


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
