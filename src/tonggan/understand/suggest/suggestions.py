"""What a shopper may be about to type: queries, categories and products of this catalogue.

All is learnt from one view of the index, and nothing is suggested that finds no product there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from tonggan.encode.lexicon import LexiconRow
from tonggan.encode.words import query_terms
from tonggan.index import Rows, View
from tonggan.understand.suggest.completion import Completions
from tonggan.understand.suggest.popular_queries import Worth, asked_before, pairs, phrases
from tonggan.understand.suggest.title_words import TitleWords, normalized_titles, typed_words
from tonggan.understand.suggest.typed import LONGEST_TYPED, clean, has_han, key_of, romanized, span, squeezed

Kind: TypeAlias = Literal["query", "category", "product"]

MOST_SUGGESTIONS = 50
"""Suggestions in one answer: nobody reads more while typing."""

TURNS: tuple[Kind, ...] = (
    "query", "category", "query", "product", "query", "product", "query", "category", "product", "query",
)  # fmt: skip
"""Whose turn it is as places are given out: of ten, five queries, two categories, three products."""

FEW = 3
"""With fewer suggestions than this, what was typed may be misspelt."""

SHORTEST_MENDED = 4
"""Letters from which on one may be wrong: of three letters, one edit makes a quarter of all words."""

COLOUR_FIELDS = ("color", "colour", "颜色", "main_color", "main_colour")
"""Attributes under which feeds give a colour."""

SHARED_LETTERS = 6
"""How many keys are fetched for each suggestion wanted: several belong to one text, or are spelt alike."""

_HOLDS_ALL = 0.9999
"""Coverage, in float32, of a product that holds every term."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One line under the search box.

    `highlight` are stretches of `text` that were typed. `count` is how many products hold every word of a query, are
    filed under a category, or 1; `path` is the whole category. `correction` is what the typed text was taken for where
    it is misspelt, empty where it is not.
    """

    kind: Kind
    text: str
    highlight: tuple[tuple[int, int], ...] = ()
    count: int = 0
    product_id: str = ""
    path: str = ""
    correction: str = ""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Suggestions:
    """What can be suggested from one view; read by any number of threads."""

    view: View
    queries: Sequence[str]
    query_keys: Completions
    categories: Sequence[tuple[str, str, int]]
    category_names: Sequence[str]
    category_keys: Completions
    titles: TitleWords
    _counts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def learn(
        cls, view: View, *, lexicon: Sequence[LexiconRow] = (), past_queries: Mapping[str, int] | None = None
    ) -> Self:
        """Learn from a view, the words for colours in the lexicon, and past queries with how often each was asked."""
        rows = view.select()
        titles = normalized_titles(_first_values(view, "title", rows))
        words = TitleWords.of(titles, _popularity(view, rows), rows)
        categories = _categories(view, rows)
        names = [path.split(" > ")[-1] for _, path, _ in categories]
        queries = _queries(view, rows, titles=titles, words=words, colours=_colours(lexicon), asked=past_queries or {})
        return cls(
            view=view,
            queries=[text for text, _ in queries],
            query_keys=Completions.of([text for text, _ in queries], np.array([worth for _, worth in queries])),
            categories=categories,
            category_names=names,
            category_keys=Completions.of(names, np.array([count for *_, count in categories], dtype=np.float64)),
            titles=words,
        )

    def of_view(self, view: View) -> Self:
        """Return the same suggestions for a later view: products that are gone are not among them."""
        titles = self.titles.at_rows(view, self.view.ids(self.titles.rows))
        return replace(self, view=view, titles=titles, _counts={})

    def suggest(self, prefix: str, *, limit: int = 8, language: str = "") -> list[Suggestion]:
        """Return suggestions for an unfinished query, queries first, then categories, then products.

        Texts of the language (`zh`, or any other) come before others. Any text has an answer, if an empty one.
        """
        limit = max(0, min(limit, MOST_SUGGESTIONS))
        text = clean(prefix)
        typed = key_of(text)[:LONGEST_TYPED]  # A single character may stand for a sentence.
        if not typed:
            popular = range(min(limit * SHARED_LETTERS, len(self.queries)))
            return self._mixed(popular, range(len(self.categories)), (), limit=limit, typed="")
        found = self._finished(text, typed, limit=limit, language=language)
        joined = squeezed(typed)
        if len(found) < FEW and joined not in ("", typed):
            found = _joined(found, self._finished(joined, joined, limit=limit, language=language), limit=limit)
        if len(found) < FEW:
            found = _joined(found, self._mended(typed, limit=limit, language=language), limit=limit)
        return found

    def _finished(self, text: str, typed: str, *, limit: int, language: str, correction: str = "") -> list[Suggestion]:
        """What begins as typed; a blank after a Latin word says that the word is whole."""
        key = typed + " " if text.endswith(" ") and not has_han(typed[-1]) else typed
        queries = self._begun(self.query_keys, self.queries, key, limit=limit)
        categories = self._begun(self.category_keys, self.category_names, key, limit=limit)
        return self._mixed(
            _in_language(queries, self.queries, language),
            categories,
            self.titles.holding(typed, most=limit),
            limit=limit,
            typed=typed,
            correction=correction,
        )

    def _begun(self, keys: Completions, texts: Sequence[str], typed: str, *, limit: int) -> list[int]:
        """Numbers of texts that begin as typed, best first; pinyin stands for Han where both were typed."""
        most = limit * SHARED_LETTERS
        found = [*(keys.exact(typed.rstrip()) if typed[-1] == " " else ()), *keys.beginning(typed, most=most)]
        if _is_mixed(typed):
            spelt = [number for key in romanized(typed)[:2] for number in keys.beginning(key, most=most)]
            found += [key for key in spelt if span(texts[int(keys.texts[key])], typed)]
        return _once(keys, found)

    def _mended(self, typed: str, *, limit: int, language: str) -> list[Suggestion]:
        """What begins almost as typed: another character of the same sound, or one letter amiss."""
        if has_han(typed):
            return self._sounding(typed, limit=limit)
        if len(typed) < SHORTEST_MENDED:
            return []
        for keys in (self.query_keys, self.category_keys):
            beginning = keys.near(typed)
            if beginning:
                return self._finished(beginning, beginning, limit=limit, language=language, correction=beginning)
        return self._mended_last_word(typed, limit=limit, language=language)

    def _mended_last_word(self, typed: str, *, limit: int, language: str) -> list[Suggestion]:
        """What begins almost as the last word typed, where the words before it are of no help."""
        before, _, last = typed.rpartition(" ")
        if not before or len(last) < SHORTEST_MENDED:
            return []
        beginning = self.query_keys.near(last)
        whole = f"{before} {beginning}"
        return self._finished(whole, whole, limit=limit, language=language, correction=whole) if beginning else []

    def _sounding(self, typed: str, *, limit: int) -> list[Suggestion]:
        spelt = romanized(typed)[0]
        found = self.query_keys.beginning(spelt, most=limit * SHARED_LETTERS)
        queries = [number for number in _once(self.query_keys, found) if span(self.queries[number], spelt)]
        if not queries:
            return []
        start, end = span(self.queries[queries[0]], spelt) or (0, 0)
        return self._mixed(queries, (), (), limit=limit, typed=spelt, correction=self.queries[queries[0]][start:end])

    def _mixed(
        self,
        queries: Sequence[int],
        categories: Sequence[int],
        products: Sequence[int],
        *,
        limit: int,
        typed: str,
        correction: str = "",
    ) -> list[Suggestion]:
        """Give out the places in turns, no text twice, and put what was chosen in order of kind."""
        waiting: Mapping[Kind, Iterator[Suggestion]] = {
            "query": (self._query(number, typed, correction) for number in queries),
            "category": (self._category(number, typed, correction) for number in categories),
            "product": iter(self._products(products, typed, correction)),
        }
        chosen: Mapping[Kind, list[Suggestion]] = {"query": [], "category": [], "product": []}
        seen: set[object] = set()
        for kind in TURNS * (limit + 1):
            if sum(map(len, chosen.values())) == limit:
                break
            for suggestion in waiting[kind]:
                keys = _sameness(suggestion)
                if suggestion.count and not keys & seen:
                    seen |= keys
                    chosen[kind].append(suggestion)
                    break
        return [suggestion for kind in chosen.values() for suggestion in kind]

    def _query(self, number: int, typed: str, correction: str) -> Suggestion:
        text = self.queries[number]
        return Suggestion("query", text, _spans(text, typed), self._count(text), correction=correction)

    def _category(self, number: int, typed: str, correction: str) -> Suggestion:
        text, path, count = self.categories[number]
        name = self.category_names[number]
        above = len(text) - len(name)
        spans = tuple((start + above, end + above) for start, end in _spans(name, typed))
        return Suggestion("category", text, spans, count, path=path, correction=correction)

    def _products(self, rows: Sequence[int], typed: str, correction: str) -> list[Suggestion]:
        if not rows:
            return []
        ascending = np.unique(np.array(rows, dtype=np.int32))
        titles = dict(zip(ascending.tolist(), _first_values(self.view, "title", ascending), strict=True))
        ids = dict(zip(ascending.tolist(), self.view.ids(ascending), strict=True))
        return [
            Suggestion(
                "product", titles[row], _spans(titles[row], typed), 1, product_id=ids[row], correction=correction
            )
            for row in rows
        ]

    def _count(self, text: str) -> int:
        """How many products hold every word; counted when first asked for, since a view never changes."""
        known = self._counts.get(text)
        if known is None:
            known = self._counts[text] = _holding(self.view, _needed_terms(text))
        return known


def _holding(view: View, terms: Mapping[str, float]) -> int:
    """How many products hold all of the terms; one alone need not be scored."""
    if len(terms) < 2:
        return sum(view.document_frequency(list(terms)))
    return int(np.count_nonzero(view.match(terms).coverage >= _HOLDS_ALL))


def _once(keys: Completions, found: Sequence[int]) -> list[int]:
    """The texts of keys, each once, in the order of the keys."""
    return list(dict.fromkeys(keys.texts[list(found)].tolist()))


def _sameness(suggestion: Suggestion) -> set[object]:
    """By what a suggestion repeats another: its text; a query also its words in any order, in singular and plural."""
    same: set[object] = {key_of(suggestion.text)}
    return same | ({frozenset(_needed_terms(suggestion.text))} if suggestion.kind == "query" else set())


def _needed_terms(text: str) -> dict[str, float]:
    """Terms that every product with these words has: of Han words the pairs, however the words are cut."""
    terms = query_terms(text)
    return {term: 1.0 for term in terms if len(term) <= 2 or not has_han(term)}


def _queries(
    view: View,
    rows: Rows,
    *,
    titles: Sequence[str],
    words: TitleWords,
    colours: Sequence[str],
    asked: Mapping[str, int],
) -> list[tuple[str, float]]:
    """Queries with their worth, the worthiest first."""
    brands = _first_values(view, "brand", rows)
    leaves = [path.split(" > ")[-1].lower() for path in _last_values(view, "category", rows)]
    worth = Worth()
    for text, count in _answerable(view, dict(asked_before(asked))):
        worth.add(text, asked=count)
    for names in (brands, leaves):
        for text, count in Counter(names).items():
            worth.add(text, products=count)
    columns = [_first_values(view, name, rows) for name in COLOUR_FIELDS if name in view.text_fields]
    for column in (brands, *columns):
        for text, count in pairs(column, leaves):
            worth.add(text, products=count)
    for text, count in _coloured(leaves, rows, words, colours):
        worth.add(text, products=count)
    for text, count in phrases(titles):
        worth.add(text, products=count)
    return worth.best()


def _answerable(view: View, asked: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Past queries none of whose words is unknown to the catalogue."""
    needed = {text: _needed_terms(text) for text in asked}
    terms = list({term: None for of_text in needed.values() for term in of_text})
    known = {term for term, count in zip(terms, view.document_frequency(terms), strict=True) if count}
    yield from ((text, count) for text, count in asked.items() if needed[text] and needed[text].keys() <= known)


