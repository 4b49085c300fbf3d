"""feed -> catalogue: rows become products on disk, and every row is accounted for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from typing import Any

from tonggan.catalogue import Store, Written
from tonggan.catalogue.clean import clean
from tonggan.catalogue.seen import SeenIds
from tonggan.catalogue.wire import content_hash, product_as_json
from tonggan.feed import Feed
from tonggan.feed.grouping import grouped
from tonggan.feed.refusals import RefusalFile
from tonggan.records import Product, Refusal
from tonggan.shop.pictures import PictureKeeper, as_unseen

BATCH = 500
"""Products of one transaction: large enough that the sync costs little, small enough that a kill repeats little."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is: bytes while rows are read, products while they are indexed.

    `bytes_total` is 0 where the size of the source is not known.
    """

    stage: str
    rows: int
    bytes_read: int
    bytes_total: int
    seconds: float


ProgressListener = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of the rows of an import: rows in = accepted + updated + unchanged + refused."""

    accepted: int
    updated: int
    unchanged: int
    refused: int
    seconds: float
    products: int = 0
    pictures_kept: int = 0
    pictures_refused: int = 0
    pictures_skipped: int = 0
    refusals_path: str = ""
    is_dry_run: bool = False
    reasons: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return asdict(self)


@dataclass(slots=True)
class Importer:
    """One import into one store; `run` it once."""

    store: Store
    feed: Feed
    refusals: RefusalFile
    pictures: PictureKeeper | None
    default_currency: str = ""
    is_dry_run: bool = False
    listener: ProgressListener | None = None
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("accepted", "updated", "unchanged"), 0))
    refused: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    products: int = 0
    started: float = field(default_factory=time.monotonic)
    _seen: SeenIds = field(default_factory=SeenIds)

    def run(self) -> ImportReport:
        """Read the feed to its end; each batch is on disk before the next one is read."""
        with ExitStack() as stack:
            stack.enter_context(self.refusals)
            batch: dict[str, tuple[Product, int]] = {}
            for product, rows in self._products():
                batch[product.id] = (product, rows)
                if len(batch) == BATCH:
                    self._write(batch)
                    batch = {}
            self._write(batch)
        return self._report()

    @property
    def seconds(self) -> float:
        """How long the import has been running."""
        return time.monotonic() - self.started

    def _products(self) -> Iterator[tuple[Product, int]]:
        for group in grouped(self.feed):
            if isinstance(group, Refusal):
                self._refuse(group)
                continue
            cleaned = clean(group, default_currency=self.default_currency)
            for refusal in cleaned.refusals:
                self._refuse(refusal)
            rows = len(group) - len(cleaned.refusals)
            if cleaned.product is not None and self._is_new(cleaned.product, [offer.line for offer in group]):
                yield as_unseen(cleaned.product), rows

    def _is_new(self, product: Product, lines: Sequence[int]) -> bool:
        first = self._seen.first_line(product.id, lines[0])
        for line in lines if first else ():
            reason = f"The id stood at line {first} before."
            self._refuse(Refusal(line, "id", product.id, reason, "Give each product an id of its own."))
        return not first

    def _refuse(self, refusal: Refusal) -> None:
        self.refused += 1
        self.reasons[refusal.column] = self.reasons.get(refusal.column, 0) + 1
        self.refusals.write(refusal)

    def _write(self, batch: dict[str, tuple[Product, int]]) -> None:
        products = [product for product, _ in batch.values()]
        if not products:
            return
        written = self._compare(products) if self.is_dry_run else self.store.put(products)
        for outcome in self.counts:
            self.counts[outcome] += sum(batch[product_id][1] for product_id in getattr(written, outcome))
        self.products += len(products)
        if self.pictures is not None and not self.is_dry_run:
            self._keep_pictures(self.pictures, products)
        self._tell("rows")

    def _keep_pictures(self, pictures: PictureKeeper, products: Sequence[Product]) -> None:
        with_pictures = pictures.reachable(products)
        changed = pictures.keep(self.store.get(with_pictures)) if with_pictures else []
        if changed:
            self.store.put(changed)
        for product, media, error in pictures.refused:
            reason = f"Product {product.id}: {error.message}"
            self.refusals.write(Refusal(0, "image", media.source, reason, error.remedy))
        pictures.refused_count += len(pictures.refused)
        pictures.refused.clear()

    def _compare(self, products: Sequence[Product]) -> Written:
        """What a write would do."""
        stored = {product.id: _hash(product) for product in self.store.get([product.id for product in products])}
        accepted = tuple(product.id for product in products if product.id not in stored)
        unchanged = tuple(product.id for product in products if stored.get(product.id) == _hash(product))
        updated = tuple(product.id for product in products if product.id not in {*accepted, *unchanged})
        return Written(accepted, updated, unchanged)

    def _tell(self, stage: str) -> None:
        if self.listener is not None:
            rows = self.refused + sum(self.counts.values())
            self.listener(Progress(stage, rows, self.feed.bytes_read, self.feed.bytes_total, self.seconds))

    def _report(self) -> ImportReport:
        return ImportReport(
            **self.counts,
            refused=self.refused,
            seconds=round(self.seconds, 3),
            products=self.products,
            pictures_kept=self.pictures.kept if self.pictures else 0,
            pictures_refused=self.pictures.refused_count if self.pictures else 0,
            pictures_skipped=self.pictures.skipped if self.pictures else 0,
            refusals_path=str(self.refusals.path) if self.refusals.count else "",
            is_dry_run=self.is_dry_run,
            reasons=dict(sorted(self.reasons.items())),
        )


def _hash(product: Product) -> bytes:
    return content_hash(product_as_json(product))
