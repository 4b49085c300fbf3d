"""What a shopper's words mean: the steps of understanding, in order, each to be seen and each to be undone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from tonggan.encode.words import query_terms
from tonggan.records import (
    AllOf,
    Condition,
    Entity,
    Expansion,
    Interpretation,
    Not,
    Reading,
    Step,
    Token,
    Understanding,
)
from tonggan.understand.cleaning import clean
from tonggan.understand.codes import code_candidates
from tonggan.understand.knowledge import Knowledge
from tonggan.understand.language import language_of
from tonggan.understand.names.entities import all_readings
from tonggan.understand.names.expansion import expand
from tonggan.understand.names.name_units import key_of
from tonggan.understand.quantities.interpretations import read_interpretations
from tonggan.understand.quantities.measures import read_measures
from tonggan.understand.segmentation import segment
from tonggan.understand.spelling.correction import correct
from tonggan.understand.spelling.homophones import read_homophones
from tonggan.understand.spelling.pinyin_reading import read_pinyin

EVERYTHING = "all"
"""Undoes every interpretation: the words are searched for as they stand."""

KINDS = (
    *("price", "stars", "preference", "stock", "discount", "exclusion"),
    *("spelling", "pinyin", "homophone", "code", "measure", "synonym", "expansion", "entity", "reading"),
)
"""What can be undone as a kind."""

OPEN_CONFIDENCE = 0.15
"""Confidence from which another meaning of a name is worth weighing by the results."""

SURE_CONFIDENCE = 0.9
"""Confidence from which a brand's name means the brand; under it one title in ten holds the name as a word."""

WORD = "word"
"""The kind of a reading that takes a name for an ordinary word."""

MEASURE_WEIGHT = 0.9
"""Half a litre is 500 ml: as good as what was typed, which leads all the same."""

Frequency = Callable[[Sequence[str]], Sequence[int]]
"""How many products hold each term."""


def _no_products(_: str) -> Sequence[str]:
    return ()


