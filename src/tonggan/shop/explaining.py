"""Why a product is where it is for a query, or why it is nowhere: one request looked at closely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tonggan.align.senses import SHARED, Senses
from tonggan.answer.explanation import Explanation, Leader, RankerPart, leader_of, ranker_part
from tonggan.answer.highlight import highlighter_of
from tonggan.answer.matched_words import word_evidence
from tonggan.answer.occlusion import OcclusionMap, occlusion
from tonggan.answer.phrases import answer_language
from tonggan.answer.reasons import boost_of, reasons_in_phrases
from tonggan.answer.second_look import SecondLook
from tonggan.answer.why_not import FilterSource, Hiding, absence, obstacles
from tonggan.catalogue.clean import is_visible
from tonggan.catalogue.media import MediaFolder
from tonggan.errors import InputError, NotReadyError
from tonggan.rank.order import Ranking
from tonggan.records import AllOf, Filter, Picture, Product, Query
from tonggan.retrieve.channels import Probe
from tonggan.retrieve.result_set import ResultSet
from tonggan.shop.answering import Answering
from tonggan.shop.reading import Meant
from tonggan.shop.rows import PICTURE_SIDE, first_checksum

IMAGE = "image"

NO_MAP = "Leave out the map, send a picture, or use a pack that ties words to pictures."
"""What to do where no occlusion map can be made."""


@dataclass(frozen=True, slots=True)
class _Case:
    """What was asked, what it was taken to mean, what came of it, and the product in question."""

    asked: Query
    meant: Meant
    ranking: Ranking
    product: Product
    row: int
    language: str


class Explainer:
    """Explains the answers of one shop; writes nothing."""

    def __init__(self, answering: Answering, media: MediaFolder) -> None:
        self._answering = answering
        self._media = media

    def explain(self, asked: Query, product: Product, *, senses: Senses | None, is_mapped: bool = False) -> Explanation:
        """Return why a product is, or is not, a result of a query; where it is mapped, with the occlusion map.

        InputError where there is no picture to map, NotReadyError where there are no encoders.
        """
        if is_mapped and senses is None:
            raise NotReadyError("This shop has no encoders, so no map can be made.", remedy="Import products first.")
        ranking, meant = self._answering.ranked(replace(asked, explain=True))
        language = answer_language(ranking.results.query)
        rows = ranking.results.view.rows([product.id])
        if not len(rows):
            kind = "unindexed" if is_visible(product) else "unpublished"
            return Explanation(
                product,
                language,
                is_result=False,
                found=ranking.found,
                understood=ranking.results.query.understood,
                obstacles=(absence(kind, language),),
            )
        case = _Case(asked, meant, ranking, product, int(rows[0]), language)
        explanation = self._placed(case)
        seen = self._occlusion(case, senses) if is_mapped and senses is not None else None
        return replace(explanation, occlusion=seen)

    def _placed(self, case: _Case) -> Explanation:
        ranking, results, row = case.ranking, case.ranking.results, case.row
        rows = np.array([row], np.int32)
        place = ranking.place_of(row) if row in results.rows else 0
        look, version = self._look(case)
        words = word_evidence(results, row) if results.query.words else ()
        own = ranker_part(look, row, version=version, language=case.language) if look else None
        return Explanation(
            case.product,
            case.language,
            is_result=place > 0,
            place=place,
            page=-(-place // results.query.per_page) if results.query.per_page else 0,
            found=ranking.found,
            score=float(ranking.scores_of(rows)[0]) if place else 0.0,
            merged=float(results.scores_of(rows)[0]) if place else 0.0,
            boost=float(boost_of(ranking, rows)[0]),
            understood=results.query.understood,
            why=_why(case) if place else (),
            merge=results.reasons(row) if place and results.is_scored else {},  # pyright: ignore[reportArgumentType]
            words=words,
            ranker=own,
            rules=case.meant.applied.fired,
            leader=_leader(case, look, own) if place else None,
            obstacles=()
            if place
            else obstacles(
                ranking,
                row,
                filters=_filters(case),
                hiding=self._hiding(case),
                words=words,
                language=case.language,
            ),
        )

    def _look(self, case: _Case) -> tuple[SecondLook | None, str]:
        """What the learnt ranker saw, and which version it is; nothing where the merged order stands."""
        ranking = case.ranking
        if not isinstance(ranking.rescore, SecondLook) or not len(ranking.scores):
            return None, ""
        return ranking.rescore, self._answering.rankers.of(case.meant.query).name

    def _hiding(self, case: _Case) -> Hiding | None:
        product_id, fired = case.product.id, case.meant.applied.fired
        if product_id in case.asked.hidden:
            return Hiding()
        if product_id not in case.ranking.results.query.hidden:
            return None
        rules = [prepared.rule for prepared in self._answering.reader.rules.rules(case.asked.rules).prepared]
        named = [rule.name or rule.id for rule in rules if product_id in rule.actions.hides]
        return Hiding(tuple(name for name in named if name in fired))

    def _occlusion(self, case: _Case, senses: Senses) -> OcclusionMap:
        """The map of the shopper's picture, else that of the product's own against the words."""
        results = case.ranking.results
        if case.asked.image is not None:
            vector = results.view.vectors(IMAGE, [case.product.id]).get(case.product.id)
            if vector is None:
                raise InputError(f"Product '{case.product.id}' has no picture to compare with.", remedy=NO_MAP)
            grid, similarity, drop = occlusion(
                case.asked.image, lambda pictures: _seen(senses, pictures, is_query=True) @ vector
            )
            return OcclusionMap("query", IMAGE, case.asked.image, grid, similarity, drop)
        probe = _shared_probe(results)
        checksum = first_checksum(case.product)
        bridge = senses.bridge
        if probe is None or bridge is None or not checksum:
            raise InputError("There is no picture that could be compared with these words.", remedy=NO_MAP)
        picture = self._media.open_picture(checksum, long_side=PICTURE_SIDE)
        grid, similarity, drop = occlusion(
            picture, lambda pictures: bridge.project_image(senses.encode_pictures(pictures)) @ probe.vector
        )
        return OcclusionMap("product", SHARED, picture, grid, similarity, drop)


def _seen(senses: Senses, pictures: Sequence[Picture], *, is_query: bool) -> np.ndarray:
    """Pictures in the space `image`, all in one batch."""
    encoder = senses.encoders[IMAGE]
    rows = encoder.encode_query(pictures) if is_query else encoder.encode_document(pictures)
    return senses.image_head.project(rows) if senses.image_head else rows


def _shared_probe(results: ResultSet) -> Probe | None:
    return next((probe for probe in results.questions.probes if probe.channel == "text-shared"), None)


def _why(case: _Case) -> tuple[str, ...]:
    results = case.ranking.results
    marked = [highlighter_of(results)(case.product)] if results.query.words else [{}]
    rows = np.array([case.row], np.int32)
    return reasons_in_phrases(case.ranking, rows, products=[case.product], marked=marked, language=case.language)[0]


def _leader(case: _Case, look: SecondLook | None, own: RankerPart | None) -> Leader | None:
    leading = case.ranking.leading(1)
    first = ranker_part(look, int(leading[0]), version="", language=case.language) if look else None
    return leader_of(case.ranking, case.row, own=own, first=first)


def _filters(case: _Case) -> list[FilterSource]:
    """Every filter that stands, by who asked for it: not what was loosened, nor what names a field that is no more."""
    query = case.ranking.results.query
    read = query.understood.interpretations if query.understood else ()
    found = [FilterSource("caller", case.asked.filters)] if case.asked.filters is not None else []
    for each in read:
        if each.filter is not None and each.key not in query.loosened:
            found.append(FilterSource("understood", each.filter, key=each.key, text=each.text))
    wanted = case.meant.applied.filter
    if wanted is not None and set(_parts(wanted)) <= set(_parts(query.filters)):
        found.append(FilterSource("rule", wanted, rules=case.meant.applied.fired))
    return found


def _parts(tree: Filter | None) -> tuple[Filter, ...]:
    return tree.parts if isinstance(tree, AllOf) else () if tree is None else (tree,)
