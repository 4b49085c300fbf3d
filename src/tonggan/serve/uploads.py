"""Files that imports need for a while, beside the shop's own: on the disk that is meant to hold them."""

from __future__ import annotations

import csv
import shutil
import tempfile
from itertools import islice
from pathlib import Path
from typing import Any

UPLOADS = "uploads"

SHOWN_REFUSALS = 100
"""Refused rows in the answer to a write; a client that sent more wrong ones has one mistake, not many."""


def upload_folder(shop_folder: Path) -> Path:
    """A new folder for one upload."""
    parent = shop_folder / UPLOADS
    parent.mkdir(exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="upload-", dir=parent))


def forget_uploads(shop_folder: Path) -> None:
    """Remove what an earlier server left behind when it was killed."""
    shutil.rmtree(shop_folder / UPLOADS, ignore_errors=True)


def keep_refusals(path: str, shop_folder: Path, *, job_id: str) -> Path | None:
    """A copy of the refused rows of one import, which the next import would overwrite; None when there are none."""
    if not path:
        return None
    kept = shop_folder / UPLOADS / f"refused-{job_id}.csv"
    kept.parent.mkdir(exist_ok=True)
    shutil.copyfile(path, kept)
    return kept


def shown_refusals(path: str) -> list[dict[str, Any]]:
    """The first refused rows of a report, as the wire shows them."""
    if not path:
        return []
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return [dict(row) for row in islice(csv.DictReader(file), SHOWN_REFUSALS)]
