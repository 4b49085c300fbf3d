"""Pictures of imported products: fetched, checked and kept, each source once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from tonggan.catalogue.fetch import FetchLimits, read_source
from tonggan.catalogue.media import MediaFolder
from tonggan.encode.background import foreground
from tonggan.encode.colours import dominant_colours
from tonggan.encode.pattern import pattern_of
from tonggan.errors import InputError
from tonggan.records import Media, Product

LOOKED_AT_SIDE = 192
"""Pixels of the long side at which pictures are looked at: what patterns need, the most demanding of all."""

FAILURES_PER_HOST = 3
"""Pictures that one host may fail to deliver before the rest of its pictures waits for the next import."""


@dataclass(slots=True)
class PictureKeeper:
    """Keeps the pictures of one import; `refused` tells which sources could not be taken and why."""

    media: MediaFolder
    folder: Path | None
    limits: FetchLimits
    most: int
    is_remote_allowed: bool
    kept: int = 0
    refused: list[tuple[Product, Media, InputError]] = field(default_factory=list)
    refused_count: int = 0
    skipped: int = 0
    _failures: Counter[str] = field(default_factory=Counter)

    def keep(self, products: Sequence[Product]) -> list[Product]:
        """Return the products whose pictures are now kept, with what these show; the others are left out."""
        wanted = [(product, media) for product in products for media in self._missing(product)]
        seen: dict[str, dict[str, Media]] = {}
        for (product, media), outcome in self.media.put_many(self._loaders(wanted)):
            if isinstance(outcome, InputError):
                self._note_failure(product, media, outcome)
            else:
                self.kept += 1
                seen.setdefault(product.id, {})[media.source] = self._look_at(media, outcome.checksum)
        return [_with_seen(product, seen[product.id]) for product in products if product.id in seen]

    def _look_at(self, media: Media, checksum: str) -> Media:
        picture = self.media.open_picture(checksum, long_side=LOOKED_AT_SIDE)
        product = foreground(picture)
        colours = tuple(f"{colour.name_en} {colour.name_zh}" for colour in dominant_colours(picture, product))
        pattern = pattern_of(picture, product)
        named = f"{pattern.name_en} {pattern.name_zh}" if pattern else ""
        return replace(media, checksum=checksum, colours=colours, pattern=named)

    def reachable(self, products: Sequence[Product]) -> list[str]:
        """Return the ids of products with a picture that can be asked for now; the others count as skipped."""
        product_ids = []
        for product in products:
            pictures = _pictures(product, self.most)
            if any(self._is_reachable(media) for media in pictures):
                product_ids.append(product.id)
            else:
                self.skipped += len(pictures)
        return product_ids

    def _missing(self, product: Product) -> list[Media]:
        unique = {media.source: media for media in _pictures(product, self.most) if not media.checksum}
        wanted = [media for media in unique.values() if self._is_reachable(media)]
        self.skipped += len(unique) - len(wanted)
        return wanted

    def _is_reachable(self, media: Media) -> bool:
        host = _host(media)
        return not host or (self.is_remote_allowed and self._failures[host] < FAILURES_PER_HOST)

    def _loaders(
        self, wanted: Iterable[tuple[Product, Media]]
    ) -> Iterator[tuple[tuple[Product, Media], Callable[[], bytes]]]:
        for product, media in wanted:
            yield (product, media), partial(self._load, media)

    def _load(self, media: Media) -> bytes:
        if self._failures[_host(media)] >= FAILURES_PER_HOST:
            raise _HostGivenUpError(f"{_host(media)} failed before.", remedy="Import again when it answers.")
        return read_source(media.source, folder=self.folder, limits=self.limits)

    def _note_failure(self, product: Product, media: Media, error: InputError) -> None:
        if isinstance(error, _HostGivenUpError):
            self.skipped += 1
            return
        if _host(media):
            self._failures[_host(media)] += 1
        self.refused.append((product, media, error))


def as_unseen(product: Product) -> Product:
    """Return a product as a feed may give it: what was seen in its media is found here, and not taken from outside."""
    return _with_media(product, _unseen)


class _HostGivenUpError(InputError):
    """The picture was not asked for, since its host has failed before."""


def _host(media: Media) -> str:
    source = media.source
    return urlsplit(source).netloc if source.lower().startswith(("http://", "https://", "//")) else ""


def _pictures(product: Product, most: int) -> list[Media]:
    pictures = [media for media in product.media if media.kind == "image"][:most]
    return [*pictures, *(media for variant in product.variants for media in variant.media[:1] if media.kind == "image")]


def _unseen(media: Media) -> Media:
    is_seen = media.checksum or media.colours or media.pattern
    return replace(media, checksum="", colours=(), pattern="") if is_seen else media


def _with_seen(product: Product, seen: dict[str, Media]) -> Product:
    return _with_media(product, lambda media: seen.get(media.source, media))


def _with_media(product: Product, change: Callable[[Media], Media]) -> Product:
    variants = tuple(replace(variant, media=tuple(map(change, variant.media))) for variant in product.variants)
    return replace(product, media=tuple(map(change, product.media)), variants=variants)
