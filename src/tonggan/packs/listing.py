"""What is told of packs, as plain values: those of a library, and the published ones that are not there yet."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tonggan.packs import Pack
from tonggan.packs.library import KeptPack, PackLibrary
from tonggan.packs.published import PublishedPack, published


def pack_records(library: PackLibrary) -> list[dict[str, Any]]:
    """Return a record of each pack of a library, then of each published one that it has not."""
    kept = kept_records(library)
    here = {record["name"] for record in kept}
    return kept + [_published_record(row) for row in published().values() if row.name not in here]


def kept_records(library: PackLibrary) -> list[dict[str, Any]]:
    """Return a record of each pack of a library; `state` is bundled, installed or damaged."""
    return [_kept_record(kept) for kept in library.list()]


def pack_record(name: str, pack: Pack) -> dict[str, Any]:
    """Return what a pack is: where it is from, under which licence, how large it is."""
    return {
        "name": name,
        "folder": str(pack.folder),
        "fingerprint": pack.fingerprint,
        **{key: value for key, value in asdict(pack.origin).items() if key != "name"},
        "dims": {part: pack.parts[part].dim for part in pack.parts},
        "bytes": size_of(pack),
    }


def size_of(pack: Pack) -> int:
    """Return how many bytes the files of a pack have."""
    return sum(file.size_bytes for file in pack.files.values())


def _kept_record(kept: KeptPack) -> dict[str, Any]:
    state = "bundled" if kept.is_bundled else "installed"
    if kept.pack is None:
        return {"name": kept.name, "state": "damaged", "problem": kept.problem}
    row = published().get(kept.name)
    return {"state": state, "what": row.what if row else "", **pack_record(kept.name, kept.pack)}


def _published_record(row: PublishedPack) -> dict[str, Any]:
    return {
        "name": row.name,
        "state": "published",
        "what": row.what,
        "source": row.source,
        "revision": row.revision,
        "licence": row.licence,
        "languages": list(row.languages),
        "dims": dict.fromkeys(row.modalities, row.dim),
        "bytes_approximate": row.size_bytes_approximate,
    }
