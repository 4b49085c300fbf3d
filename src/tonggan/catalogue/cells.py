"""Cells of a feed that are neither text nor money: ratings, counts, availability, categories, visibility.

Every reader returns what the cell says, an empty value where it says nothing, or raises InputError with the reason.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Sequence

from tonggan.catalogue.plain_text import one_line, unescaped
from tonggan.errors import InputError
from tonggan.records import Availability, Rating

STARS = 5
"""Ratings run from one to this many."""

GREATEST_COUNT = 10**12
"""Counts of ratings or of stock above this are mistakes."""

PATH_MARK = " > "
"""Stands between the levels of a category path, whatever stood there in the feed."""

_AVAILABILITY: dict[Availability, str] = {
    "in_stock": "in stock|instock|in store only|instoreonly|online only|onlineonly|limited availability|"
    "limitedavailability|available|yes|true|y|有货|现货|有库存|在售|库存充足|上架",
    "out_of_stock": "out of stock|outofstock|sold out|soldout|unavailable|not available|discontinued|no|false|n|"
    "无货|缺货|售罄|已售完|断货|下架|停产",
    "preorder": "preorder|pre order|presale|pre sale|coming soon|预售|预订|预购",
    "backorder": "backorder|back order|backordered|on backorder|available for order|notify|到货通知|可预约|补货中",
}
_AVAILABILITY_OF: dict[str, Availability] = {
    word: name for name, words in _AVAILABILITY.items() for word in words.split("|")
}
_HIDDEN_WORDS = """
false no n 0 -1 draft archived archive hidden unpublished private trash inactive disabled deleted not_eligible
否 隐藏 草稿 下架 已下架 未上架 仓库中
"""
_HIDDEN = frozenset(_HIDDEN_WORDS.split())
_NO_RATING = re.compile(
    r"^(?:-+|n/?a|none|null|no (?:ratings?|reviews?).*|not (?:yet )?rated|unrated|暂无.*|无)$", re.IGNORECASE
)
_MEAN = re.compile(
    r"^([+-]?\d+(?:[.,]\d+)?|nan|[+-]?inf\w*)\s*(?:(?:out of|of|/)\s*(\d+)|★+|stars?|分|星)?\s*(?:stars?)?$", re.I
)
_COUNT = re.compile(
    r"^(-?\d{1,3}(?:[,' ]\d{3})+|-?\d+)(\.\d+)?\s*(k|m|万|千)?\s*\+?(?:\s*(?:ratings?|reviews?|pcs|件|个|条))?$", re.I
)
_SCALE = {"": 1, "k": 1_000, "千": 1_000, "万": 10_000, "m": 1_000_000}
_LEVELS = re.compile(r"\s*(?:[>＞»›→]+|::)\s*")
_LIST_MARKS = re.compile(r"\s*[;；\n]\s*")
_SPACES = re.compile(r"[^\S\n]+")
_COMMA_OR_BRACKET = re.compile(r"(?<!\\)[,，、()（）]")
_AND = re.compile(r"&| and |和|与")


def read_rating(mean: str, *, count: str = "", histogram: str = "") -> Rating | None:
    """Return the rating of a product, or none where nobody has rated it.

    A mean without any count stands for one rating; a histogram gives the mean and the count that are missing.

    >>> read_rating("4.5 out of 5", count="1,234")
    Rating(mean=4.5, count=1234, histogram=())
    """
    stars = read_histogram(histogram)
    average, number = _read_mean(mean), read_count(count)
    number = sum(stars) if number is None and stars else number
    if average is None and stars and sum(stars):
        average = sum((star + 1) * votes for star, votes in enumerate(stars)) / sum(stars)
    if not average and not number:
        return None
    if average is None:
        return None
    if not 1 <= average <= STARS:
        raise InputError(f"a mean rating is from 1 to {STARS}", remedy="Correct the mean, or leave both cells empty.")
    return None if number == 0 else Rating(average, 1 if number is None else number, stars)


def read_histogram(text: str) -> tuple[int, ...]:
    """Return counts of one to five stars, one star first, or nothing; `1:3, 5:10` may leave stars out."""
    numbers = re.findall(r"-?\d+", text)
    if not numbers:
        return ()
    pairs = re.findall(r"([1-5])\D{0,3}:\s*(\d+)", text)
    if pairs:
        votes = {int(star): int(number) for star, number in pairs}
        return tuple(votes.get(star, 0) for star in range(1, STARS + 1))
    if len(numbers) != STARS or any(int(number) < 0 for number in numbers):
        raise InputError(f"a histogram has {STARS} counts, one star first", remedy="Write it like 1|0|2|5|9.")
    return tuple(int(number) for number in numbers)


def read_count(text: str, *, may_be_negative: bool = False) -> int | None:
    """Return a whole number such as `1,234`, `1.2k`, `3万` or `500+`, or none for an empty cell.

    A count that may be negative, as stock sold in advance is, reads as 0 then.
    """
    cell = unicodedata.normalize("NFKC", text).strip().lower()
    if not cell or _NO_RATING.match(cell):
        return None
    found = _COUNT.match(cell)
    if not found:
        raise InputError("not a whole number", remedy="Write digits only, like 1234.")
    number = float(re.sub("[,' ]", "", found[1]) + (found[2] or "")) * _SCALE[found[3] or ""]
    if number < 0 and not may_be_negative:
        raise InputError("a count is never negative", remedy="Correct the number, or leave the cell empty.")
    if number > GREATEST_COUNT or not math.isclose(number, round(number)):
        raise InputError("not a whole number of this world", remedy="Write digits only, like 1234.")
    return max(0, round(number))


def read_availability(text: str) -> Availability:
    """Return the availability that a word in English or Chinese or a schema.org address stands for, else `unknown`.

    >>> read_availability("https://schema.org/InStock"), read_availability("预售")
    ('in_stock', 'preorder')
    """
    cell = unicodedata.normalize("NFKC", text).strip().casefold().rsplit("/", 1)[-1]
    return _AVAILABILITY_OF.get(re.sub(r"[_\-\s]+", " ", cell), "unknown")


def availability_of_stock(inventory: int | None) -> Availability:
    """Return what a stock count says about availability."""
    if inventory is None:
        return "unknown"
    return "in_stock" if inventory else "out_of_stock"


def is_hidden(cells: Iterable[str]) -> bool:
    """Tell whether any of the cells that decide visibility (`Published`, `Status`) hides the product."""
    return any(cell.strip().casefold() in _HIDDEN for cell in cells)


def read_categories(cells: Iterable[str]) -> tuple[str, ...]:
    """Return category paths, levels joined by ` > `, each once.

    With `>` in a cell, commas and bars part paths; without, `/` or `|` part levels. A comma inside a name that goes on
    with `&` (`Food, Beverages & Tobacco`) or inside brackets parts nothing; `;` always parts paths.

    >>> read_categories(["Clothing > Shirts, Sale", "Home/Kitchen", "玩具|拼图"])
    ('Clothing > Shirts', 'Sale', 'Home > Kitchen', '玩具 > 拼图')
    """
    paths = (path for cell in cells for part in _LIST_MARKS.split(_plain_list(cell)) for path in _paths(part))
    return unique(PATH_MARK.join(path) for path in paths if path)


def read_list(cells: Iterable[str], *, marks: str = r"[,;|，；、\n]") -> tuple[str, ...]:
    """Return the items of cells that hold several, each once."""
    return unique(one_line(item) for cell in cells for item in re.split(marks, _plain_list(cell)))


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """Return the values that are not empty, each once, in order."""
    return tuple(dict.fromkeys(value for value in values if value))


def first(cells: Sequence[str]) -> str:
    """Return the first cell that says something, or nothing."""
    return next((cell for cell in cells if cell.strip()), "")


def _read_mean(text: str) -> float | None:
    cell = unicodedata.normalize("NFKC", text).strip()
    if not cell or _NO_RATING.match(cell):
        return None
    found = _MEAN.match(cell)
    if not found or (found[2] and int(found[2]) != STARS):
        raise InputError(f"not a rating out of {STARS}", remedy="Write the mean like 4.5.")
    return float(found[1].replace(",", "."))


def _plain_list(cell: str) -> str:
    """Turn a cell that holds a JSON list of words into the same list with semicolons, and resolve entities."""
    cell = _SPACES.sub(" ", unescaped(cell))
    if cell.lstrip().startswith("["):
        try:
            return ";".join(str(item) for item in json.loads(cell))
        except (ValueError, TypeError):
            return cell
    return cell


def _paths(cell: str) -> list[list[str]]:
    if _LEVELS.search(cell):
        parts = (part for piece in cell.split("|") for part in _split_commas(piece))
        return [_names(_LEVELS.split(part)) for part in parts]
    if "|" in cell:
        return [_names(cell.split("|"))]
    return [_names(part.split("/")) for part in _split_commas(cell)]


def _split_commas(text: str) -> list[str]:
    """Split at commas that part paths: none in a level that has an `and` after the comma."""
    parts: list[str] = []
    for piece in _pieces(text):
        if parts and _AND.search(_LEVELS.split(piece, maxsplit=1)[0]):
            parts[-1] += ", " + piece
        else:
            parts.append(piece)
    return parts


def _pieces(text: str) -> list[str]:
    """Split at commas outside brackets; brackets that do not pair count for nothing."""
    marks = list(_COMMA_OR_BRACKET.finditer(text))
    opening, closing = (sum(mark[0] in brackets for mark in marks) for brackets in ("(（", ")）"))
    depth, start, pieces = 0, 0, []
    for mark in marks:
        if mark[0] in "(（)）":
            depth += (1 if mark[0] in "(（" else -1) if opening == closing else 0
        elif depth <= 0:
            pieces.append(text[start : mark.start()].strip())
            start = mark.end()
    return [*pieces, text[start:].strip()]


def _names(levels: Iterable[str]) -> list[str]:
    names = [one_line(level).replace("\\,", ",") for level in levels]
    return [name for name in names if name]
