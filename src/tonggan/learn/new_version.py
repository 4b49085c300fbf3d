"""From what was learnt to a new version of a shop's pack: what serves now, and the pack that is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tonggan.align.bridge import Bridge, identity_bridge
from tonggan.align.heads import RESIDUAL
from tonggan.align.senses import BRIDGE, IMAGE_HEAD, Base, Senses, read_bridge
from tonggan.learn.alignment import READY, STAGE_0, STAGE_1, Alignment
from tonggan.learn.comparison import NOTHING, Comparison, Present
from tonggan.learn.picture_head import ENCODER_ALONE, LearntHead
from tonggan.packs import Part
from tonggan.packs.folder import read_card, read_pack
from tonggan.packs.revision import revise_pack
from tonggan.records import Vectors
from tonggan.shop import Shop

HEADING = "## Learnt from the shop's own pairs"
"""Begins what alignment adds to the card of a pack; learnt again, it takes the place of the old section."""


def ready_bridge(shop: Shop, senses: Senses, *, text: Vectors, image: Vectors) -> Bridge | None:
    """Return the bridge that the base of the shop's pack brings, or that of a space which its encoders share."""
    if not senses.base:
        return None
    pack = shop.projection.packs.library.with_fingerprint(senses.base)
    own = {name: encoder for name, encoder in senses.encoders.items() if name in pack.parts}
    base = Base(pack, own, read_bridge(pack, own) if BRIDGE in pack.parts else None)
    return base.bridge or (identity_bridge(text, image) if base.is_shared else None)


def present_bridge(senses: Senses, ready: Bridge | None) -> Present:
    """Return which way words and pictures are compared now."""
    if senses.bridge is None:
        return NOTHING
    if ready is not None and _is_same_map(senses.bridge, ready):
        return Present(READY)
    name = STAGE_1 if senses.bridge.implementation == RESIDUAL else STAGE_0
    return Present(name, int(senses.measures.get("pairs", 0)))


def present_head(senses: Senses) -> Present:
    """Return which way photos and pictures are compared now."""
    if senses.image_head is None:
        return ENCODER_ALONE
    name = STAGE_1 if senses.image_head.implementation == RESIDUAL else STAGE_0
    return Present(name, int(senses.measures.get("photos", 0)))


def write_version(shop: Shop, senses: Senses, aligned: Alignment | None, pictured: LearntHead | None) -> Senses | None:
    """Write a pack with what is better than before, and return its senses; None where nothing is."""
    parts: dict[str, Part] = {}
    weights: dict[str, Mapping[str, np.ndarray]] = {}
    measures: dict[str, float] = {}
    if aligned is not None and aligned.bridge is not None:
        parts[BRIDGE] = Part("bridge", aligned.bridge.implementation, aligned.bridge.dim)
        weights[BRIDGE] = aligned.bridge.weights()
        measures |= aligned.measures
    if pictured is not None and pictured.head is not None:
        parts[IMAGE_HEAD] = Part("head", pictured.head.implementation, pictured.head.dim)
        weights[IMAGE_HEAD] = pictured.head.weights()
        measures |= pictured.measures
    if not parts:
        return None
    packs, pack = shop.projection.packs, read_pack(senses.folder)
    told = [each.comparison for each in (aligned, pictured) if each is not None]
    card = _card(read_card(pack), told)
    version = revise_pack(pack, packs.folder, parts=parts, weights=weights, measures=measures, card=card)
    return packs.open(version.fingerprint)


def _is_same_map(bridge: Bridge, ready: Bridge) -> bool:
    one, other = bridge.weights(), ready.weights()
    maps = [name for name in other if not name.startswith("mean")]
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in maps)


def _card(card: str, comparisons: Sequence[Comparison]) -> str:
    before = card.split(HEADING)[0].rstrip()
    return "\n".join([before, "", HEADING, "", *(line for each in comparisons for line in _section(each.as_json()))])


def _section(told: Mapping[str, Any]) -> list[str]:
    rows = [
        f"| {name} | {measure} | {figure['mean']:.3f} | {figure['low']:.3f}..{figure['high']:.3f} |"
        for name, figures in told["rows"].items()
        for measure, figure in figures.items()
    ]
    head = [f"{told['what']}: {told['queries']:,} held-out queries among {told['pool']:,}. {told['reason']}", ""]
    return [*head, "| row | measure | mean | 95 % |", "| --- | --- | --- | --- |", *rows, ""]
