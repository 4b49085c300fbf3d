"""Rows made beforehand, on whatever machine has the power: under the pack in use, or one to be used later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tonggan.catalogue import Store
from tonggan.encode import EncodeSettings
from tonggan.errors import InputError, NotReadyError, unknown_name
from tonggan.shop.encoding import EncodeReport, Listener, RowMaker, RowWorkers, ThisProcess, encode_missing, makers_of
from tonggan.shop.projection import Projection

MODALITIES = ("image", "text")
"""What takes long enough to encode that its rows are kept."""


def prepare_rows(
    projection: Projection,
    store: Store,
    *,
    pack: str,
    modalities: Sequence[str],
    settings: EncodeSettings | None,
    listener: Listener | None,
) -> EncodeReport:
    """Encode what has no row yet under the pack in use, or under the one that is named, and keep the rows.

    With `settings` it is done by Ray. NotReadyError where no pack is in use yet, InputError for a modality that there
    is not.
    """
    for modality in modalities:
        if modality not in MODALITIES:
            raise InputError(unknown_name("modality", modality, MODALITIES))
    makers = _makers_of(projection, pack) if pack else _makers_in_use(projection)
    chosen = [maker for maker in makers if not modalities or maker.space in modalities]
    with _workers(projection, settings) as workers:
        return encode_missing(store, chosen, workers, listener=listener)


def _makers_in_use(projection: Projection) -> list[RowMaker]:
    senses = projection.standing.senses
    if senses is None:
        lacking = projection.lacking
        raise NotReadyError(
            lacking.message if lacking else "The shop uses no pack yet: it has no products.",
            remedy=lacking.remedy if lacking else "Import some, or name a pack with --pack.",
        )
    return projection.packs.makers(senses)


def _makers_of(projection: Projection, pack: str) -> list[RowMaker]:
    """Return the encoders of a pack to be used later, and note that their rows are to be kept until then."""
    packs, senses = projection.packs, projection.standing.senses
    base = packs.base_named(pack)
    if base is None:
        raise InputError(
            f"'{pack}' has no encoders before it is fitted on the shop's products.",
            remedy=f"Use it at once: tonggan packs use {pack}",
        )
    makers = makers_of(base)
    used = frozenset(senses.row_fingerprints.values()) if senses else frozenset()
    prepared = packs.notes.prepared() | {maker.fingerprint for maker in makers}
    packs.notes.prepare(prepared - used)
    return makers


@contextmanager
def _workers(projection: Projection, settings: EncodeSettings | None) -> Iterator[RowWorkers]:
    if settings is None:
        yield ThisProcess(projection.rows)
        return
    from tonggan.shop.ray_workers import ray_workers

    with ray_workers(projection.rows, settings=settings) as workers:
        yield workers
