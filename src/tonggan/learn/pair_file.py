"""Pairs that a shop brings itself: a CSV or TSV of `image,product_id` or `image,text`, and the pictures it names."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from tonggan.errors import InputError, NotFoundError

COLUMNS = ("image", "product_id", "text")


@dataclass(frozen=True, slots=True)
class PairLine:
    """A photo with the product that it shows, or with words that say what it shows, or with both."""

    line: int
    image: Path
    product_id: str = ""
    text: str = ""


def read_pairs(path: Path) -> list[PairLine]:
    """Return the lines of a file of pairs; pictures are looked for beside it.

    Raises NotFoundError where there is no file, InputError with line and column where it is not one of pairs.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise NotFoundError(f"There is no file {path}.", remedy="Check the path.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}.", remedy="Save it as UTF-8.") from error
    rows = csv.DictReader(text.splitlines(), delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
    names = {(name or "").strip().lower() for name in rows.fieldnames or ()}
    if "image" not in names or not names & {"product_id", "text"}:
        raise InputError(
            f"{path}: the columns are {', '.join(sorted(names)) or 'none'}; needed: image, and product_id or text.",
            remedy="Name them in the first line.",
        )
    return [_pair(path, line, row) for line, row in enumerate(rows, start=2)]


def _pair(path: Path, line: int, row: dict[str | None, str | None]) -> PairLine:
    values = {(name or "").strip().lower(): value for name, value in row.items() if isinstance(value, str)}
    image, product_id, text = ((values.get(column) or "").strip() for column in COLUMNS)
    if not image or not (product_id or text):
        missing = "image" if not image else "product_id or text"
        raise InputError(f"{path}, line {line}: {missing} is empty.", remedy="Fill it in or remove the line.")
    picture = path.parent / image
    if "\0" in image or not picture.is_file():
        raise InputError(f"{path}, line {line}, image: there is no file {image!r} beside it.", remedy="Check the name.")
    return PairLine(line, picture, product_id, text)
