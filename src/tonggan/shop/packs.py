"""The packs that a shop has fitted on itself, which of them it uses, and what they are based on."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from tonggan.align.catalogue_pack import PictureRows, fit_catalogue_pack
from tonggan.align.senses import SPACES, Base, Senses, load_pack, open_base
from tonggan.encode import DEFAULT_SETTINGS, EncodeSettings
from tonggan.errors import InputError, NotFoundError, NotReadyError
from tonggan.packs import MANIFEST, Pack
from tonggan.packs.folder import read_pack
from tonggan.packs.library import PackLibrary
from tonggan.packs.manifest import parse_manifest, part_fingerprint
from tonggan.records import Rating
from tonggan.shop.encoding import RowMaker
from tonggan.shop.learnt_parts import carry_learnt_parts
from tonggan.shop.pack_notes import PackNotes
from tonggan.shop.rows import RowKeeper

KEPT_VERSIONS = 5
"""Packs that are kept to go back to, the one in use among them."""

CATALOGUE = "catalogue"
"""The name that stands for no base: every encoder is fitted on the shop's own products."""


@dataclass(frozen=True, slots=True)
class PackVersion:
    """A pack that the shop has used: when it was made (ISO 8601, UTC), and what was measured then."""

    version: str
    made_at: str
    is_used: bool
    measures: Mapping[str, float]


