"""A shop of a dozen products behind the interface of `tonggan.shop.Shop`, for tests of what HTTP adds to it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tonggan.errors import InputError, NotFoundError
from tonggan.records import Answer, Hit, Media, Money, Product, Rating

PICTURE = "ab" * 32
COLOURS = ("red", "blue", "green", "black", "white", "grey")


@dataclass(frozen=True)
class ToyReport:
    """What an import did."""

    accepted: int = 0
    refused: int = 0
    refusals_path: str = ""

    def as_json(self) -> dict[str, Any]:
        counts = {"accepted": self.accepted, "updated": 0, "unchanged": 0, "refused": self.refused}
        return {**counts, "seconds": 0.0, "refusals_path": self.refusals_path}


def toy_products() -> dict[str, Product]:
    """Six mugs and six dresses in six colours."""
    products = [
        Product(
            id=f"{kind}-{colour}",
            title=f"{colour} {kind}",
            brand="Lumen" if kind == "mug" else "Nomad",
            price=Money(1000 + 100 * place, "EUR"),
            list_price=Money(2000, "EUR") if colour == "red" else None,
            rating=Rating(4.5, 12),
            availability="in_stock",
            media=(Media("image", "drawn", PICTURE),),
        )
        for kind in ("mug", "dress")
        for place, colour in enumerate(COLOURS)
    ]
    return {product.id: product for product in products}


class ToyLock:
    """Remembers what was announced."""

    def __init__(self) -> None:
        self.announced: list[tuple[str, str]] = []

    def announce(self, url: str, *, token: str) -> None:
        self.announced.append((url, token))


@dataclass
class ToyShop:
    """Finds products whose title has all words; remembers what it was asked."""

    folder: Path
    store: Any = None
    products: dict[str, Product] = field(default_factory=toy_products)
    asked: list[dict[str, Any]] = field(default_factory=list)
    lock: ToyLock = field(default_factory=lambda: ToyLock())
    degraded: tuple[str, ...] = ()
    reason: str = ""
    failure: Exception | None = None
    pause: threading.Event | None = None
    puts: int = 0

    def search(self, words: str = "", **asked: Any) -> Answer:
        self.asked.append({"words": words, **asked})
        if self.pause is not None:
            self.pause.wait(10)
        if self.failure is not None:
            raise self.failure
        if asked.get("image") is not None and not _is_picture(asked["image"]):
            raise InputError("These bytes are no picture.", remedy="Send JPEG, PNG, WebP or GIF.")
        found = [each for each in self.products.values() if all(word in each.title for word in words.split())]
        page, per_page = asked.get("page", 1), asked.get("per_page", 10)
        first = (page - 1) * per_page
        return Answer(
            hits=tuple(Hit(each, 1.0) for each in found[first : first + per_page]),
            found=len(found),
            page=page,
            per_page=per_page,
            query_id="q",
            facets={name: _counts(found) for name in asked.get("facet_by", ()) if name == "brand"},
            facet_stats={},
            degraded=self.degraded,
            timings_ms={"retrieve": 1.5},
        )

    def put(self, records: list[dict[str, Any]]) -> ToyReport:
        self.puts += 1
        for record in records:
            self.products[record["id"]] = Product(id=record["id"], title=record["title"])
        return ToyReport(accepted=len(records))

    def ingest(self, source: Path, *, mapping: Any, dry_run: bool, progress: Any) -> ToyReport:
        lines = Path(source).read_text().splitlines()[1:]
        for line in lines:
            if self.pause is not None:
                self.pause.wait(10)
            if not dry_run:
                self.put([{"id": line, "title": line}])
        refusals = self.folder / "refused.csv"
        refusals.write_text("line,column,value,reason,remedy\n")
        return ToyReport(accepted=len(lines), refusals_path=str(refusals))

    def delete(self, product_ids: list[str]) -> tuple[str, ...]:
        return tuple(each for each in product_ids if self.products.pop(each, None))

    def get(self, product_id: str) -> Product:
        if product_id not in self.products:
            raise NotFoundError(f"There is no product {product_id!r}.", remedy="Search for it.")
        return self.products[product_id]

    def health(self) -> dict[str, Any]:
        return {
            "products": len(self.products),
            "position": 7,
            "writable": not self.reason,
            "reason": self.reason,
            "index": {},
            "degraded": list(self.degraded),
        }

    def stop_changing(self) -> None:
        pass

    def facet_fields(self) -> list[str]:
        return ["brand"]

    def picture_path(self, checksum: str) -> Path:
        return self._media(checksum, ".jpg")

    def thumbnail_path(self, checksum: str) -> Path:
        return self._media(checksum, ".webp")

    def rename(self, product_id: str, title: str) -> None:
        self.products[product_id] = replace(self.products[product_id], title=title)

    def _media(self, checksum: str, suffix: str) -> Path:
        if checksum != PICTURE:
            raise NotFoundError(f"No picture is kept under {checksum}.")
        path = self.folder / f"{checksum}{suffix}"
        path.write_bytes(b"\xff\xd8\xff picture")
        return path


def _counts(products: list[Product]) -> dict[str, int]:
    brands = [product.brand for product in products]
    return {brand: brands.count(brand) for brand in dict.fromkeys(brands)}


def _is_picture(image: bytes | Path) -> bool:
    content = image.read_bytes() if isinstance(image, Path) else image
    return content.startswith(b"\xff\xd8\xff")