def _coloured(
    leaves: Sequence[str], rows: Rows, words: TitleWords, colours: Sequence[str]
) -> Iterator[tuple[str, int]]:
    """Colours that stand in titles, each with the categories of those titles."""
    leaf_of_row = dict(zip(rows.tolist(), leaves, strict=True))
    for colour in colours:
        held = words.with_word(colour).tolist()
        yield from pairs([colour] * len(held), [leaf_of_row[row] for row in held])


def _colours(lexicon: Sequence[LexiconRow]) -> list[str]:
    """Words for colours in both languages, of one word each."""
    rows = [row for row in lexicon if row.kind == "colour"]
    words = [word for row in rows for word in (row.normalized, *row.meanings)]
    return [word for word in dict.fromkeys(words) if typed_words(word) == [word]]


def _categories(view: View, rows: Rows) -> list[tuple[str, str, int]]:
    """Categories as shown, in full, and with their products, the fullest first.

    Shown are the last two levels: `Dresses` alone is a query, and `Shoes` may be women's or men's; all where that is
    not enough to tell two apart.
    """
    if "category" not in view.text_fields:
        return []
    counts = view.facet("category", rows, limit=len(rows) * 8)
    shown = {path: " > ".join(path.split(" > ")[-2:]) for path in counts}
    namesakes = Counter(map(key_of, shown.values()))
    return [
        (shown[path] if namesakes[key_of(shown[path])] == 1 else path, path, count) for path, count in counts.items()
    ]


