"""A shop learns from itself: its titles and pictures are pairs, and so are photos that it brings along.

Rows come from where the shop keeps them, and the shop goes on serving while they are learnt from; a better space
becomes a new version of the shop's pack, and the old version stays to go back to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tonggan.align.senses import Senses
from tonggan.catalogue.clean import is_visible
from tonggan.errors import NotReadyError
from tonggan.index.entries import text_of
from tonggan.learn.alignment import learn_alignment
from tonggan.learn.comparison import Comparison
from tonggan.learn.new_version import present_bridge, present_head, ready_bridge, write_version
from tonggan.learn.pair_file import PairLine
from tonggan.learn.pairs import Pairs
from tonggan.learn.photos import Joined, join_photos
from tonggan.learn.picture_head import LearntHead, Photos, learn_picture_head
from tonggan.records import Product, Vectors
from tonggan.shop import Shop
from tonggan.shop.projection import Listener, first_checksum

PRODUCTS = 20_000
"""Products that are learnt from, spread evenly over the catalogue: a minute on two cores."""


@dataclass(frozen=True, slots=True, eq=False)
class ShopAlignment:
    """What was learnt of a shop, before and after; `version` is that of the pack in use from now on."""

    comparisons: tuple[Comparison, ...]
    version: str
    previous: str
    remarks: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the comparisons and which version of the pack is used."""
        return {
            "version": self.version,
            "previous": self.previous,
            "is_changed": self.version != self.previous,
            "comparisons": [comparison.as_json() for comparison in self.comparisons],
            "remarks": list(self.remarks),
        }


def align_shop(
    shop: Shop, *, photos: Sequence[PairLine] = (), stage: int = 1, seed: int = 0, listener: Listener | None = None
) -> ShopAlignment:
    """Learn the spaces of a shop from its own pairs and from `photos`, and let it use what is better.

    Raises NotReadyError where the shop has no products yet, InputError where none of the photos can be learnt from,
    MissingExtraError where stage 1 lacks torch.
    """
    senses = shop.projection.standing.senses
    if senses is None:
        raise NotReadyError("The shop has no products to learn from.", remedy="Import some first.")
    catalogue = _read(shop, senses, photos)
    joined = join_photos(shop, senses, photos, ids=catalogue.ids, titles=catalogue.titles)
    pairs = _pairs(catalogue, joined, senses)
    ready = ready_bridge(shop, senses, text=pairs.a, image=pairs.b)
    aligned = learn_alignment(pairs, ready=ready, present=present_bridge(senses, ready), stage=stage, seed=seed)
    pictured = _pictured(catalogue, joined, senses, stage=stage, seed=seed)
    remarks = [*joined.remarks, *(() if aligned else (f"{len(pairs.a):,} pairs are too few to learn a space from.",))]
    if photos and pictured is None:
        remarks.append("Too few photos of products that have a picture to learn a measure of pictures from.")
    version = write_version(shop, senses, aligned, pictured)
    if version is not None:
        shop.projection.change(version, listener)
    found = tuple(each.comparison for each in (aligned, pictured) if each is not None)
    return ShopAlignment(found, (version or senses).fingerprint, senses.fingerprint, tuple(remarks))


@dataclass(frozen=True, slots=True, eq=False)
class _Catalogue:
    """Products side by side with their rows, zeros where there is no picture or nothing is said."""

    products: Sequence[Product]
    checksums: Sequence[str]
    text: Vectors
    image: Vectors

    @property
    def ids(self) -> dict[str, int]:
        return {product.id: at for at, product in enumerate(self.products)}

    @property
    def titles(self) -> dict[str, int]:
        return {_title(product): at for at, product in reversed(list(enumerate(self.products)))}


def _read(shop: Shop, senses: Senses, photos: Sequence[PairLine]) -> _Catalogue:
    products = list(_chosen(shop, photos))
    checksums = [first_checksum(product) for product in products]
    rows, encoder = shop.projection.rows, senses.encoders["image"]
    image = rows.picture_rows(encoder, senses.row_fingerprints["image"], checksums)
    nothing = np.zeros(encoder.dim, np.float32)
    table = np.array([nothing if row is None else row for row in image], np.float32).reshape(-1, encoder.dim)
    return _Catalogue(products, checksums, rows.text_rows(senses, [text_of(product) for product in products]), table)


def _chosen(shop: Shop, photos: Sequence[PairLine]) -> Iterator[Product]:
    """Published products, spread evenly over the catalogue, and all those that photos show."""
    every = max(1, -(-shop.store.count() // PRODUCTS))
    shown, told = {line.product_id for line in photos}, {line.text.strip().casefold() for line in photos if line.text}
    at = 0
    for batch in shop.store.scan():
        for product in batch:
            at += 1
            if is_visible(product) and (at % every == 0 or product.id in shown or _title(product) in told):
                yield product


def _title(product: Product) -> str:
    return product.title.strip().casefold() or product.id


def _pairs(catalogue: _Catalogue, joined: Joined, senses: Senses) -> Pairs:
    """The catalogue's own pairs first, then photos with the words of their product, or with their own."""
    photos, titles = joined.photos, [_title(product) for product in catalogue.products]
    own_words = iter(senses.encode_texts([photo.text for photo in photos if photo.product is None]))
    words = [next(own_words) if photo.product is None else catalogue.text[photo.product] for photo in photos]
    named = [photo.text.casefold() if photo.product is None else titles[photo.product] for photo in photos]
    return Pairs.of(
        np.array([*catalogue.text, *words], np.float32).reshape(-1, catalogue.text.shape[1]),
        np.array([*catalogue.image, *(photo.row for photo in photos)], np.float32).reshape(
            -1, catalogue.image.shape[1]
        ),
        labels_a=[*titles, *named],
        labels_b=[*catalogue.checksums, *(photo.checksum for photo in photos)],
    )


def _pictured(catalogue: _Catalogue, joined: Joined, senses: Senses, *, stage: int, seed: int) -> LearntHead | None:
    """Learn from the photos of products that have a picture."""
    present: list[int] = np.flatnonzero(catalogue.image.any(axis=1)).tolist()
    place = {position: at for at, position in enumerate(present)}
    shown = [photo for photo in joined.photos if photo.product in place]
    if not shown:
        return None
    photos = Photos(
        np.array([photo.row for photo in shown], np.float32),
        np.array([place[photo.product] for photo in shown if photo.product is not None], np.int64),
        catalogue.image[present],
        np.unique([catalogue.checksums[at] for at in present], return_inverse=True)[1],
    )
    return learn_picture_head(photos, present=present_head(senses), stage=stage, seed=seed)
