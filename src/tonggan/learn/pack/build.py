"""The default pack from its data: each part by itself, then the bridge between them, the card and the seal."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from tonggan.encode import open_encoder
from tonggan.encode.lexicon import parse_lexicon
from tonggan.errors import InputError, NotFoundError, NotReadyError, unknown_name
from tonggan.learn.pack.card import card_of
from tonggan.learn.pack.extra import library
from tonggan.learn.pack.sources import Sources
from tonggan.packs import CARD, MANIFEST, Origin, Pack, Part
from tonggan.packs.folder import seal
from tonggan.packs.manifest import parse_manifest

PARTS = ("text", "image", "bridge")

LEXICON, WORDS, NETWORK, BRIDGE = "lexicon.tsv", "text.safetensors", "image.onnx", "bridge.safetensors"
"""File names of the pack."""

ORIGIN = Origin(
    "default",
    source="built by `tonggan learn pack` from the data in its card",
    revision="1",
    licence="Apache-2.0",
    languages=("zh", "en"),
)

Tell = Callable[[str, int, int], None]
"""Called with a stage and how much of how much is done."""


@dataclass(frozen=True, slots=True)
class Built:
    """One part as it was built: its entry in the manifest, its measures, and curves to plot."""

    part: Part
    measures: Mapping[str, float]
    curves: Sequence[Mapping[str, float]] = ()


def build_pack(
    folder: Path, sources: Sources, *, parts: Sequence[str] = PARTS, seed: int = 0, tell: Tell, **changed: Any
) -> Pack:
    """Build parts of the pack in a folder that holds the lexicon, keep the others as they are, and seal it.

    `changed` replaces fields of the plans, as `steps`. Raises InputError for an unknown part, NotFoundError for data
    that are not there, NotReadyError for a bridge without its ends, MissingExtraError without the extra `train`.
    """
    for name in parts:
        if name not in PARTS:
            raise InputError(unknown_name("part", name, PARTS))
    library("torch")
    present = parse_manifest(folder) if (folder / MANIFEST).exists() else None
    kept = dict(present.parts) if present else {}
    measures = dict(present.measures) if present else {}
    for name in PARTS:
        if name in parts:
            built = _BUILDERS[name](folder, sources, _Request(kept, seed, tell, changed))
            kept[name] = built.part
            measures = {key: value for key, value in measures.items() if not key.startswith(f"{name}_")}
            measures |= {f"{name}_{key}": value for key, value in built.measures.items()}
            if built.curves:
                (sources.work / f"{name}-curves.json").write_text(json.dumps(list(built.curves)), encoding="utf-8")
    measures = {name: round(float(value), 4) for name, value in sorted(measures.items())}
    (folder / CARD).write_text(card_of(folder, kept, measures, seed=seed), encoding="utf-8")
    return seal(folder, ORIGIN, parts=kept, measures=measures)


@dataclass(frozen=True, slots=True)
class _Request:
    parts: Mapping[str, Part]
    seed: int
    tell: Tell
    changed: Mapping[str, Any]

    def plan(self, plan: Any) -> Any:
        """Return a plan with this request's seed and those of its changes that it has fields for."""
        known = {key: value for key, value in self.changed.items() if hasattr(plan, key)}
        return replace(plan, seed=self.seed, **known)


def _build_text(folder: Path, sources: Sources, request: _Request) -> Built:
    from tonggan.learn.pack.text_corpus import read_corpus
    from tonggan.learn.pack.text_part import learn_words
    from tonggan.learn.pack.text_training import TextPlan

    if not (folder / LEXICON).exists():
        raise NotFoundError(f"{folder / LEXICON} is not there.", remedy="Put the lexicon of the pack into the folder.")
    lexicon = parse_lexicon((folder / LEXICON).read_text(encoding="utf-8"), where=str(folder / LEXICON))
    corpus = read_corpus(lexicon, wordnet=sources.wordnet, shops=sources.shops, seed=request.seed)
    table, projection = learn_words(
        corpus, lexicon, plan=request.plan(TextPlan()), kept=sources.work / "teacher", tell=request.tell
    )
    save_file(table.arrays(), folder / WORDS)
    np.savez(sources.work / "projection.npz", mean=projection.mean, directions=projection.directions)
    part = Part("encoder", "word-vectors", table.vectors.shape[1], {"weights": WORDS, "lexicon": LEXICON})
    measures = {"units": len(table.vocabulary), "lexicon_rows": len(lexicon), "corpus_texts": len(corpus.texts)}
    return Built(part, measures)


def _build_image(folder: Path, sources: Sources, request: _Request) -> Built:
    from tonggan.learn.pack.picture_part import learn_pictures
    from tonggan.learn.pack.picture_training import DIMENSION, SIDE, Plan

    learnt = learn_pictures(sources, plan=request.plan(Plan()), tell=request.tell)
    (folder / NETWORK).write_bytes(learnt.network)
    parameters = {"size": [SIDE, SIDE], "resize": "fit", "resampling": "bicubic", "mean": [0.5] * 3, "std": [0.5] * 3}
    part = Part("encoder", "onnx-image", DIMENSION, {"model": NETWORK}, parameters)
    return Built(part, learnt.measures, learnt.curves)


def _build_bridge(folder: Path, sources: Sources, request: _Request) -> Built:
    from tonggan.learn.pack.picture_bridge import learn_bridge

    missing = [name for name in ("text", "image") if name not in request.parts]
    if missing:
        raise NotReadyError(f"The pack has no {' and no '.join(missing)} part yet.", remedy="Build it: --part all.")
    unsealed = Pack(folder, ORIGIN, request.parts, _promised(folder, request.parts), "")
    encoders = {name: open_encoder(unsealed, name) for name in ("text", "image")}
    bridge, measures = learn_bridge(encoders, sources, tell=request.tell)
    save_file(dict(bridge.weights()), folder / BRIDGE)
    return Built(Part("bridge", bridge.implementation, bridge.dim, {"weights": BRIDGE}), measures)


def _promised(folder: Path, parts: Mapping[str, Part]) -> dict[str, Any]:
    from tonggan.packs.folder import measured

    return {name: measured(folder / name) for part in parts.values() for name in part.files.values()}


_BUILDERS: Mapping[str, Callable[[Path, Sources, _Request], Built]] = {
    "text": _build_text,
    "image": _build_image,
    "bridge": _build_bridge,
}
