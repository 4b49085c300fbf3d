"""Why a product is no result: every cause in the order in which search meets it, and what would bring it in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from tonggan.answer.matched_words import WordEvidence
from tonggan.answer.phrases import listed, phrase
from tonggan.index import View
from tonggan.index.values import show_number
from tonggan.rank.order import Ranking
from tonggan.records import AllOf, AnyOf, Condition, Filter, Not
from tonggan.retrieve.channels import Probe
from tonggan.retrieve.membership import SEMANTIC_CHANNELS, least_coverage
from tonggan.retrieve.result_set import ResultSet
from tonggan.understand.filters import filter_text


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One cause: its `kind`, the reason and the remedy in words, and the numbers and names in it.

    Of the causes of not being found (`coverage`, `similarity`, `not_nearest`, `no_vector`) it is enough that one goes;
    of all others every one has to.
    """

    kind: str
    reason: str
    remedy: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FilterSource:
    """A filter and who asked for it: the caller, the understanding of `text` (undone by `key`), or `rules` by name."""

    origin: Literal["caller", "understood", "rule"]
    filter: Filter
    key: str = ""
    text: str = ""
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hiding:
    """Who hides a product: `rules` by name, the caller where there are none."""

    rules: tuple[str, ...] = ()


def absence(kind: Literal["unpublished", "unindexed"], language: str) -> Obstacle:
    """Return the cause of a product that the index does not hold."""
    return _obstacle(kind, language)


def obstacles(
    ranking: Ranking,
    row: int,
    *,
    filters: Sequence[FilterSource],
    hiding: Hiding | None,
    words: Sequence[WordEvidence],
    language: str,
) -> tuple[Obstacle, ...]:
    """Return why an indexed product is no result; empty where it is one."""
    results = ranking.results
    found = [_hidden(hiding, language)] if hiding is not None else []
    for source in filters:
        found += _filtered(results.view, row, source, language=language)
    if not _is_found(results, row):
        found += _not_found(results, row, words, language=language)
    if not found and results.query.group_by and not ranking.place_of(row):
        found.append(_grouped(results, row, language))
    return tuple(found)


def excluding(view: View, row: int, tree: Filter) -> list[Filter]:
    """Return the parts of a filter that leave a row out; each part has to go."""
    if len(np.intersect1d(view.select(tree), [row])):
        return []
    if isinstance(tree, AllOf):
        return [each for part in tree.parts for each in excluding(view, row, part)]
    return [tree]


def _hidden(hiding: Hiding, language: str) -> Obstacle:
    if not hiding.rules:
        return _obstacle("hidden", language)
    return _obstacle("hidden_by_rule", language, rules=listed(list(hiding.rules), language))


def _is_found(results: ResultSet, row: int) -> bool:
    """Whether words, meaning or looks would make a product a result, were it not hidden."""
    members, settings = results.members, results.settings
    if row in members.rows:
        return True
    if members.match is None:
        anchors = [probe for probe in results.questions.probes if probe.is_anchor]
        return any(not np.isnan(_similarity(results, row, probe)) for probe in anchors)
    covered = members.match.rows[members.match.coverage >= least_coverage(members.match.coverage, settings)]
    near = [
        rows[scores >= (settings.nearest_similarity if channel in SEMANTIC_CHANNELS else -1.0)]
        for channel, (rows, scores) in members.nearest.items()
    ]
    return any(row in rows for rows in (covered, *near))


def _similarity(results: ResultSet, row: int, probe: Probe) -> float:
    return float(results.view.similarity(probe.space, probe.vector, np.array([row], np.int32))[0])


def _filtered(view: View, row: int, source: FilterSource, *, language: str) -> Iterator[Obstacle]:
    kind = {"caller": "filter", "understood": "understood", "rule": "rule_filter"}[source.origin]
    for part in excluding(view, row, source.filter):
        fields = list(dict.fromkeys(_fields(part)))
        held = {name: _values(view, row, name) for name in fields}
        said = [listed(values, language) or phrase("nothing", language) for values in held.values()]
        yield _obstacle(
            kind,
            language,
            condition=filter_text(part),
            field=listed(fields, language),
            value=listed(said, language),
            key=source.key,
            text=source.text.strip(),
            rules=listed(list(source.rules), language),
        )


