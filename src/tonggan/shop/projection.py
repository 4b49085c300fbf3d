"""catalogue -> encode -> align -> index: keeps what can be searched in step with the store."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from tonggan.align.senses import Base, Senses
from tonggan.catalogue import Change, Store
from tonggan.catalogue.clean import is_visible
from tonggan.catalogue.media import MediaFolder
from tonggan.errors import DiskFullError, NotFoundError, NotReadyError, TongganError
from tonggan.index import Index, IndexSchema, index_adapter
from tonggan.index.entries import WORD_FIELDS, entry_of, text_of
from tonggan.index.generations import Generations
from tonggan.records import Product, Rating
from tonggan.shop.encoding import Listener
from tonggan.shop.layout import Layout
from tonggan.shop.packs import ShopPacks
from tonggan.shop.rows import RowKeeper, first_checksum

BATCH = 512
"""Products encoded and indexed at once."""

REFIT_GROWTH = 2.0
"""The pack is fitted anew when the catalogue has grown by this factor since: words it has never seen have no vector."""

TEXT_SAMPLE = 20_000
"""Products whose texts the pack is fitted on at most."""

GRACE_SECONDS = 15.0
"""How long a replaced index stays readable: longer than any request may take."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The index that serves and the encoders whose vectors it holds; they are only ever swapped together."""

    index: Index
    senses: Senses | None


