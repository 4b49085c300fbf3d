"""The words of the demo shop, read from `words/`: kinds, colours, patterns, materials, sizes and sentences."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple


class Words(NamedTuple):
    """The same in both languages."""

    english: str
    chinese: str

    def __str__(self) -> str:
        return self.english if self.english == self.chinese else f"{self.english} {self.chinese}".strip()


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour with its name; `paint` is `#rrggbb`."""

    id: str
    name: Words
    paint: str


@dataclass(frozen=True, slots=True)
class Material:
    """A material, how its surface is painted, and a sentence on it."""

    name: Words
    texture: str
    sentence: Words


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern, and a sentence on it; plain has neither."""

    id: str
    name: Words
    sentence: Words


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the forms of a product differ in; each step adds the share `step` of the price."""

    option: str
    values: tuple[str, ...]
    step: float


@dataclass(frozen=True, slots=True)
class Style:
    """A style of a kind; a name that starts with `=` is the whole name. Some styles (of fruit) have their colour."""

    name: Words
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Department:
    """A department of the shop."""

    name: Words
    brands: tuple[Words, ...]
    voice: str
    closings: str
    ground: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of product: everything that its products choose from. `price` is in yuan, from and to."""

    id: str
    department: Department
    brands: tuple[Words, ...]
    name: Words
    noun: str
    is_plural: bool
    category: Words
    price: tuple[int, int]
    count: int
    styles: tuple[Style, ...]
    uses: tuple[Words, ...]
    facts: tuple[Words, ...]
    voice: str
    sizes: str = ""
    audience: str = ""
    colours: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ("plain",)
    tags: tuple[str, ...] = ()
    has_colour_choice: bool = False


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All words of the demo shop."""

    kinds: tuple[Kind, ...]
    colours: Mapping[str, Colour]
    materials: Mapping[str, Material]
    patterns: Mapping[str, Pattern]
    sizes: Mapping[str, Sizes]
    openings: Mapping[str, tuple[Words, ...]]
    closings: Mapping[str, tuple[Words, ...]]
    reviews: Mapping[int, tuple[Words, ...]]
    shoppers: tuple[str, ...] = field(default=())


AUDIENCES = {
    "women": Words("Women", "女士"),
    "men": Words("Men", "男士"),
    "unisex": Words("Unisex", "男女通用"),
    "kids": Words("Kids", "儿童"),
    "baby": Words("Baby", "婴儿"),
    "pets": Words("Pets", "宠物"),
}
"""Whom a product is for."""

PRODUCTS_PER_KIND = 4
"""How many products a kind has where it does not say."""


@cache
def vocabulary() -> Vocabulary:
    """Read all words once."""
    phrases, reviews = _toml("phrases.toml"), _toml("reviews.toml")
    return Vocabulary(
        kinds=_kinds(),
        colours={row[0]: Colour(row[0], Words(row[1], row[2]), row[3]) for row in _rows("colours.tsv")},
        materials={row[0]: Material(Words(*row[1:3]), row[3], Words(*row[4:6])) for row in _rows("materials.tsv")},
        patterns={row[0]: Pattern(row[0], Words(*row[1:3]), Words(*row[3:5])) for row in _rows("patterns.tsv")},
        sizes={name: Sizes(item["option"], tuple(item["values"]), item["step"]) for name, item in _sizes().items()},
        openings={name: _all_words(sentences) for name, sentences in phrases["openings"].items()},
        closings={name: _all_words(sentences) for name, sentences in phrases["closings"].items()},
        reviews={int(stars): _all_words(texts) for stars, texts in reviews.items() if stars.isdigit()},
        shoppers=tuple(reviews["shoppers"]),
    )


def words(text: str) -> Words:
    """Read `English|中文`; one word alone serves both.

    >>> words("Dress|连衣裙").chinese
    '连衣裙'
    """
    english, bar, chinese = text.partition("|")
    return Words(english, chinese if bar else english)


def _kinds() -> tuple[Kind, ...]:
    found: list[Kind] = []
    folder = files("tonggan.demo") / "words" / "kinds"
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if file.name.endswith(".toml"):
            table = tomllib.loads(file.read_text("utf-8"))
            department = _department(table)
            found.extend(_kind(entry, department) for entry in table["kinds"])
    return tuple(found)


def _department(table: Mapping[str, Any]) -> Department:
    return Department(
        name=words(table["department"]),
        brands=_all_words(table["brands"]),
        voice=table["voice"],
        closings=table.get("closings", table["voice"]),
        ground=table["ground"],
    )


def _kind(entry: Mapping[str, Any], department: Department) -> Kind:
    name = words(entry["name"])
    english, _, chinese = entry["tags"].partition("|")
    return Kind(
        id=entry["id"],
        department=department,
        brands=_brands(entry, department),
        name=name,
        noun=entry.get("noun", name.english.lower()),
        is_plural=entry.get("plural", False),
        category=words(entry["category"]),
        price=(entry["price"][0], entry["price"][1]),
        count=entry.get("count", PRODUCTS_PER_KIND),
        styles=tuple(_style(text) for text in entry["styles"]),
        uses=_all_words(entry["uses"]),
        facts=_all_words(entry["facts"]),
        voice=entry.get("voice", department.voice),
        sizes=entry.get("sizes", ""),
        audience=entry.get("audience", ""),
        colours=tuple(entry.get("colours", "").split()),
        materials=tuple(entry.get("materials", "").split()),
        patterns=tuple(entry.get("patterns", "plain").split()),
        tags=(*english.split(), *chinese.split()),
        has_colour_choice=entry.get("has_colour_choice", False),
    )


def _brands(entry: Mapping[str, Any], department: Department) -> tuple[Words, ...]:
    """The makers of a kind: those it names, or all of its department."""
    named = entry.get("brands", ())
    return tuple(brand for brand in department.brands if brand.english in named) or department.brands


def _style(text: str) -> Style:
    english, chinese, *colour = text.split("|")
    return Style(Words(english, chinese), colour[0] if colour else "")


def _all_words(texts: list[str]) -> tuple[Words, ...]:
    return tuple(words(text) for text in texts)


def _sizes() -> dict[str, Any]:
    return _toml("sizes.toml")


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((files("tonggan.demo") / "words" / name).read_text("utf-8"))


def _rows(name: str) -> list[list[str]]:
    """Rows of a table below its header, each as long as the header."""
    header, *lines = (files("tonggan.demo") / "words" / name).read_text("utf-8").splitlines()
    width = header.count("\t") + 1
    return [[*line.split("\t"), *[""] * width][:width] for line in lines if line.strip()]
