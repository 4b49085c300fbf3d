"""What a shop learns from its own products in seconds: the encoders that its base pack has not, and the bridge.

Without a base that is every encoder: the `catalogue` pack, in any language.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tonggan.align.bridge import Bridge, BridgeReport, fit_bridge, group_pairs, identity_bridge, judge
from tonggan.align.senses import BRIDGE, TOPICS, Base, Senses, load_pack
from tonggan.encode import DEFAULT_SETTINGS, Encoder, EncodeSettings, FittedEncoder, encoder_class
from tonggan.errors import InputError
from tonggan.packs import Origin, Pack, Part
from tonggan.packs.folder import write_pack
from tonggan.records import Picture, Rating, Vectors

TEXTS, PICTURES = 20_000, 1_500
"""Products that are sampled; ten seconds on two cores. Twice the pictures changed copies found by under .005."""

IMPLEMENTATIONS: Mapping[str, str] = {
    "text": "tfidf-svd",
    TOPICS: "tfidf-svd",
    "image": "colour-shape-texture",
    "rating": "rating-block",
}
"""What is fitted, by part."""

PictureSource: TypeAlias = Picture | Callable[[], Picture | None] | None
"""A decoded picture, a function that decodes it when it is its turn, or nothing."""

PictureRows: TypeAlias = Callable[[Sequence[int]], Sequence[np.ndarray | None]]
"""Gives the rows of the pictures at some positions as the base encodes them, nothing for those that cannot be read."""


def fit_catalogue_pack(
    texts: Sequence[str],
    pictures: Sequence[PictureSource],
    ratings: Sequence[Rating | None],
    packs: Path | str,
    *,
    base: Base | None = None,
    picture_rows: PictureRows | None = None,
    settings: EncodeSettings = DEFAULT_SETTINGS,
    products: int | None = None,
    seed: int = 0,
) -> Senses:
    """Fit what a shop learns from its own products given side by side, write it as a pack, and return its senses.

    Without a `base` every encoder is fitted; with one, only those that the base has not, and the bridge is the better
    of the base's and the shop's own. The pack gets a folder of its own in `packs`. `products` is the size of the
    catalogue where these are a sample; `picture_rows` saves encoding pictures again. Any number of products will do,
    none included; the same ones and seed give the same fingerprint.
    """
    if not len(texts) == len(pictures) == len(ratings):
        raise InputError(f"{len(texts)} texts, {len(pictures)} pictures, {len(ratings)} ratings.", remedy="One each.")
    given = dict(base.encoders) if base else {}
    chosen = _with_pictures(pictures, seed=seed)
    is_seen = "image" in given and picture_rows is not None
    shown = {} if is_seen else _decoded_pictures(pictures, chosen)
    learnt = {space: fit() for space, fit in _fits(texts, shown, ratings, seed=seed).items() if space not in given}
    encoders: dict[str, Encoder] = {**given, **learnt}
    learnt |= {TOPICS: _heard(texts, seed=seed)} if "text" in given else {}
    rows = picture_rows(chosen) if is_seen and picture_rows else encoders["image"].encode_document(list(shown.values()))
    paired = [(at, row) for at, row in zip(chosen if is_seen else shown, rows, strict=True) if row is not None]
    tied = _tied(encoders["text"], base, texts, paired, seed=seed)
    counts = {"products": len(texts) if products is None else products, "pictures_fitted_on": len(paired), "seed": seed}
    measures = counts | (_measures(tied.report) if tied.report else {})
    pack = _write(Path(packs), learnt, tied.bridge, base=base, measures=measures)
    return load_pack(pack.folder, find_base=lambda _: base.pack if base else pack, settings=settings)


@dataclass(frozen=True, slots=True)
class _Tied:
    """The bridge to use, if any, and what held-out pairs say of it, if there are enough."""

    bridge: Bridge | None = None
    report: BridgeReport | None = None


def _fits(
    texts: Sequence[str], shown: Mapping[int, Picture], ratings: Sequence[Rating | None], *, seed: int
) -> dict[str, Callable[[], FittedEncoder]]:
    return {
        "text": lambda: _heard(texts, seed=seed),
        "image": lambda: _encoder("image").fit(list(shown.values()), seed=seed),
        "rating": lambda: _encoder("rating").fit(ratings, seed=seed),
    }


def _encoder(space: str) -> type[FittedEncoder]:
    return encoder_class(IMPLEMENTATIONS[space])


def _sample(count: int, most: int, *, seed: int) -> list[int]:
    """Return up to `most` positions, ascending."""
    return np.sort(np.random.default_rng(seed).permutation(count)[:most]).tolist()


def _heard(texts: Sequence[str], *, seed: int) -> FittedEncoder:
    """The words of the catalogue itself, brands and model names among them, as its topics."""
    return _encoder("text").fit([texts[at] for at in _sample(len(texts), TEXTS, seed=seed)], seed=seed)


def _with_pictures(sources: Sequence[PictureSource], *, seed: int) -> list[int]:
    """Return the positions of a sample of the products that have a picture."""
    present = [at for at, source in enumerate(sources) if source is not None]
    return [present[at] for at in _sample(len(present), PICTURES, seed=seed)]


def _decoded_pictures(sources: Sequence[PictureSource], chosen: Sequence[int]) -> dict[int, Picture]:
    decoded = ((at, _decoded(sources[at])) for at in chosen)
    return {at: picture for at, picture in decoded if picture is not None}


def _decoded(source: PictureSource) -> Picture | None:
    return source() if callable(source) else source


def _tied(
    encoder: Encoder, base: Base | None, texts: Sequence[str], paired: Sequence[tuple[int, np.ndarray]], *, seed: int
) -> _Tied:
    """Return the best bridge that held-out pairs confirm; that of the base where there are too few to confirm one."""
    if not paired:
        return _Tied(base.bridge if base else None)
    titles = [texts[at].split("\n")[0].strip().casefold() for at, _ in paired]
    text = encoder.encode_document([texts[at] for at, _ in paired])
    image = np.array([row for _, row in paired], np.float32).reshape(len(paired), -1)
    groups = group_pairs(titles, [hashlib.sha256(row.tobytes()).hexdigest() for row in image])
    ready = _ready_made(base, text, image)
    options = [fit_bridge(text, image, groups=groups, seed=seed)]
    options += [(ready, report)] if ready and (report := judge(ready, text, image, groups=groups, seed=seed)) else []
    judged = [option for option in options if option]
    if not judged:
        return _Tied(base.bridge if base else None)
    bridge, report = max(judged, key=lambda option: _found(option[1]))
    return _Tied(bridge if report.is_trusted else None, report)


def _found(report: BridgeReport) -> float:
    """Recall@10 both ways; among a few products that is 1 for most bridges, so recall@1 breaks ties."""
    there, back = report.text_to_image, report.image_to_text
    return there.at_10 + back.at_10 + 0.1 * (there.at_1 + back.at_1)


def _ready_made(base: Base | None, text: Vectors, image: Vectors) -> Bridge | None:
    """The bridge of the base, centred on the shop's own rows; that of a shared space where the base has one."""
    said = text[text.any(axis=1)], image[image.any(axis=1)]
    if base is None or not all(map(len, said)):
        return None
    if base.bridge:
        return base.bridge.centred_on(*said)
    return identity_bridge(*said) if base.is_shared else None


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
    packs: Path,
    learnt: Mapping[str, FittedEncoder],
    bridge: Bridge | None,
    *,
    base: Base | None,
    measures: Mapping[str, float],
) -> Pack:
    parts = {
        name: Part("encoder", IMPLEMENTATIONS[name], encoder.dim, parameters=encoder.parameters)
        for name, encoder in learnt.items()
    }
    weights: dict[str, Mapping[str, npt.NDArray]] = {name: encoder.weights() for name, encoder in learnt.items()}
    if bridge:
        parts[BRIDGE] = Part("bridge", bridge.implementation, bridge.dim)
        weights[BRIDGE] = bridge.weights()
    named, fingerprint = (base.pack.origin.name, base.pack.fingerprint) if base else ("catalogue", "")
    origin = Origin(named, source="this shop's products", revision="1", licence="that of the shop's own products")
    return write_pack(
        packs, origin, parts=parts, weights=weights, measures=measures, card=_card(parts, measures), base=fingerprint
    )


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