def _popularity(view: View, rows: Rows) -> npt.NDArray[np.float64]:
    if "rating_count" not in view.number_fields:
        return np.zeros(len(rows))
    return np.nan_to_num(view.numbers("rating_count", rows))


def _first_values(view: View, name: str, rows: Rows) -> list[str]:
    return _chosen_values(view, name, rows, choose=lambda values: values[0])


def _last_values(view: View, name: str, rows: Rows) -> list[str]:
    return _chosen_values(view, name, rows, choose=lambda values: values[-1])


def _chosen_values(view: View, name: str, rows: Rows, *, choose: Callable[[Sequence[str]], str]) -> list[str]:
    if name not in view.text_fields:
        return [""] * len(rows)
    return [choose(values) if values else "" for values in view.values(name, rows)]


def _in_language(numbers: Sequence[int], texts: Sequence[str], language: str) -> Sequence[int]:
    """Those whose script is the language's first, in their order."""
    if not language:
        return numbers
    is_chinese = language.lower().startswith("zh")
    return sorted(numbers, key=lambda number: has_han(texts[number]) != is_chinese)


def _is_mixed(typed: str) -> bool:
    return has_han(typed) and any(letter.isascii() and letter.isalnum() for letter in typed)


def _spans(text: str, typed: str) -> tuple[tuple[int, int], ...]:
    """Where the typed letters stand: together, or else each word of them for itself."""
    if not typed:
        return ()
    whole = span(text, typed)
    found = [whole] if whole else [span(text, word) for word in typed_words(typed)]
    return tuple(sorted({place for place in found if place}))


def _joined(first: Sequence[Suggestion], more: Sequence[Suggestion], *, limit: int) -> list[Suggestion]:
    texts = {key_of(suggestion.text) for suggestion in first}
    return [*first, *(suggestion for suggestion in more if key_of(suggestion.text) not in texts)][:limit]