class ShopPacks:
    """A folder of fitted packs with a note of the one in use; a lost or damaged pack is fitted anew.

    A shop's first fit is based on the pack named `start`; later ones on the base of the pack in use.
    """

    def __init__(
        self,
        folder: Path,
        *,
        library: PackLibrary | None = None,
        start: str = CATALOGUE,
        settings: EncodeSettings = DEFAULT_SETTINGS,
    ) -> None:
        self.folder = folder
        self.library = library or PackLibrary.of_user()
        self.notes = PackNotes(folder)
        self._start = start
        self._settings = settings

    def load(self, *, served: str = "") -> Senses | None:
        """Return the senses of the pack in use; none where there is none that can be trusted.

        `served` is the fingerprint of the encoders whose vectors the index holds: where a kill came between the swap
        of the index and the note, or the note is lost, that pack is the one in use. Raises NotReadyError where the base
        of a pack that can be trusted is gone.
        """
        for version in dict.fromkeys(name for name in (served, self.notes.current()) if name):
            senses = self._trusted(version)
            if senses is not None:
                if self.notes.current() != version:
                    self.point_at(senses)
                return senses
        self.notes.forget_current()
        return None

    def fit(
        self,
        texts: Sequence[str],
        checksums: Sequence[str],
        ratings: Sequence[Rating | None],
        *,
        rows: RowKeeper,
        products: int,
        base: Base | None,
    ) -> Senses:
        """Fit a pack on a sample of `products` products given side by side, on top of a base; it is not in use yet.

        What the shop was taught by its own pairs and photos stays with it while the base does.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        fitted = fit_catalogue_pack(
            texts,
            [partial(rows.picture, checksum) if checksum else None for checksum in checksums],
            ratings,
            self.folder,
            base=base,
            picture_rows=_rows_of(base, checksums, rows),
            settings=self._settings,
            products=products,
        )
        return self._taught(fitted, base)

    def point_at(self, senses: Senses) -> None:
        """Use a pack of this folder from the next open on, and remove all but the newest of the others."""
        self.notes.use(senses.folder.name)
        wish = self.notes.wanted()
        spared = {senses.folder.name, wish.version if wish else ""}
        others = [folder for folder in self._folders() if folder.name not in spared]
        unfinished_folders = [folder for folder in others if not _made(folder)]
        for folder in {*others[KEPT_VERSIONS - 1 :], *unfinished_folders}:
            shutil.rmtree(folder, ignore_errors=True)

    def base_in_use(self) -> Base | None:
        """Return what the pack in use is built on, before there is one what a new shop starts with; none for nothing.

        Raises NotReadyError where that is gone, NotFoundError where a new shop is to start with what is not here.
        """
        version = self.notes.current() or next((each.version for each in self.versions()), "")
        if not version:
            return None if self._start == CATALOGUE else self.opened(self.library.find(self._start))
        pack = parse_manifest(self.folder / version)
        return self.opened(self._base_of(pack)) if pack.base else None

    def base_named(self, name_or_folder: str) -> Base | None:
        """Return a pack to build on, by its name in the library or its folder; none for `catalogue`.

        A pack outside the library is added to it, so that it is found again. Raises NotFoundError, NotReadyError with
        file and reason where it cannot be trusted, InputError where nothing can be built on it.
        """
        if name_or_folder == CATALOGUE:
            return None
        pack = self.library.find(name_or_folder)
        _require_base(pack)
        base = self.opened(pack)
        kept = {each.pack.fingerprint for each in self.library.list() if each.pack}
        return base if pack.fingerprint in kept else self.opened(self.library.add(pack.folder))

    def base_with(self, fingerprint: str) -> Base | None:
        """Return the pack with a fingerprint to build on, none for an empty one; NotReadyError where it is not here."""
        return self.opened(self.library.with_fingerprint(fingerprint)) if fingerprint else None

    def opened(self, pack: Pack) -> Base:
        """Return a verified pack with its encoders."""
        return open_base(pack, settings=self._settings)

    def makers(self, senses: Senses) -> list[RowMaker]:
        """Return those encoders of a pack of this shop whose rows are worth keeping."""
        own = parse_manifest(senses.folder)
        base = self._base_of(own) if own.base else own
        return [
            RowMaker(space, senses.encoders[space], own if space in own.parts else base, senses.row_fingerprints[space])
            for space in sorted(senses.costly)
        ]

    def name_of(self, pack: Pack) -> str:
        """Return the name under which a pack stands in the library."""
        kept = (each for each in self.library.list() if each.pack and each.pack.fingerprint == pack.fingerprint)
        return next((each.name for each in kept), pack.origin.name)

    def successor(self) -> Pack | None:
        """Return the pack of the library that has the name of a base that is gone, as after an upgrade."""
        with suppress(NotReadyError):
            name = parse_manifest(self.folder / self.notes.current()).origin.name
            return next(
                (each.pack for each in self.library.list() if each.pack and each.pack.origin.name == name), None
            )
        return None

    def versions(self) -> tuple[PackVersion, ...]:
        """Return the packs that can be gone back to and the one in use, newest first; damaged ones are left out."""
        used = self.notes.current()
        found = []
        for folder in self._folders():
            with suppress(NotReadyError):
                pack = parse_manifest(folder)
                found.append(PackVersion(pack.fingerprint, _made_at(folder), folder.name == used, pack.measures))
        return tuple(found)

    def open(self, version: str) -> Senses:
        """Return the senses of a version, named by its fingerprint or the beginning of it.

        Raises NotFoundError where none or more than one begins so, NotReadyError where it is damaged.
        """
        known = [each.version for each in self.versions()]
        matches = [name for name in known if version and name.startswith(version)]
        if len(matches) != 1:
            raise NotFoundError(
                f"{'No' if not matches else 'More than one'} version begins with '{version}'; "
                f"there are: {', '.join(known) or 'none'}.",
                remedy="Name one of them.",
            )
        return self._opened(self.folder / matches[0])

    def _taught(self, fitted: Senses, base: Base | None) -> Senses:
        """The fitted pack with what the pack in use had learnt, where both build on the same base."""
        version = self.notes.current()
        if base is None or not version:
            return fitted
        with suppress(NotReadyError):  # What was learnt is lost with a damaged pack, which is fitted anew just now.
            before = read_pack(self.folder / version)
            if before.base == base.pack.fingerprint:
                new = read_pack(fitted.folder)
                taught = carry_learnt_parts(before, new, base=base.pack, packs=self.folder)
                return fitted if taught is new else self._opened(taught.folder)
        return fitted

    def _folders(self) -> list[Path]:
        """The folders of packs, the newest first, and last what a killed process left unfinished."""
        folders = [folder for folder in self.folder.iterdir() if folder.is_dir()] if self.folder.is_dir() else []
        return sorted(folders, key=lambda folder: (_made(folder), folder.name), reverse=True)

    def _trusted(self, version: str) -> Senses | None:
        """Return the senses of a pack of this folder; none where it is damaged or lost."""
        try:
            own = read_pack(self.folder / version)
        except (NotReadyError, ValueError, OSError):  # A note of garbage names no path.
            return None
        try:
            return self._opened(own.folder)
        except NotReadyError as error:
            if own.base:
                raise _gone(own, error) from error
            return None

    def _opened(self, folder: Path) -> Senses:
        own = parse_manifest(folder)
        return load_pack(folder, find_base=lambda _: self._base_of(own), settings=self._settings)

    def _base_of(self, pack: Pack) -> Pack:
        try:
            return self.library.with_fingerprint(pack.base)
        except NotReadyError as error:
            raise _gone(pack, error) from error


def _gone(pack: Pack, error: NotReadyError) -> NotReadyError:
    """What a sound pack of the shop lacks: the pack that it builds on is not here any more, or is damaged here."""
    name = pack.origin.name
    return NotReadyError(
        f"This shop builds on the pack '{name}', which is not here as it was: {error.message}",
        remedy=f"tonggan packs get {name}, or let the shop use another: tonggan packs use NAME",
    )


def _require_base(pack: Pack) -> None:
    """Raise InputError for a pack without encoders, or one that a shop has fitted on top of another."""
    if pack.base:
        raise InputError(
            f"{pack.folder} is a shop's own version of '{pack.origin.name}'.", remedy="Use the pack of that name."
        )
    if not any(space in pack.parts for space in SPACES):
        raise InputError(
            f"{pack.folder} has no encoder for {' or '.join(SPACES)}; its parts: {', '.join(pack.parts) or 'none'}.",
            remedy="Use a pack that `tonggan packs list` shows.",
        )


def _rows_of(base: Base | None, checksums: Sequence[str], rows: RowKeeper) -> PictureRows | None:
    if base is None or "image" not in base.encoders:
        return None
    encoder, fingerprint = base.encoders["image"], part_fingerprint(base.pack, "image")

    def chosen_rows(positions: Sequence[int]) -> list[np.ndarray | None]:
        return rows.picture_rows(encoder, fingerprint, [checksums[at] for at in positions])

    return chosen_rows


def _made(folder: Path) -> float:
    manifest = folder / MANIFEST
    return manifest.stat().st_mtime if manifest.exists() else 0.0


def _made_at(folder: Path) -> str:
    return datetime.fromtimestamp(_made(folder), UTC).isoformat(timespec="seconds")
