"""Queries of which it is known without a search whether a shop can answer them, from what several shops call things.

The kind of a product is the longest product name of the lexicon that ends the core of its title, and what the feed
says in its fields of kind. A query names a kind, in a shopper's words; a shop answers it when it sells that kind under
any name. Where names alone cannot say (a shop with gaming chairs, asked for an office chair), nobody is asked.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import Any

from tonggan.encode.words import terms
from tonggan.understand.retail_words import lexicon_rows

KIND_ROWS = ("product", "category", "accessory", "part")
"""Rows of the lexicon that name things one can buy."""

KIND_FIELDS = ("category", "subcategory", "style", "type", "Type", "kind")
"""Columns in which feeds say what a product is."""

LONGEST_KIND = 3
"""Words of a name of a kind: `robot vacuum cleaner`."""

TOO_WIDE = frozenset(
    ("accessory", "apparel", "arrangement", "art", "bag", "book", "clothes", "clothing", "collection", "decor")
    + ("decoration", "equipment", "fashion", "food", "furniture", "gift", "goods", "home", "item", "jewelry", "kit")
    + ("outdoors", "pack", "product", "set", "shoe", "supply", "thing", "tool", "top", "toy", "wear")
)
"""Names of so much that a shop without the word may well sell it; nobody is asked for one alone."""

CONTAINERS = frozenset(("assortment", "bar", "bundle", "collection", "duo", "kit", "pack", "sampler", "set", "trio"))
"""Last words of a title that say how the thing before them comes: a vase set is vases."""

QUERIES_PER_SHOP = 400
"""Queries asked of each shop at most, of each label."""

CHINESE_SHARE, MISSPELT_SHARE = 0.15, 0.1
"""Shares of the queries that are asked in Chinese, and with one letter wrong."""

LETTERS = "abcdefghijklmnopqrstuvwxyz"

_CORE_END = re.compile(r"\b(?:for|with|in|by|of|from)\b|[,;:(/|–]| - ")
_NAME = re.compile(r"[a-z][a-z'-]*")
_LEVELS = re.compile(r"[/>&,()]|\band\b")


@dataclass(frozen=True, slots=True)
class Stocked:
    """A shop to learn from: its records as a feed gives them; shops of one `source` are held out together."""

    name: str
    source: str
    records: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Example:
    """A query, the kind that it names, and whether the shop sells that kind."""

    shop: str
    source: str
    query: str
    kind: str
    is_relevant: bool


@dataclass(slots=True)
class _Sold:
    """What a shop calls its things: kinds by stemmed name, last words of kinds, terms of all titles, brands."""

    kinds: set[str] = field(default_factory=set)
    heads: set[str] = field(default_factory=set)
    title_terms: set[str] = field(default_factory=set)
    named: list[tuple[str, str, str]] = field(default_factory=list)


def examples_of(shops: Sequence[Stocked], *, seed: int = 0, per_shop: int = QUERIES_PER_SHOP) -> Iterator[Example]:
    """Draw queries for each shop: as many that it answers as it has, and as many that it does not.

    Both come from the titles of all shops, so that how a query is written tells nothing.
    """
    sold = {shop.name: _sold(shop) for shop in shops}
    wanted = sorted({named for each in sold.values() for named in each.named})
    for shop in shops:
        random = Random(f"{seed}/{shop.name}")
        asked = random.sample(wanted, len(wanted))
        kept: dict[bool, set[str]] = {True: set(), False: set()}
        for modifiers, brand, kind in asked:
            answer = _answers(sold[shop.name], kind)
            if answer is None or len(kept[answer]) >= per_shop:
                continue
            query = _worded(random, modifiers, brand, kind=kind)
            if query and query not in kept[answer]:
                kept[answer].add(query)
                yield Example(shop.name, shop.source, query, kind, answer)


def kind_of(title: str) -> tuple[str, str]:
    """Return what stands before the kind in the core of a title, and the kind; two empty ones where none is known.

    >>> kind_of("Foldable Wooden Dining Table with Drawers")
    ('foldable wooden', 'dining table')
    """
    names = _NAME.findall(_CORE_END.split(title.lower())[0])
    while len(names) > 1 and names[-1] in CONTAINERS:
        names.pop()
    for length in range(LONGEST_KIND, 0, -1):
        kind = " ".join(names[-length:])
        if len(names) >= length and _stemmed(kind) in _synonyms():
            return " ".join(names[:-length]), kind
    return "", ""


def _sold(shop: Stocked) -> _Sold:
    sold = _Sold()
    for record in shop.records:
        title = str(record.get("english") or record.get("title") or record.get("name") or record.get("Name") or "")
        brand = " ".join(_NAME.findall(str(record.get("brand") or record.get("Brand") or "").lower()))
        modifiers, kind = kind_of(title)
        if kind:
            sold.named.append((modifiers, brand, kind))
        told = [part.strip() for name in KIND_FIELDS for part in _LEVELS.split(str(record.get(name) or "").lower())]
        for each in filter(None, (kind, *told)):
            stemmed = _stemmed(each)
            sold.kinds |= {stemmed} | _synonyms().get(stemmed, frozenset())
            sold.heads.add(stemmed.split()[-1] if stemmed else "")
        sold.title_terms.update(terms(title))
    sold.heads |= {kind.split()[-1] for kind in sold.kinds if kind}
    return sold


def _answers(sold: _Sold, kind: str) -> bool | None:
    """Whether the shop sells the kind; None where its names cannot say."""
    stemmed = _stemmed(kind)
    head = stemmed.split()[-1]
    if stemmed in TOO_WIDE or kind in TOO_WIDE:
        return None
    if stemmed in sold.kinds:
        return True
    if head in sold.heads:
        return True if " " not in stemmed else None
    others = {other.split()[-1] for other in _synonyms().get(stemmed, frozenset())}
    if others & sold.heads or head in TOO_WIDE:
        return None
    return False


def _worded(random: Random, modifiers: str, brand: str, *, kind: str) -> str:
    """The kind in a shopper's words: alone, after words of a title or a brand, in Chinese, or with a wrong letter."""
    if random.random() < CHINESE_SHARE:
        names = _chinese().get(_stemmed(kind), ())
        return random.choice(names) if names else ""
    before = modifiers.split()
    count = random.choice((0, 0, 1, 1, 2, 3))
    chosen = before[-count:] if count else []
    if brand and random.random() < 0.2:
        chosen = [brand, *chosen[:1]]
    named = _misspelt(random, kind) if random.random() < MISSPELT_SHARE else kind
    return " ".join([*chosen, named])


def _misspelt(random: Random, word: str) -> str:
    """One letter behind the first is lost, doubled, changed or has changed places; short words stay."""
    if len(word) < 5:
        return word
    at = random.randrange(1, len(word) - 1)
    changes = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + random.choice(LETTERS) + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    )
    return random.choice(changes)


@lru_cache(maxsize=1 << 16)
def _stemmed(name: str) -> str:
    return " ".join(term for word in name.split() for term in terms(word)[:1])


@lru_cache(maxsize=1)
def _synonyms() -> Mapping[str, frozenset[str]]:
    """English names of things, stemmed, each with those that a row of the lexicon gives the same meaning."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in lexicon_rows():
        if row.kind in KIND_ROWS:
            names = {_stemmed(meaning) for meaning in row.meanings}
            for name in names:
                found[name] |= names
    return {name: frozenset(names) for name, names in found.items()}


@lru_cache(maxsize=1)
def _chinese() -> Mapping[str, Sequence[str]]:
    """Chinese names by the stemmed English one that says the same first."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in lexicon_rows():
        if row.kind in KIND_ROWS and not row.written.isascii():
            found[_stemmed(row.meanings[0])].append(row.written)
    return found
