"""The shop: the two request flows, one line per stage, and the class that users touch.

feed -> catalogue -> encode -> align -> index          Shop.ingest
understand -> retrieve -> rank -> answer               Shop.search
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

from tonggan.answer.explanation import Explanation
from tonggan.catalogue.fetch import FetchLimits
from tonggan.catalogue.lock import WriterLock
from tonggan.catalogue.media import Crop, MediaFolder, decode_query
from tonggan.catalogue.picture_workers import PictureWorkers
from tonggan.catalogue.store import SqlStore
from tonggan.encode import EncodeSettings
from tonggan.errors import InputError, NotFoundError, TongganError
from tonggan.feed import FeedMapping, open_feed
from tonggan.feed.refusals import RefusalFile
from tonggan.packs.library import PackLibrary
from tonggan.rank import RankSettings
from tonggan.rank.order import Ranking
from tonggan.records import Answer, Picture, Product
from tonggan.retrieve import RetrievalSettings
from tonggan.retrieve.facets import useful_facets
from tonggan.settings import read_settings
from tonggan.shop.answering import Answering, AnswerSettings
from tonggan.shop.encoding import EncodeReport, Listener
from tonggan.shop.explaining import Explainer
from tonggan.shop.ingestion import Importer, ImportReport, Progress, ProgressListener
from tonggan.shop.layout import Layout, ShopSettings
from tonggan.shop.pack_change import PackChange
from tonggan.shop.packs import ShopPacks
from tonggan.shop.pictures import PictureKeeper
from tonggan.shop.preparation import prepare_rows
from tonggan.shop.projection import Projection
from tonggan.shop.requests import Names, SearchOptions, build_query, names
from tonggan.shop.rule_book import RuleDesk, desk_of
from tonggan.understand.suggest.suggestions import Suggestion

__all__ = ["EncodeReport", "ImportReport", "Progress", "Shop", "ShopSettings"]

PAGE_FACETS = 12
"""Facet fields offered when nobody asked for particular ones."""


class Shop:
    """A catalogue and its search, in one folder. One process opens it at a time.

    >>> with Shop.open("shop") as shop:  # doctest: +SKIP
    ...     shop.ingest("products_export.csv").accepted
    ...     shop.search("红色连衣裙", filter_by="price:<200", facet_by=["brand"]).found
    """

    def __init__(
        self,
        folder: Path,
        *,
        settings: ShopSettings,
        encoding: EncodeSettings,
        answering: AnswerSettings,
        lock: WriterLock,
    ) -> None:
        self.folder = folder
        self.settings = settings
        self.lock = lock
        self._importing = threading.Lock()
        self._useful_facets: tuple[int, list[str]] = (-1, [])
        self._layout = Layout(folder)
        self.store = SqlStore(settings.store or folder, lock=lock)
        self._workers = PictureWorkers(settings.picture_workers)
        self.media = MediaFolder(self._layout.media, workers=self._workers)
        packs = ShopPacks(self._layout.packs, start=settings.pack, settings=encoding)
        self.projection = Projection(self.store, self.media, self._layout, packs=packs, adapter=settings.index)
        self._answering = Answering(self.store, self.projection, layout=self._layout, settings=answering)
        self._encoding = encoding
        self._change = PackChange(self.store, self.projection)
        self._change.resume_later()

    @classmethod
    def open(cls, folder: str | Path, *, environ: Mapping[str, str] = {}, **overrides: Any) -> Shop:
        """Open a shop, making an empty one where the folder is missing or empty.

        `overrides` replace fields of ShopSettings. Raises ConflictError when another process has it open, InputError
        when the folder holds something else.
        """
        layout = Layout(Path(folder))
        _check_folder(layout)
        layout.folder.mkdir(parents=True, exist_ok=True)
        settings = read_settings(ShopSettings, layout.settings, section="shop", environ=environ, **overrides)
        encoding = read_settings(EncodeSettings, layout.settings, section="encode", environ=environ)
        answering = AnswerSettings(
            retrieval=read_settings(RetrievalSettings, layout.settings, section="retrieval", environ=environ),
            rank=read_settings(RankSettings, layout.settings, section="rank", environ=environ),
        )
        lock = WriterLock.acquire(layout.folder)
        try:
            return cls(layout.folder, settings=settings, encoding=encoding, answering=answering, lock=lock)
        except BaseException:
            lock.release()
            raise

    def ingest(
        self,
        source: Any,
        *,
        mapping: FeedMapping | None = None,
        dry_run: bool = False,
        progress: ProgressListener | None = None,
    ) -> ImportReport:
        """Take a merchant's file, folder, table or records into the catalogue, and make it searchable.

        Rows in = accepted + updated + unchanged + refused; refused rows stand in `refused.csv` of the shop. One import
        runs at a time, a second one waits. Where it breaks off, what was taken until then can be found.
        """
        feed = open_feed(source, mapping=mapping)
        is_path = isinstance(source, str | Path)
        importer = Importer(
            store=self.store,
            feed=feed,
            refusals=RefusalFile(self._layout.refusals if is_path else self._layout.record_refusals),
            pictures=self._picture_keeper(feed.folder if is_path else None),
            default_currency=self.settings.currency,
            is_dry_run=dry_run,
            listener=progress,
        )
        with self._importing:
            report = self._run(importer)
            if dry_run:
                return report
            self.projection.refresh(_stage_listener(progress, since=importer.started))
            return replace(report, seconds=round(importer.seconds, 3))

    def put(self, records: Sequence[Mapping[str, Any]]) -> ImportReport:
        """Add or replace products given as JSON records; they can be found when this returns.

        A record is written as `GET /products` shows it, or as any feed would: names of columns are recognised.
        """
        if isinstance(records, Mapping):
            raise InputError("One record was given, not a list of them.", remedy="Put it into a list.")
        return self.ingest(list(records))

    def delete(self, product_ids: str | Sequence[str]) -> tuple[str, ...]:
        """Erase products, one or several, from store, index and media; return the ids that were there."""
        product_ids = [product_ids] if isinstance(product_ids, str) else product_ids
        doomed = self.store.get(product_ids)
        deleted = self.store.delete(product_ids)
        self.projection.catch_up()
        self._answering.erased()
        self._erase_pictures(doomed)
        return deleted

    def get(self, product_id: str) -> Product:
        """Return one product; NotFoundError when there is none."""
        found = self.store.get([product_id])
        if not found:
            raise NotFoundError(f"No product '{product_id}'.", remedy="Search for it, or import it first.")
        return found[0]

    @property
    def library(self) -> PackLibrary:
        """Return the packs that are here to be used."""
        return self.projection.packs.library

    def use_pack(self, name: str, *, progress: ProgressListener | None = None) -> str:
        """Understand products by another pack, and return the fingerprint of what the shop then uses.

        `name` is a pack of the user's library, a pack's folder, or `catalogue` for what the shop learns from itself
        alone. The shop answers by the old pack until the new one is through, and takes writes; broken off, the change
        goes on at the next open. Raises NotFoundError, NotReadyError or InputError, with nothing changed, for a pack
        that cannot be used; ConflictError where another one was wanted meanwhile.
        """
        return self._change.use(name, listener=_stage_listener(progress, since=time.monotonic()))

    def stop_changing(self) -> None:
        """Let a change of the pack stop after the batch that runs; it goes on at the next open."""
        self._change.stop()

    def encode(
        self,
        *,
        pack: str = "",
        modalities: Names = (),
        is_distributed: bool = False,
        progress: ProgressListener | None = None,
    ) -> EncodeReport:
        """Make and keep the rows that are missing under the pack in use, or under one to be used later.

        `modalities` are `image`, `text` or both; distributed over the machines of a Ray cluster, or the cores of this
        one. Raises MissingExtraError where Ray is not installed.
        """
        with self._change.held():
            return prepare_rows(
                self.projection,
                self.store,
                pack=pack,
                modalities=names(modalities),
                settings=self._encoding if is_distributed else None,
                listener=_stage_listener(progress, since=time.monotonic()),
            )

    def search(
        self,
        words: str = "",
        *,
        image: bytes | str | Path | Picture | None = None,
        crop: Crop | None = None,
        **options: Unpack[SearchOptions],
    ) -> Answer:
        """Answer a query of words, a picture, products like and unlike it, stars, or any mix; nothing browses.

        `image` is a file, its bytes, or pixels. Filters and orders are written as Typesense has them.
        """
        started = time.perf_counter()
        picture = self._picture(image, crop)
        query = build_query(words, image=picture, per_page=self.settings.per_page, options=options)
        return self._answering.answer(query, started=started)

    def ranked(
        self, words: str = "", *, image: bytes | str | Path | Picture | None = None, **options: Unpack[SearchOptions]
    ) -> Ranking:
        """Return the whole order of a query's results, with what each score is made of; `search` cuts its pages."""
        picture = self._picture(image, None)
        query = build_query(words, image=picture, per_page=self.settings.per_page, options=options)
        return self._answering.ranked(query)[0]

    @property
    def rankers(self) -> Path:
        """Return the folder of learnt rankers."""
        return self._layout.rankers

    @property
    def rules(self) -> RuleDesk:
        """Return the desk where the merchant's rules are changed and published."""
        return desk_of(self, "rules")

    @property
    def synonyms(self) -> RuleDesk:
        """Return the desk where synonyms are changed and published."""
        return desk_of(self, "synonyms")

    def explain(
        self,
        words: str,
        product_id: str,
        *,
        image: bytes | str | Path | Picture | None = None,
        crop: Crop | None = None,
        occlusion: bool = False,
        **options: Unpack[SearchOptions],
    ) -> Explanation:
        """Say why a product is where it is in the answer to a query, or why it is not in it; NotFoundError without it.

        `occlusion` adds which region of the picture mattered, for the price of 50 encoded pictures.
        """
        picture = self._picture(image, crop)
        query = build_query(words, image=picture, per_page=self.settings.per_page, options=options)
        explainer = Explainer(self._answering, self.media)
        senses = self.projection.standing.senses
        return explainer.explain(query, self.get(product_id), senses=senses, is_mapped=occlusion)

    def suggest(self, prefix: str, *, limit: int = 8, locale: str = "") -> list[Suggestion]:
        """Return what an unfinished query may become: queries, categories and products, best first.

        A large catalogue that was just opened has nothing to suggest for some seconds.
        """
        return self._answering.suggest(prefix, limit=limit, locale=locale)

    def facet_fields(self) -> list[str]:
        """Return fields that are useful as facets, most useful first; asked of the index once after each change."""
        view = self.projection.standing.index.view()
        position, fields = self._useful_facets
        if position != view.position:
            position, fields = self._useful_facets = view.position, useful_facets(view, most=PAGE_FACETS)
        return list(fields)

    def picture_path(self, checksum: str) -> Path:
        """Return the file of a kept picture; NotFoundError when there is none."""
        return self.media.path(checksum)

    def thumbnail_path(self, checksum: str) -> Path:
        """Return the file of a kept picture's thumbnail; NotFoundError when there is none."""
        return self.media.thumbnail_path(checksum)

    def health(self) -> dict[str, Any]:
        """Return how many products there are, how far the index is, the pack in use, and whether writes are taken."""
        standing = self.projection.standing
        view = standing.index.view()
        return {
            "products": self.store.count(),
            "position": self.store.last_change(),
            "writable": self.store.is_writable,
            "reason": self.store.unwritable_reason,
            "index": {"adapter": self.settings.index, "products": view.count, "position": view.position}
            | ({"rebuilt_because": self.projection.rebuilt_because} if self.projection.rebuilt_because else {}),
            "spaces": dict(standing.senses.spaces) if standing.senses else {},
            "pack": self._pack_health(),
            "degraded": [] if standing.senses or not view.count else ["encoders"],
        }

    def close(self) -> None:
        """Write what the next open needs, and let go of the folder."""
        try:
            self._answering.close()
            self._change.stop()
            self.projection.close()
        finally:
            self._workers.close()
            self.store.close()
            self.lock.release()

    def __enter__(self) -> Shop:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _pack_health(self) -> dict[str, Any]:
        """The pack in use and its base, why it is not what it should be, and how far a change to another one is."""
        senses, lacking, change = self.projection.standing.senses, self.projection.lacking, self._change.state
        used = {"fingerprint": senses.fingerprint, "base": senses.base} if senses else {"fingerprint": "", "base": ""}
        told = {"lacking": str(lacking)} if lacking else {}
        return used | told | ({"change": change.as_json()} if change else {})

    def _run(self, importer: Importer) -> ImportReport:
        try:
            return importer.run()
        except Exception:
            with suppress(TongganError):
                self.projection.catch_up()
            raise

    def _picture(self, image: bytes | str | Path | Picture | None, crop: Crop | None) -> Picture | None:
        if isinstance(image, str | Path):
            try:
                image = Path(image).read_bytes()
            except (OSError, ValueError) as error:  # A path with a NUL character is a ValueError.
                reason = getattr(error, "strerror", None) or error
                raise InputError(f"{image} cannot be read: {reason}.", remedy="Name a picture file.") from error
        if isinstance(image, bytes):
            return decode_query(image, workers=self._workers, crop=crop)
        return image

    def _picture_keeper(self, folder: Path | None) -> PictureKeeper:
        allowed = tuple(item.strip() for item in self.settings.allowed_addresses.split(",") if item.strip())
        return PictureKeeper(
            media=self.media,
            folder=folder,
            limits=FetchLimits(allowed_addresses=allowed),
            most=self.settings.pictures_per_product,
            is_remote_allowed=self.settings.remote_pictures,
        )

    def _erase_pictures(self, products: Sequence[Product]) -> None:
        """Erase files and vectors of the products' pictures that no other product shows."""
        media = [item for product in products for owner in (product, *product.variants) for item in owner.media]
        checksums = dict.fromkeys(item.checksum for item in media if item.checksum)
        unused = [checksum for checksum in checksums if not self.store.uses_media(checksum)]
        for checksum in unused:
            self.media.delete(checksum)
        if unused:
            self.store.erase_vectors(unused)


def _check_folder(layout: Layout) -> None:
    if layout.folder.is_file():
        raise InputError(f"{layout.folder} is a file.", remedy="Name a folder for the shop.")
    if layout.folder.is_dir() and any(layout.folder.iterdir()) and not layout.is_shop:
        raise InputError(
            f"{layout.folder} holds other things than a shop.",
            remedy="Name an empty folder, or one made by tonggan init.",
        )


def _stage_listener(progress: ProgressListener | None, *, since: float) -> Listener | None:
    if progress is None:
        return None
    return lambda stage, done, total: progress(Progress(stage, done, done, total, time.monotonic() - since))
