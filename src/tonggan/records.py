"""The records that travel between the stages: frozen, slotted, without behaviour of their own.

Text is Unicode as the merchant wrote it; money is an integer in minor units; a score is better when higher.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Vectors: TypeAlias = npt.NDArray[np.float32]
"""float32, [rows, dim]; rows of norm 1, or all zero where the encoder had nothing to say."""

Picture: TypeAlias = npt.NDArray[np.uint8]
"""uint8, [height, width, 3]; sRGB, upright, decoded from bytes that passed the media checks."""

Availability: TypeAlias = Literal["in_stock", "out_of_stock", "preorder", "backorder", "unknown"]


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents, fen) of an ISO 4217 currency."""

    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class Rating:
    """Mean of `count` ratings from 1 to 5; `histogram` counts one star first, or is empty."""

    mean: float
    count: int
    histogram: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Media:
    """One picture, clip or sound; `checksum` (sha256, hex) is empty until the bytes were fetched and checked.

    `colours` name what a checked picture mostly shows, in English and Chinese (`red 红色`), greatest share first;
    `pattern` names its pattern (`striped 条纹`) and is empty where none can be told.
    """

    kind: Literal["image", "video", "voice"]
    source: str
    checksum: str = ""
    alt: str = ""
    colours: tuple[str, ...] = ()
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Variant:
    """One buyable form of a product: a size, a colour. Fields left empty are those of the product."""

    id: str
    options: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)
    price: Money | None = None
    list_price: Money | None = None
    availability: Availability = "unknown"
    inventory: int | None = None
    media: tuple[Media, ...] = ()


@dataclass(frozen=True, slots=True)
class Product:
    """What a shop sells, clean. `codes` holds sku, gtin, mpn; `options` the values that its variants offer."""

    id: str
    title: str
    description: str = ""
    brand: str = ""
    categories: tuple[str, ...] = ()
    price: Money | None = None
    list_price: Money | None = None
    rating: Rating | None = None
    availability: Availability = "unknown"
    inventory: int | None = None
    media: tuple[Media, ...] = ()
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    variants: tuple[Variant, ...] = ()
    tags: tuple[str, ...] = ()
    language: str = ""
    url: str = ""
    updated_at: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offer:
    """One row of a feed under our field names, values still text as the merchant wrote them.

    `values` has a list per field, since a field may be fed by several columns; `group` joins the rows of one product.
    `record` is the whole row where it is a product in our own JSON; the other fields are empty then.
    """

    line: int
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    group: str = ""
    record: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not taken, with what to correct."""

    line: int
    column: str
    value: str
    reason: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of one field.

    `=` and `!=` compare with any of `values`; `~` holds where all words of any of them occur; `..` has both ends.
    """

    field: str
    operator: Literal["=", "!=", "~", "<", "<=", ">", ">=", ".."]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Holds where every part holds; with no part, everywhere."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Holds where at least one part holds."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Holds where the part does not."""

    part: Filter


Filter: TypeAlias = Condition | AllOf | AnyOf | Not


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of an order; `_text_match` is the merged score. Products without the field come last either way."""

    field: str
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a query: `text` stands at `start:end`; `tag` is its part of speech, a universal tag [UPOS]."""

    text: str
    start: int
    end: int
    tag: str = "X"


@dataclass(frozen=True, slots=True)
class Entity:
    """A stretch of a query that names something: a brand, a category, a colour, a size, a model.

    `value` is how the catalogue spells it, `field` the field of the index that holds the value, empty where only the
    lexicon knows it; `confidence`, 0 to 1, is how surely the stretch means this.
    """

    kind: str
    text: str
    start: int
    end: int
    value: str = ""
    field: str = ""
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Preference:
    """A wish that orders results and leaves none out: high or low values of a number field are better."""

    field: str
    is_high: bool


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What was read into a stretch of the query beyond its words; the shopper can undo it by its `key`.

    It has one effect: `filter` leaves products out, `preference` orders them, `replacement` is searched for in place of
    `text`. One that has none says in `note` why: there is no product with a price in dollars, say.
    """

    kind: str
    key: str
    text: str
    start: int
    end: int
    filter: Filter | None = None
    preference: Preference | None = None
    replacement: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One of several things that an ambiguous query may mean: `entity`, and the results that mean it.

    `share`, 0 to 1, is how likely this reading is; `product_ids` are its best results once they are known.
    """

    entity: Entity
    label: str
    filter: Filter
    share: float = 0.0
    found: int = 0
    product_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expansion:
    """A text that is searched for beside `stands_for`, a stretch of the words, since it means the same."""

    text: str
    stands_for: str
    weight: float


@dataclass(frozen=True, slots=True)
class Step:
    """One step of understanding, for people who ask why: its name and what it found, in short."""

    name: str
    found: str


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a shopper's words mean.

    `text` is what was typed, cleaned and normalized; interpretations have their offsets there. `words` are to be
    searched for: the text, spelt right, without what became filters; tokens and entities have their offsets there.
    `product_ids` are products whose code was typed.
    """

    text: str
    words: str
    language: str = ""
    tokens: tuple[Token, ...] = ()
    entities: tuple[Entity, ...] = ()
    interpretations: tuple[Interpretation, ...] = ()
    expansions: tuple[Expansion, ...] = ()
    readings: tuple[Reading, ...] = ()
    product_ids: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """What a shopper asks for, any part alone or with the others; nothing at all browses the catalogue.

    `channels` lets only these channels of retrieval speak; all of them when empty. `undo` are keys or kinds of
    interpretations that the shopper does not want, `understood` is what the words mean once that is known, `loosened`
    are filters by name that only order any more. `ranker` names a version, or `none`; the one in use when empty.
    """

    words: str = ""
    image: Picture | None = None
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    rating: float | None = None
    filters: Filter | None = None
    facets: tuple[str, ...] = ()
    max_facet_values: int = 100
    sort: tuple[SortKey, ...] = ()
    page: int = 1
    per_page: int = 20
    group_by: str = ""
    group_limit: int = 3
    pinned: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    query_by: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    merge: Literal["convex", "rrf"] = "convex"
    channels: tuple[str, ...] = ()
    language: str = ""
    explain: bool = False
    undo: tuple[str, ...] = ()
    num_typos: int = 2
    understood: Understanding | None = None
    loosened: Mapping[str, Filter] = field(default_factory=dict)
    ranker: str = ""
    rules: Literal["published", "draft", "none"] = "published"
    tags: tuple[str, ...] = ()
    diversity: float | None = None
    most_per_brand: int | None = None
    is_collapsing_variants: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A product in its place; `why` says it in words, `reasons` by channel when asked to explain."""

    product: Product
    score: float
    reasons: Mapping[str, Any] = field(default_factory=dict)
    highlight: Mapping[str, str] = field(default_factory=dict)
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """One page of a result set, with what is true of the whole set.

    `relevance`, 0 to 1, is how likely an answer to words is a good one, as the shop has learnt or else by the model
    that ships; `is_doubtful` where it is rather none. `readings` are there when the words may mean several things.
    `rules` fired; `redirect` and `banners` are theirs.
    """

    hits: tuple[Hit, ...]
    found: int
    page: int
    per_page: int
    query_id: str
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    facet_stats: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    corrections: tuple[str, ...] = ()
    relaxed: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    understood: Understanding | None = None
    readings: tuple[Reading, ...] = ()
    relevance: float | None = None
    is_doubtful: bool = False
    ranker: str = ""
    rules: tuple[str, ...] = ()
    redirect: str = ""
    banners: tuple[Mapping[str, Any], ...] = ()
