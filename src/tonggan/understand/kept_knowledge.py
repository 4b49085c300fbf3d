"""What was learnt of a catalogue as arrays, and back: opening a large shop need not learn it anew.

Words stand in the arrays as bytes (`pack_strings`). Rows of a view do not: products are named by their ids, so that
what was kept of one view serves a later one, and products that are gone are not suggested.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tonggan.index import View
from tonggan.index.array_files import pack_strings, unpack_strings
from tonggan.understand.facts import facts_of
from tonggan.understand.knowledge import Knowledge
from tonggan.understand.names.gazetteer import Gazetteer
from tonggan.understand.names.name_tagger import NameTagger
from tonggan.understand.names.name_units import Meaning
from tonggan.understand.spelling.deletions import DeletionIndex
from tonggan.understand.spelling.pinyin import PinyinIndex, Readings
from tonggan.understand.spelling.vocabulary import FAR_PREFIX, LONGEST_WORD, Vocabulary
from tonggan.understand.suggest.completion import Completions
from tonggan.understand.suggest.suggestions import Suggestions
from tonggan.understand.suggest.title_words import TitleWords

FORMAT = 1
"""Changes whenever what is kept, or what learning makes of a catalogue, does."""

Arrays = Mapping[str, np.ndarray]


def arrays_of(knowledge: Knowledge) -> dict[str, np.ndarray]:
    """Return everything that was learnt; nothing of a part that was not."""
    parts: list[tuple[str, Arrays]] = []
    if knowledge.vocabulary is not None:
        parts.append(("vocabulary", _vocabulary_arrays(knowledge.vocabulary)))
    if knowledge.pinyin is not None:
        parts.append(("pinyin", _pinyin_arrays(knowledge.pinyin)))
    if knowledge.gazetteer is not None:
        parts.append(("gazetteer", _gazetteer_arrays(knowledge.gazetteer)))
    if knowledge.suggestions is not None:
        parts.append(("suggestions", _suggestions_arrays(knowledge.suggestions)))
    return {f"{part}/{name}": array for part, arrays in parts for name, array in arrays.items()}


def knowledge_of(arrays: Arrays, view: View) -> Knowledge:
    """Return what was kept as arrays, for a view of the same catalogue, whatever changed in it since."""
    parts: dict[str, dict[str, np.ndarray]] = {}
    for name, array in arrays.items():
        part, _, rest = name.partition("/")
        parts.setdefault(part, {})[rest] = array
    return Knowledge(
        facts_of(view),
        _gazetteer(parts["gazetteer"]) if "gazetteer" in parts else None,
        _vocabulary(parts["vocabulary"]) if "vocabulary" in parts else None,
        _pinyin(parts["pinyin"]) if "pinyin" in parts else None,
        _suggestions(parts["suggestions"], view) if "suggestions" in parts else None,
    )


def _vocabulary_arrays(vocabulary: Vocabulary) -> Arrays:
    indexes = {"near": vocabulary.near.entries, "far": vocabulary.far.entries}
    return {**vocabulary.weights(), **indexes, "misspelt": _as_json(vocabulary.misspelt)}


def _vocabulary(kept: Arrays) -> Vocabulary:
    return Vocabulary(
        **{name: kept[name] for name in ("letters", "starts", "keys", "counts", "marks")},
        near=DeletionIndex(kept["near"], deletions=1, prefix=LONGEST_WORD),
        far=DeletionIndex(kept["far"], deletions=2, prefix=FAR_PREFIX),
        misspelt={word: tuple(meant) for word, meant in _from_json(kept["misspelt"]).items()},
    )


def _pinyin_arrays(pinyin: PinyinIndex) -> Arrays:
    numbers = {word: number for number, word in enumerate(pinyin.counts)}
    arrays = _packed("words", list(pinyin.counts)) | {"counts": np.array(list(pinyin.counts.values()), dtype=np.int64)}
    for name in ("full", "southern", "initials"):
        found: Readings = getattr(pinyin, name)
        arrays |= _packed(name, found.keys)
        arrays[f"{name}_words"] = _numbers(numbers[word] for word in found.words)
    return arrays | {"total": np.array([pinyin.total])}


def _pinyin(kept: Arrays) -> PinyinIndex:
    words, counts = _unpacked("words", kept), np.array(kept["counts"])

    def readings(name: str) -> Readings:
        meant = kept[f"{name}_words"]
        return Readings(_unpacked(name, kept), [words[at] for at in meant.tolist()], counts[meant])

    return PinyinIndex(
        dict(zip(words, counts.tolist(), strict=True)),
        float(kept["total"][0]),
        full=readings("full"),
        southern=readings("southern"),
        initials=readings("initials"),
    )


def _gazetteer_arrays(gazetteer: Gazetteer) -> Arrays:
    """Meanings are few beside the names that have them: each list of meanings is written once."""
    lists = {meanings: at for at, meanings in enumerate(dict.fromkeys(gazetteer.names.values()))}
    written = [
        [(each.kind, each.field, each.value, each.count, each.precision, each.is_word) for each in meanings]
        for meanings in lists
    ]
    arrays = {
        **_packed("names", list(gazetteer.names)),
        "meanings_of_name": _numbers(lists[meanings] for meanings in gazetteer.names.values()),
        "meanings": _as_json(written),
        **_packed("heads", list(gazetteer.reach)),
        "reach": _numbers(gazetteer.reach.values()),
        "company": _as_json({brand: sorted(names) for brand, names in gazetteer.company.items()}),
    }
    if gazetteer.tagger is not None:
        arrays |= {**_packed("features", list(gazetteer.tagger.rows)), "weights": gazetteer.tagger.weights}
    return arrays


def _gazetteer(kept: Arrays) -> Gazetteer:
    lists = [tuple(Meaning(*each) for each in meanings) for meanings in _from_json(kept["meanings"])]
    names = _unpacked("names", kept)
    return Gazetteer(
        {name: lists[at] for name, at in zip(names, kept["meanings_of_name"].tolist(), strict=True)},
        dict(zip(_unpacked("heads", kept), kept["reach"].tolist(), strict=True)),
        {brand: frozenset(names) for brand, names in _from_json(kept["company"]).items()},
        _tagger(kept) if "weights" in kept else None,
    )


def _tagger(kept: Arrays) -> NameTagger:
    features = _unpacked("features", kept)
    return NameTagger({feature: row for row, feature in enumerate(features, start=1)}, kept["weights"])


def _suggestions_arrays(suggestions: Suggestions) -> Arrays:
    titles = suggestions.titles
    return {
        **_packed("queries", suggestions.queries),
        **_completions_arrays("query", suggestions.query_keys),
        "categories": _as_json(suggestions.categories),
        **_completions_arrays("category", suggestions.category_keys),
        **_packed("title_words", titles.words),
        "starts": titles.starts,
        "products": titles.products,
        **_packed("ids", suggestions.view.ids(titles.rows)),
        **_packed("spelt", titles.spelt),
        "meant": titles.meant,
    }


def _suggestions(kept: Arrays, view: View) -> Suggestions:
    categories = [(shown, path, count) for shown, path, count in _from_json(kept["categories"])]
    ids = _unpacked("ids", kept)
    titles = TitleWords(
        words=_unpacked("title_words", kept),
        starts=kept["starts"],
        products=kept["products"],
        rows=np.arange(len(ids), dtype=np.int32),
        spelt=_unpacked("spelt", kept),
        meant=kept["meant"],
    )
    return Suggestions(
        view=view,
        queries=_unpacked("queries", kept),
        query_keys=_completions("query", kept),
        categories=categories,
        category_names=[path.split(" > ")[-1] for _, path, _ in categories],
        category_keys=_completions("category", kept),
        titles=titles.at_rows(view, ids),
    )


def _completions_arrays(name: str, keys: Completions) -> Arrays:
    return {**_packed(f"{name}_keys", keys.keys), f"{name}_texts": keys.texts, f"{name}_places": keys.places}


def _completions(name: str, kept: Arrays) -> Completions:
    return Completions(_unpacked(f"{name}_keys", kept), kept[f"{name}_texts"], kept[f"{name}_places"])


def _packed(name: str, texts: Sequence[str]) -> dict[str, np.ndarray]:
    letters, ends = pack_strings(texts)
    return {name: letters, f"{name}_ends": ends.astype(np.uint32)}


def _unpacked(name: str, kept: Arrays) -> list[str]:
    return unpack_strings(kept[name], kept[f"{name}_ends"])


def _numbers(values: Iterable[int]) -> np.ndarray:
    return np.fromiter(values, dtype=np.int32)


def _as_json(value: object) -> np.ndarray:
    return np.frombuffer(json.dumps(value).encode(), dtype=np.uint8)


def _from_json(kept: np.ndarray) -> Any:
    return json.loads(kept.tobytes())