class Projection:
    """The searchable form of one store. One thread writes at a time; readers take `standing` and never wait.

    `lacking` says why there are no encoders, or none that suit what the catalogue has grown to: what they build on is
    gone. The shop then answers by words, or as before.
    """

    def __init__(self, store: Store, media: MediaFolder, layout: Layout, *, packs: ShopPacks, adapter: str) -> None:
        self._store = store
        self._media = media
        self._layout = layout
        self.packs = packs
        self.rows = RowKeeper(store, media)
        self._generations = Generations(layout.index, adapter=index_adapter(adapter))
        self._writing = threading.RLock()
        self._rebuilding = threading.RLock()
        self._retired: Standing | None = None
        self._retirement = threading.Timer(0, self._close_retired)
        self.rebuilt_because = ""
        self.lacking: TongganError | None = None
        self.standing = self._open()

    def catch_up(self, listener: Listener | None = None) -> None:
        """Apply every change of the store that the index has not seen."""
        with self._writing:
            self._replay(self.standing, listener)

    def refresh(self, listener: Listener | None = None) -> None:
        """Catch up, or fit the encoders anew and rebuild when the catalogue has outgrown them."""
        if self._is_outgrown():
            with self._rebuilding:
                if self._is_outgrown():
                    self._grow(listener)
        self.catch_up(listener)

    def rebuild(self, listener: Listener | None = None, *, is_refitting: bool = False) -> None:
        """Build a new index aside while the old one serves, bring it up to date, and swap."""
        with self._rebuilding:
            is_kept = not is_refitting
            self._swap(self.standing.senses if is_kept else self.fit(self.packs.base_in_use(), listener), listener)

    def fit(self, base: Base | None, listener: Listener | None = None) -> Senses:
        """Fit a pack of this shop on top of a base, none for nothing; what serves stays until the `change` to it."""
        with self._rebuilding:
            texts, checksums, ratings = self._sample()
            _tell(listener, "fit", 0, len(texts))
            products = self._store.count()
            return self.packs.fit(texts, checksums, ratings, rows=self.rows, products=products, base=base)

    def change(self, senses: Senses, listener: Listener | None = None) -> None:
        """Serve with other senses, of a pack of this shop, once an index of their vectors is built aside.

        A kill before that leaves the shop as it was.
        """
        with self._rebuilding:
            self._swap(senses, listener)

    def checkpoint(self) -> None:
        """Write to disk what the next open needs."""
        with self._writing:
            self.standing.index.checkpoint()

    def close(self) -> None:
        """Checkpoint and let go of the index."""
        with self._rebuilding, self._writing:
            self._close_retired()
            self.standing.index.checkpoint()
            self.standing.index.close()

    def _is_outgrown(self) -> bool:
        fitted = self.standing.senses.fitted_products if self.standing.senses else 0
        return self._store.count() >= max(1, REFIT_GROWTH * fitted)

    def _grow(self, listener: Listener | None) -> None:
        """Fit anew on what the encoders in use build on; where that is gone, they go on as they are."""
        try:
            base = self.packs.base_in_use()
        except (NotFoundError, NotReadyError) as error:
            self.lacking = error
            return
        self._swap(self.fit(base, listener), listener)

    def _open(self) -> Standing:
        senses, count = self._senses_at_open(), self._store.count()
        try:
            standing = Standing(self._generations.open(_schema(senses)), senses)
        except NotReadyError as error:
            self.rebuilt_because = self.rebuilt_because or (error.message if count else "")
            standing = self._build(senses, None)
            standing.index.checkpoint()
            self._generations.promote(standing.index)
        self._replay(standing, None)
        return standing

    def _senses_at_open(self) -> Senses | None:
        """Return the encoders in use, fitted anew where they cannot be trusted; none where what they need is gone."""
        try:
            senses = self.packs.load(served=self._generations.fingerprint())
            if senses is None and self._store.count():
                self.rebuilt_because = "The shop's encoders are lost, damaged or not fitted yet."
                senses = self.fit(self.packs.base_in_use())
                self.packs.point_at(senses)
        except (NotFoundError, NotReadyError) as error:
            self.lacking = error
            return None
        return senses

    def _swap(self, senses: Senses | None, listener: Listener | None) -> None:
        standing = self._build(senses, listener)
        try:
            self._replay(standing, listener)
            with self._writing:
                self._replay(standing, listener)
                standing.index.checkpoint()
                self._generations.promote(standing.index)
                retired, self.standing = self.standing, standing
        except BaseException:
            standing.index.close()
            raise
        if senses is not None:
            self._settle(senses)
        self._retire(retired)
        standing.index.optimize()

    def _settle(self, senses: Senses) -> None:
        """Note which pack is in use, and drop the rows that neither it nor one that is prepared needs."""
        self.lacking = None
        self.packs.point_at(senses)
        notes, used = self.packs.notes, frozenset(senses.row_fingerprints.values())
        wish, prepared = notes.wanted(), notes.prepared()
        with suppress(DiskFullError, NotReadyError):  # Rows that stay are dropped at the next swap.
            self._store.delete_vectors(keeping=used | prepared | frozenset(wish.rows if wish else ()))
        if prepared & used:
            notes.prepare(prepared - used)

    def _build(self, senses: Senses | None, listener: Listener | None) -> Standing:
        """A new index of the whole store, aside, as of the change at which the scan began."""
        standing = Standing(self._generations.create(_schema(senses)), senses)
        position, total, done = self._store.last_change(), self._store.count(), 0
        try:
            for products in self._store.scan(batch=BATCH):
                self._put(standing, products, position=0)
                done += len(products)
                _tell(listener, "index", done, total)
            standing.index.apply([], [], position=position)
        except BaseException:
            standing.index.close()
            raise
        return standing

    def _retire(self, standing: Standing) -> None:
        """Let requests that still read the old index end before it is closed."""
        self._close_retired()
        self._retired = standing
        self._retirement = threading.Timer(GRACE_SECONDS, self._close_retired)
        self._retirement.daemon = True
        self._retirement.start()

    def _close_retired(self) -> None:
        with self._writing:
            retired, self._retired = self._retired, None
            if retired is not None:
                self._retirement.cancel()
                retired.index.close()

    def _replay(self, standing: Standing, listener: Listener | None) -> None:
        position, last = standing.index.view().position, self._store.last_change()
        first = position
        while changes := self._store.changes(after=position, limit=BATCH):
            self._apply(standing, changes)
            position = changes[-1].sequence
            _tell(listener, "index", position - first, max(last, position) - first)

    def _apply(self, standing: Standing, changes: Sequence[Change]) -> None:
        touched = list(dict.fromkeys(change.product_id for change in changes))
        present = self._store.get(touched)
        gone = set(touched) - {product.id for product in present}
        self._put(standing, present, position=changes[-1].sequence, deletions=sorted(gone))

    def _put(
        self, standing: Standing, products: Sequence[Product], *, position: int, deletions: Sequence[str] = ()
    ) -> None:
        shown = [product for product in products if is_visible(product)]
        hidden = [product.id for product in products if not is_visible(product)]
        vectors = self._vectors(standing.senses, shown)
        entries = [entry_of(product, by_space) for product, by_space in zip(shown, vectors, strict=True)]
        standing.index.apply(entries, [*deletions, *hidden], position=position)

    def _vectors(self, senses: Senses | None, products: Sequence[Product]) -> list[dict[str, np.ndarray]]:
        if senses is None or not products:
            return [{} for _ in products]
        checksums = [first_checksum(product) for product in products]
        seen = self.rows.picture_rows(senses.encoders["image"], senses.row_fingerprints["image"], checksums)
        texts, ratings = [text_of(product) for product in products], [product.rating for product in products]
        return senses.encode_products(texts, seen, ratings, text_rows=self.rows.text_rows(senses, texts))

    def _sample(self) -> tuple[list[str], list[str], list[Rating | None]]:
        """Texts, first pictures and ratings of products spread evenly over the catalogue."""
        every = max(1, -(-self._store.count() // TEXT_SAMPLE))
        products = [product for at, product in enumerate(self._products()) if at % every == 0]
        texts = [text_of(product) for product in products]
        return texts, [first_checksum(product) for product in products], [product.rating for product in products]

    def _products(self) -> Iterator[Product]:
        for batch in self._store.scan():
            yield from batch


def _schema(senses: Senses | None) -> IndexSchema:
    return IndexSchema(dict(senses.spaces) if senses else {}, dict(WORD_FIELDS), senses.fingerprint if senses else "")


def _tell(listener: Listener | None, stage: str, done: int, total: int) -> None:
    if listener is not None:
        listener(stage, done, total)