def _not_found(results: ResultSet, row: int, words: Sequence[WordEvidence], *, language: str) -> Iterator[Obstacle]:
    if results.members.match is not None:
        yield from _uncovered(results, row, words, language=language)
    anchors = [probe for probe in results.questions.probes if probe.is_anchor]
    for probe in anchors:
        yield _too_far(results, row, probe, language=language)
    if results.members.match is None and not anchors:
        yield _obstacle("unasked", language, parts=listed(list(results.questions.degraded), language))


def _uncovered(results: ResultSet, row: int, words: Sequence[WordEvidence], *, language: str) -> Iterator[Obstacle]:
    match = results.members.match
    assert match is not None
    least = least_coverage(match.coverage, results.settings)
    place = np.flatnonzero(match.rows == row)
    coverage = float(match.coverage[place[0]]) if len(place) else 0.0
    missing = [each for each in words if not each.is_matched and not each.instead]
    numbers = {"coverage": coverage, "least": least, "missing": [each.word for each in missing]}
    wanted = listed(_enough(missing, least - coverage), language)
    lacking = listed([each.word for each in missing], language)
    if lacking:
        kind = "coverage" if len(place) else "no_words"
        yield Obstacle(
            "coverage",
            phrase(kind, language, coverage=coverage, least=least, words=lacking),
            phrase("coverage.remedy", language, words=wanted),
            numbers,
        )


def _enough(missing: Sequence[WordEvidence], lack: float) -> list[str]:
    """The rarest words that together cover what is lacking: the fewest that do."""
    chosen: list[str] = []
    for each in sorted(missing, key=lambda word: -word.share):
        if not chosen or lack > 0:
            chosen.append(each.word)
            lack -= each.share
    return chosen


def _too_far(results: ResultSet, row: int, probe: Probe, *, language: str) -> Obstacle:
    similarity = _similarity(results, row, probe)
    if np.isnan(similarity):
        return _obstacle("no_vector", language, space=probe.space, channel=probe.channel)
    floor = results.settings.nearest_similarity
    if probe.channel in SEMANTIC_CHANNELS and similarity < floor:
        return _obstacle("similarity", language, channel=probe.channel, similarity=similarity, floor=floor)
    near = results.members.nearest.get(probe.channel)
    last = float(near[1][-1]) if near is not None and len(near[1]) else 1.0
    count = results.settings.nearest_added
    return _obstacle("not_nearest", language, channel=probe.channel, similarity=similarity, floor=last, count=count)


def _grouped(results: ResultSet, row: int, language: str) -> Obstacle:
    field, limit = results.query.group_by, results.query.group_limit
    value = listed(_values(results.view, row, field), language)
    return _obstacle("grouped", language, field=field, value=value, limit=limit)


def _obstacle(kind: str, language: str, **details: Any) -> Obstacle:
    told = {name: value for name, value in details.items() if value not in ("", [])}
    remedy = phrase(f"{kind}.remedy", language, **details)
    return Obstacle(kind, phrase(kind, language, **details), remedy, told)


def _fields(tree: Filter) -> Iterator[str]:
    if isinstance(tree, Condition):
        yield tree.field
    elif isinstance(tree, Not):
        yield from _fields(tree.part)
    elif isinstance(tree, AllOf | AnyOf):
        for part in tree.parts:
            yield from _fields(part)


def _values(view: View, row: int, name: str) -> list[str]:
    """What a product holds in a field, as a filter would write it."""
    rows = np.array([row], np.int32)
    if name in view.number_fields:
        number = float(view.numbers(name, rows)[0])
        return [] if np.isnan(number) else [show_number(number)]
    return list(view.values(name, rows)[0])
