"""Where a shop keeps what, and its `[shop]` settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tonggan.catalogue.database import DATABASE_FILE
from tonggan.catalogue.lock import LOCK_FILE


@dataclass(frozen=True, slots=True)
class ShopSettings:
    """The `[shop]` table of shop.toml."""

    store: str = ""
    """Database URL, as `postgresql+psycopg://user@host/shop`; empty for SQLite in the shop's folder."""

    index: str = "zvec"
    """Index adapter."""

    currency: str = ""
    """ISO 4217 code of prices that name no currency."""

    pack: str = "default"
    """Pack that a new shop starts with; `tonggan packs use` changes it later."""

    per_page: int = 20
    """Results on a page unless asked otherwise."""

    picture_workers: int = 2
    """Processes that decode pictures."""

    pictures_per_product: int = 6
    """Pictures of a product that are fetched and kept; the first one is searched by."""

    remote_pictures: bool = True
    """Whether pictures at http(s) addresses are fetched."""

    allowed_addresses: str = ""
    """Private IP addresses, with commas, from which pictures may be fetched all the same."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The files and folders of one shop."""

    folder: Path

    @property
    def is_shop(self) -> bool:
        """Whether a shop stands here, if only one that was just restored."""
        files = (self.settings, self.folder / DATABASE_FILE, self.folder / LOCK_FILE)
        return self.index.is_dir() or any(path.is_file() for path in files)

    @property
    def settings(self) -> Path:
        return self.folder / "shop.toml"

    @property
    def media(self) -> Path:
        return self.folder / "media"

    @property
    def packs(self) -> Path:
        return self.folder / "packs"

    @property
    def index(self) -> Path:
        return self.folder / "index"

    @property
    def rankers(self) -> Path:
        return self.folder / "rankers"

    @property
    def knowledge(self) -> Path:
        """What was learnt of the catalogue's words; it may be removed."""
        return self.folder / "knowledge"

    @property
    def refusals(self) -> Path:
        """Refused rows of the last import of a file."""
        return self.folder / "refused.csv"

    @property
    def record_refusals(self) -> Path:
        """Refused records of the last call that passed records, which leaves an import's refusals alone."""
        return self.folder / "refused-records.csv"
