"""The `catalogue` pack: every encoder and the bridge, fitted in seconds on a shop's own products, in any language."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tonggan.align.bridge import Bridge, BridgeReport, fit_bridge, group_pairs
from tonggan.align.senses import BRIDGE, Senses, load_pack
from tonggan.encode import FittedEncoder, encoder_class
from tonggan.errors import InputError
from tonggan.packs import Origin, Pack, Part
from tonggan.packs.folder import write_pack
from tonggan.records import Picture, Rating

TEXTS, PICTURES = 20_000, 1_500
"""Products that are sampled; ten seconds on two cores. Twice the pictures changed copies found by under .005."""

IMPLEMENTATIONS: Mapping[str, str] = {"text": "tfidf-svd", "image": "colour-shape-texture", "rating": "rating-block"}
"""Encoder of each space."""

PictureSource: TypeAlias = Picture | Callable[[], Picture | None] | None
"""A decoded picture, a function that decodes it when it is its turn, or nothing."""


def fit_catalogue_pack(
    texts: Sequence[str],
    pictures: Sequence[PictureSource],
    ratings: Sequence[Rating | None],
    packs: Path | str,
    *,
    products: int | None = None,
    seed: int = 0,
) -> Senses:
    """Fit encoders and bridge on products given side by side, write the pack, and return what was written.

    The pack gets a folder of its own in `packs`. `products` is the size of the catalogue where these are a sample.
    Any number of products will do, none included; the same ones and seed give the same fingerprint.
    """
    if not len(texts) == len(pictures) == len(ratings):
        raise InputError(f"{len(texts)} texts, {len(pictures)} pictures, {len(ratings)} ratings.", remedy="One each.")
    shown = _pictures(pictures, seed=seed)
    encoders: dict[str, FittedEncoder] = {
        "text": _encoder("text").fit([texts[at] for at in _sample(len(texts), TEXTS, seed=seed)], seed=seed),
        "image": _encoder("image").fit(list(shown.values()), seed=seed),
        "rating": _encoder("rating").fit(ratings, seed=seed),
    }
    tied = _tied(encoders, texts, shown, seed=seed)
    counts = {"products": len(texts) if products is None else products, "pictures_fitted_on": len(shown), "seed": seed}
    measures = counts | (_measures(tied[1]) if tied else {})
    bridge = tied[0] if tied and tied[1].is_trusted else None
    return load_pack(_write(Path(packs), encoders, bridge, measures=measures).folder)


def _encoder(space: str) -> type[FittedEncoder]:
    return encoder_class(IMPLEMENTATIONS[space])


def _sample(count: int, most: int, *, seed: int) -> list[int]:
    """Return up to `most` positions, ascending."""
    return np.sort(np.random.default_rng(seed).permutation(count)[:most]).tolist()


def _pictures(sources: Sequence[PictureSource], *, seed: int) -> dict[int, Picture]:
    """Return the decoded pictures of a sample of the products that have one, by position."""
    present = [at for at, source in enumerate(sources) if source is not None]
    chosen = [present[at] for at in _sample(len(present), PICTURES, seed=seed)]
    decoded = ((at, _decoded(sources[at])) for at in chosen)
    return {at: picture for at, picture in decoded if picture is not None}


def _decoded(source: PictureSource) -> Picture | None:
    return source() if callable(source) else source


def _tied(
    encoders: Mapping[str, FittedEncoder], texts: Sequence[str], shown: Mapping[int, Picture], *, seed: int
) -> tuple[Bridge, BridgeReport] | None:
    paired = [texts[at] for at in shown]
    checksums = [hashlib.sha256(picture.tobytes()).hexdigest() for picture in shown.values()]
    return fit_bridge(
        encoders["text"].encode_document(paired),
        encoders["image"].encode_document(list(shown.values())),
        groups=group_pairs([text.split("\n")[0].strip().casefold() for text in paired], checksums),
        seed=seed,
    )


def _measures(report: BridgeReport) -> dict[str, float]:
    there, back = report.text_to_image, report.image_to_text
    return {
        "text_to_image_recall_at_1": there.at_1,
        "text_to_image_recall_at_10": there.at_10,
        "image_to_text_recall_at_1": back.at_1,
        "image_to_text_recall_at_10": back.at_10,
        "chance_at_1": there.chance_at_1,
        "chance_at_10": there.chance_at_10,
        "held_out_pool": there.pool,
        "pairs": report.pairs,
        "ridge": report.ridge,
    }


def _write(
    packs: Path, encoders: Mapping[str, FittedEncoder], bridge: Bridge | None, *, measures: Mapping[str, float]
) -> Pack:
    parts = {
        name: Part("encoder", IMPLEMENTATIONS[name], encoder.dim, parameters=encoder.parameters)
        for name, encoder in encoders.items()
    }
    weights: dict[str, Mapping[str, npt.NDArray]] = {name: encoder.weights() for name, encoder in encoders.items()}
    if bridge:
        parts[BRIDGE] = Part("bridge", bridge.implementation, bridge.dim)
        weights[BRIDGE] = bridge.weights()
    origin = Origin("catalogue", source="this shop's products", revision="1", licence="that of the shop's own products")
    return write_pack(packs, origin, parts=parts, weights=weights, measures=measures, card=_card(parts, measures))


def _card(parts: Mapping[str, Part], measures: Mapping[str, float]) -> str:
    lines = [
        "# The catalogue pack",
        "",
        "Fitted on this shop's own titles, descriptions, pictures and ratings; nothing else went in.",
        "",
        "| part | implementation | dimensions |",
        "| --- | --- | --- |",
        *(f"| {name} | {part.implementation} | {part.dim} |" for name, part in parts.items()),
        "",
        f"Reproducible from the same products with seed {measures['seed']:.0f}.",
        "",
        "Search across words and pictures is "
        + ("on." if BRIDGE in parts else "off: too few pairs, or too near chance."),
        "Recall is that of products held out from the fit of the bridge (same title or same picture on one side).",
        "",
        "| measure | value |",
        "| --- | --- |",
        *(f"| {name} | {value:.4g} |" for name, value in measures.items()),
        "",
    ]
    return "\n".join(lines)
