"""The products of the demo shop, the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from tonggan.demo.ratings import Review, draw_histogram, draw_reviews
from tonggan.demo.sentences import write_description, write_title
from tonggan.demo.vocabulary import Colour, Kind, Material, Pattern, Style, Vocabulary, Words, vocabulary

COLOUR_CHOICES = 3
"""Colours of a product that comes in several."""

SALE_SHARE = 0.35
"""Share of products that have a list price above their price."""

SOLD_OUT_SHARE = 0.06
"""Share of forms that are out of stock."""

PREORDER_SHARE = 0.02
"""Share of forms that can only be ordered in advance."""

IN_STORE_PREFIX = "20"
"""GTINs that start with 20 to 29 are for use inside a shop and never belong to a real product."""


@dataclass(frozen=True, slots=True)
class Form:
    """One buyable form of a product; `option` and `value` are empty where there is only one."""

    id: str
    option: str
    value: str
    colour: Colour | None
    price_minor: int
    list_price_minor: int | None
    inventory: int
    availability: str
    sku: str
    gtin: str


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """One product with everything that the feed, its pictures and the judgments need; `colours` shows the first."""

    id: str
    kind: Kind
    style: Style
    brand: Words
    colours: tuple[Colour, ...]
    pattern: Pattern
    material: Material | None
    title: Words
    description: Words
    histogram: tuple[int, ...]
    reviews: tuple[Review, ...]
    forms: tuple[Form, ...]


def demo_products(*, seed: int = 0) -> Iterator[DemoProduct]:
    """Make the products one by one, department by department."""
    store = vocabulary()
    number = 0
    for kind in store.kinds:
        random = Random(f"{seed}/{kind.id}")
        hues, patterns = list(kind.colours), list(kind.patterns)
        random.shuffle(hues)
        random.shuffle(patterns)
        for place in range(kind.count):
            number += 1
            style = kind.styles[place % len(kind.styles)]
            turned = (*hues[place % max(1, len(hues)) :], *hues[: place % max(1, len(hues))])
            yield _product(
                random,
                kind,
                number=number,
                style=style,
                hues=(style.colour,) if style.colour else turned,
                pattern=store.patterns[patterns[place % len(patterns)]],
                has_choice=kind.has_colour_choice and place == kind.count - 1,
            )


def with_check_digit(digits: str) -> str:
    """Append the check digit of a GTIN-13 to its first twelve digits.

    >>> with_check_digit("400638133393")
    '4006381333931'
    """
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)


def _product(
    random: Random,
    kind: Kind,
    *,
    number: int,
    style: Style,
    hues: tuple[str, ...],
    pattern: Pattern,
    has_choice: bool,
) -> DemoProduct:
    store = vocabulary()
    colours = tuple(store.colours[hue] for hue in hues[: COLOUR_CHOICES if has_choice else 1])
    material = store.materials[random.choice(kind.materials)] if kind.materials else None
    brand = random.choice(kind.brands)
    choices = len(colours) if has_choice else 0
    named = None if style.colour else colours[0]
    histogram = draw_histogram(random)
    product_id = f"TG{number:04d}"
    return DemoProduct(
        id=product_id,
        kind=kind,
        style=style,
        brand=brand,
        colours=colours,
        pattern=pattern,
        material=material,
        title=write_title(kind, style, colour=named, pattern=pattern, material=material, choices=choices),
        description=write_description(
            random,
            kind,
            vocabulary=store,
            brand=brand,
            colour=None if choices else colours[0],
            pattern=pattern,
            material=material,
        ),
        histogram=histogram,
        reviews=tuple(_reviews(random, kind, brand=brand, histogram=histogram, store=store)),
        forms=_forms(random, kind, product_id=product_id, number=number, colours=colours),
    )


def _reviews(
    random: Random, kind: Kind, *, brand: Words, histogram: tuple[int, ...], store: Vocabulary
) -> list[Review]:
    slots = {"name_en": kind.noun, "name_zh": kind.name.chinese, "brand_en": brand.english, "brand_zh": brand.chinese}
    return draw_reviews(random, histogram, vocabulary=store, **slots)


def _forms(
    random: Random, kind: Kind, *, product_id: str, number: int, colours: tuple[Colour, ...]
) -> tuple[Form, ...]:
    price, list_price = _prices(random, kind)
    sizes = vocabulary().sizes.get(kind.sizes)
    variations = [(colour, step, value) for colour in colours for step, value in _steps(kind, number)]
    forms: list[Form] = []
    for place, (colour, step, value) in enumerate(variations):
        factor = 1 + step * (sizes.step if sizes else 0)
        inventory, availability = _stock(random)
        suffix = "-".join(part for part in (colour.id if len(colours) > 1 else "", value.replace(" ", "")) if part)
        forms.append(
            Form(
                id=f"{product_id}-{suffix}" if suffix else product_id,
                option=sizes.option if sizes and value else "",
                value=value,
                colour=colour,
                price_minor=_rounded(price * factor),
                list_price_minor=_rounded(list_price * factor) if list_price else None,
                sku="-".join(part for part in (kind.id.upper()[:4], f"{number:04d}", suffix.upper()) if part),
                gtin=with_check_digit(f"{IN_STORE_PREFIX}{number:06d}{place:04d}"),
                inventory=inventory,
                availability=availability,
            )
        )
    return tuple(forms)


def _steps(kind: Kind, number: int) -> list[tuple[int, str]]:
    """Sizes of a product with the number of price steps each is away; some leave out the smallest."""
    sizes = vocabulary().sizes.get(kind.sizes)
    if not sizes:
        return [(0, "")]
    return list(enumerate(sizes.values[number % 2 if len(sizes.values) > 3 else 0 :]))


def _prices(random: Random, kind: Kind) -> tuple[int, int | None]:
    """Price and list price in fen."""
    lowest, highest = kind.price
    price = round(lowest + (highest - lowest) * random.random() ** 1.6) * 100
    return price, round(price * random.uniform(1.15, 1.5)) if random.random() < SALE_SHARE else None


def _rounded(minor: float) -> int:
    """Prices end in .90 below a hundred yuan, in whole yuan above."""
    yuan = max(1, round(minor / 100))
    return yuan * 100 - 10 if yuan < 100 else yuan * 100


def _stock(random: Random) -> tuple[int, str]:
    share = random.random()
    if share < SOLD_OUT_SHARE:
        return 0, "out_of_stock"
    if share < SOLD_OUT_SHARE + PREORDER_SHARE:
        return 0, "preorder"
    return random.randint(1, 240), "in_stock"