def _no_synonyms(_: str) -> Sequence[Expansion]:
    return ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is asked of the catalogue while a query is understood; `together` is how many products hold all words."""

    frequency: Frequency
    together: Callable[[Sequence[str]], int]
    products_with_code: Callable[[str], Sequence[str]] = _no_products
    synonyms: Callable[[str], Sequence[Expansion]] = _no_synonyms

    def holds(self, text: str) -> bool:
        """Say whether there are products with every word of a text, if not together."""
        return self.count(text) > 0

    def count(self, text: str) -> int:
        """Return how many products hold the rarest word of a text."""
        terms = [term for term, weight in query_terms(text).items() if weight == 1.0]
        return min(self.frequency(terms), default=0)


def understand(
    typed: str, knowledge: Knowledge, catalogue: Catalogue, *, undo: Collection[str] = (), num_typos: int = 2
) -> Understanding:
    """Return what the words mean; any text has an answer.

    `undo` are keys or kinds of interpretations that are not wanted, or `all`.
    """
    text = clean(typed)
    language = language_of(text)
    if EVERYTHING in undo:
        return Understanding(text, text, language, tuple(segment(text)))
    steps = [Step("text", text), Step("language", language)]
    products = _products(typed, catalogue) if "code" not in undo else ()
    steps += [Step("code", ", ".join(products))] if products else []
    known = partial(_named_values, knowledge)
    read = [] if products else _wanted(read_interpretations(text, known=known, facts=knowledge.facts), undo)
    rest = _without(text, read)
    mended = [] if products else _wanted(_mend(rest, knowledge, catalogue, num_typos=num_typos, undo=undo), undo)
    words = " ".join(_replaced(rest, mended).split())
    tokens = tuple(segment(words))
    meanings = _meanings(words, tokens, knowledge) if "entity" not in undo else ()
    entities = tuple(each[0] for each in meanings)
    expansions = () if products else tuple(_expansions(words, tokens, entities, catalogue, undo=undo))
    interpretations = tuple(sorted((*read, *mended), key=lambda each: each.start))
    steps += [Step(each.kind, _shown(each)) for each in interpretations]
    steps += [Step("words", " | ".join(f"{token.text} {token.tag}" for token in tokens))]
    steps += [Step("entity", f"{each.text}: {each.kind} {each.value} ({each.confidence:.2f})") for each in entities]
    steps += [Step("expansion", f"{each.stands_for}: {each.text} ({each.weight:g})") for each in expansions]
    return Understanding(
        text=text,
        words=words,
        language=language,
        tokens=tokens,
        entities=entities,
        interpretations=interpretations,
        expansions=expansions,
        readings=_open_readings(meanings, knowledge) if "reading" not in undo else (),
        product_ids=products,
        steps=tuple(steps),
    )


def heard_alike(understood: Understanding, knowledge: Knowledge, catalogue: Catalogue) -> tuple[Interpretation, ...]:
    """Return what the words may have meant by their sound alone: the last resort where they find next to nothing."""
    if knowledge.pinyin is None:
        return ()
    heard = read_homophones(understood.words, understood.tokens, knowledge.pinyin)
    return tuple(each for each in heard if is_found(each.replacement, catalogue))


def is_found(words: str, catalogue: Catalogue) -> bool:
    """Say whether products hold each word, or what means the same: no word is mended into one that nobody sells."""
    return catalogue.holds(words) or all(
        catalogue.holds(token.text) or expand((token,), (), count=catalogue.count) for token in segment(words)
    )


def _named_values(knowledge: Knowledge, name: str) -> list[tuple[str, str]]:
    """What a name most likely means: who wants no Apple may well want apples."""
    meanings = knowledge.gazetteer.lookup(key_of(name)) if knowledge.gazetteer else ()
    likeliest = {meaning.kind for meaning in meanings[:1]}
    return [(meaning.field, meaning.value) for meaning in meanings if meaning.field and meaning.kind in likeliest]


def _mend(
    rest: str, knowledge: Knowledge, catalogue: Catalogue, *, num_typos: int, undo: Collection[str]
) -> Iterator[Interpretation]:
    vocabulary, pinyin = knowledge.vocabulary, knowledge.pinyin
    if vocabulary is None or pinyin is None:
        return
    tokens = segment(rest)
    if "pinyin" not in undo:
        sounded = read_pinyin(rest, tokens, pinyin, is_known=lambda word: word in vocabulary or catalogue.holds(word))
        yield from sounded
        tokens = [token for token in tokens if not any(_meet(token, each) for each in sounded)]
    if "spelling" not in undo:
        spelt = correct(
            rest, tokens, vocabulary, num_typos=num_typos, is_known=catalogue.holds, together=catalogue.together
        )
        yield from (each for each in spelt if is_found(each.replacement, catalogue))


def _meet(one: Token | Interpretation, other: Interpretation) -> bool:
    return one.start < other.end and other.start < one.end


def _wanted(read: Iterable[Interpretation], undo: Collection[str]) -> list[Interpretation]:
    """What is not undone, the first one where several are about the same words."""
    kept: list[Interpretation] = []
    for each in read:
        is_undone = each.kind in undo or each.key in undo
        if not is_undone and not any(_meet(each, other) for other in kept):
            kept.append(each)
    return kept


def _without(text: str, read: Sequence[Interpretation]) -> str:
    """The text with blanks in place of what was read, so that offsets stay."""
    letters = list(text)
    for each in read:
        letters[each.start : each.end] = " " * (each.end - each.start)
    return "".join(letters)


def _replaced(text: str, mended: Sequence[Interpretation]) -> str:
    for each in sorted(mended, key=lambda found: -found.start):
        text = f"{text[: each.start]}{each.replacement}{text[each.end :]}"
    return text


def _products(typed: str, catalogue: Catalogue) -> tuple[str, ...]:
    found = (product for code in code_candidates(typed) for product in catalogue.products_with_code(code))
    return tuple(dict.fromkeys(found))


def _meanings(words: str, tokens: Sequence[Token], knowledge: Knowledge) -> tuple[tuple[Entity, ...], ...]:
    return all_readings(words, tokens, knowledge.gazetteer) if knowledge.gazetteer else ()


def _expansions(
    words: str, tokens: Sequence[Token], entities: Sequence[Entity], catalogue: Catalogue, *, undo: Collection[str]
) -> Iterator[Expansion]:
    if "synonym" not in undo:
        yield from catalogue.synonyms(words)
    if "measure" not in undo:
        for measure in read_measures(words):
            stretch = words[measure.start : measure.end]
            yield from (Expansion(other, stretch, MEASURE_WEIGHT) for other in measure.alternatives)
    if "expansion" not in undo:
        yield from expand(tokens, entities, count=catalogue.count)


def _open_readings(meanings: Sequence[Sequence[Entity]], knowledge: Knowledge) -> tuple[Reading, ...]:
    """The readings of the first name that may mean two things; a query with two of them is beyond a row of choices."""
    for several in meanings:
        likely = [entity for entity in several if entity.confidence >= OPEN_CONFIDENCE and _is_sold(entity)]
        if len({entity.kind for entity in likely}) > 1 or _is_doubtful(likely):
            return _exclusive(likely, knowledge)
    return ()


def _is_sold(entity: Entity) -> bool:
    """Whether the catalogue may have it: its own values, and kinds of things that its titles may name."""
    return bool(entity.field) or entity.kind == "category"


def _is_doubtful(likely: Sequence[Entity]) -> bool:
    """Whether the one meaning is a brand whose name other titles hold as a word: apples are no Apple."""
    return len(likely) == 1 and likely[0].kind == "brand" and likely[0].confidence < SURE_CONFIDENCE


def _exclusive(entities: Sequence[Entity], knowledge: Knowledge) -> tuple[Reading, ...]:
    """Readings that no product has two of: those of the catalogue's values, and the mere word without any of them."""
    values = {
        entity.kind: Condition(entity.field, "=", (entity.value,)) for entity in reversed(entities) if entity.field
    }
    first = {entity.kind: entity for entity in reversed(entities)}
    readings = [Reading(first[kind], first[kind].value, test) for kind, test in values.items()]
    if values and "title" in knowledge.facts.text_fields:
        named = first.get("category", entities[0])
        word = named if not named.field else replace(named, kind=WORD, value="", field="")
        written = (word.text, f"{word.text}s") if word.text.isascii() else (word.text,)
        parts = (Condition("title", "~", written), *(Not(test) for test in values.values()))
        readings.append(Reading(word, word.text, AllOf(parts)))
    return tuple(readings)


def _shown(each: Interpretation) -> str:
    effect = each.replacement or each.note or each.key
    return f"{each.text}: {effect}"
