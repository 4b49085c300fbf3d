"""Titles and descriptions in both languages, made from the words of a kind."""

from __future__ import annotations

from random import Random

from tonggan.demo.vocabulary import Colour, Kind, Material, Pattern, Style, Vocabulary, Words

ORDERS = (
    ("opening", "fact", "fact", "material", "closing"),
    ("fact", "opening", "material", "pattern", "closing"),
    ("opening", "material", "fact", "pattern", "fact"),
    ("fact", "fact", "opening", "pattern", "material"),
    ("opening", "pattern", "fact", "closing"),
)
"""In which order a description speaks; sentences that a product has nothing to say for fall out."""


def write_title(
    kind: Kind, style: Style, *, colour: Colour | None, pattern: Pattern, material: Material | None, choices: int = 0
) -> Words:
    """Write a title; `choices` above 0 names the number of colours instead of one."""
    named = colour.name if colour and not choices else Words("", "")
    stuff = material.name if material else Words("", "")
    english = style.name.english.removeprefix("=")
    if not style.name.english.startswith("="):
        english = f"{named.english} {pattern.name.english} {english} {stuff.english} {kind.name.english}"
    chinese = style.name.chinese.removeprefix("=")
    tail = "" if style.name.chinese.startswith("=") else kind.name.chinese
    chinese = f"{named.chinese}{pattern.name.chinese}{stuff.chinese}{_spaced(chinese, tail)}"
    if choices:
        return Words(" ".join(f"{english} in {choices} Colours".split()), f"{chinese} {choices}色可选")
    return Words(" ".join(english.split()), chinese)


def write_description(
    random: Random,
    kind: Kind,
    *,
    vocabulary: Vocabulary,
    brand: Words,
    colour: Colour | None,
    pattern: Pattern,
    material: Material | None,
) -> Words:
    """Write a few sentences, the same in both languages."""
    facts = random.sample(kind.facts, k=2)
    slots = _slots(kind, brand=brand, colour=colour, use=random.choice(kind.uses))
    pools = {
        "opening": [_filled(random.choice(vocabulary.openings[kind.voice]), slots)],
        "closing": [_filled(random.choice(vocabulary.closings[_closings(kind)]), slots)],
        "material": [material.sentence] if material else [],
        "pattern": [pattern.sentence] if pattern.sentence.english else [],
        "fact": facts,
    }
    chosen = [pools[name].pop(0) for name in random.choice(ORDERS) if pools[name]]
    return Words(" ".join(text.english for text in chosen), "".join(text.chinese for text in chosen))


def _closings(kind: Kind) -> str:
    return kind.department.closings if kind.voice == kind.department.voice else kind.voice


def _slots(kind: Kind, *, brand: Words, colour: Colour | None, use: Words) -> tuple[dict[str, str], dict[str, str]]:
    hue = colour.name if colour else Words("", "")
    english = {"name": kind.noun, "brand": brand.english, "colour": hue.english.lower(), "use": use.english}
    chinese = {"name": kind.name.chinese, "brand": brand.chinese, "colour": hue.chinese, "use": use.chinese}
    return {**english, **_agreement(kind, after=hue.english or kind.noun)}, chinese


def _agreement(kind: Kind, *, after: str) -> dict[str, str]:
    """Words that agree with a singular or plural name; `a` stands before the word `after`."""
    if kind.is_plural:
        return {
            "This": "These", "this": "these", "is": "are", "a": _pair(kind), "every": f"all {kind.noun}",
            "s": "", "es": "", "its": "their", "them": "them",
        }  # fmt: skip
    return {
        "This": "This", "this": "this", "is": "is", "a": "an" if after[0].lower() in "aeio" else "a",
        "every": f"every {kind.noun}", "s": "s", "es": "es", "its": "its", "them": "it",
    }  # fmt: skip


def _pair(kind: Kind) -> str:
    return "a set of" if kind.id in ("blocks", "curtain") else "a pair of"


def _filled(sentence: Words, slots: tuple[dict[str, str], dict[str, str]]) -> Words:
    return Words(" ".join(sentence.english.format(**slots[0]).split()), sentence.chinese.format(**slots[1]))


def _spaced(chinese: str, tail: str) -> str:
    """Part Latin letters from the next ones: `HB 铅笔` reads better than `HB铅笔`."""
    return f"{chinese} {tail}" if chinese and tail and chinese[-1].isascii() else chinese + tail
