"""What each part of learning a shop's space is worth, over five seeds, as JSON.

`TONGGAN_DATA=FOLDER python benchmarks/alignment.py [--seeds N] [--only flipkart|shops]`. Every row is fitted and
reported on the same products: words find pictures and pictures words among those held out (same title or same picture
on one side). Rows: ridge CCA; residual heads stopped by the validation part, as they ship; and, so that the terms of
the loss show, heads trained for a fixed number of steps, with one thing left out, or with one more term of those that
multimodal systems often carry.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from tonggan.align.bridge import Bridge, choose_ridge, recall, solve, split_groups
from tonggan.align.catalogue_pack import fit_catalogue_pack
from tonggan.align.heads import Head
from tonggan.learn.heads import Extra, HeadSettings, train_heads
from tonggan.learn.pairs import Pairs

DATA = Path(os.environ.get("TONGGAN_DATA", Path(__file__).parents[2] / "shared" / "data"))

PICTURE_SIDE = 256
STEPS = 100
"""Steps of the rows that are not stopped by the validation part."""

CLUSTERS = 16
"""Kinds of product that the multi-task row tells apart: clusters of the words, since not every shop has categories."""

Term = tuple[Extra, Sequence[Tensor]]
Factory = Callable[[Pairs, int], Term]
"""Makes one more term of the loss, with its parameters, for pairs and the dimension of the shared space."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A row of the ablation."""

    settings: HeadSettings | None
    is_centred: bool = True
    is_stopped: bool = False
    extra: Factory | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", choices=list(CATALOGUES), default=None)
    parser.add_argument("--steps", type=int, default=STEPS)
    options = parser.parse_args()
    chosen = [options.only] if options.only else list(CATALOGUES)
    told = {name: ablation(CATALOGUES[name](), seeds=options.seeds, steps=options.steps) for name in chosen}
    print(json.dumps(told, indent=2))


def ablation(pairs: Pairs, *, seeds: int, steps: int) -> dict[str, object]:
    """Return recall of every variant, mean and spread over seeds, and its mean gain over the plain heads."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in VARIANTS}
    began = time.perf_counter()
    for seed in range(seeds):
        train, validation, test = split_groups(pairs.groups, seed=seed)
        for name, variant in VARIANTS.items():
            bridge = fitted(pairs, variant, train=train, validation=validation, seed=seed, steps=steps)
            found[name].append(measured(bridge, pairs.take(test)))
    pool = len(test)
    plain = found["heads"]
    return {
        "pairs": len(pairs.a),
        "held_out_pool": pool,
        "chance_at_10": min(1.0, 10 / pool),
        "seconds": round(time.perf_counter() - began, 1),
        "rows": {name: _summary(runs, plain) for name, runs in found.items()},
    }


def fitted(
    pairs: Pairs, variant: Variant, *, train: np.ndarray, validation: np.ndarray, seed: int, steps: int
) -> Bridge:
    """Return the bridge of a variant, fitted on both learning parts."""
    ridge = choose_ridge(pairs.a, pairs.b, train=train, validation=validation)
    learning = pairs.take(np.concatenate([train, validation]))
    start = _linear(learning, ridge, is_centred=variant.is_centred)
    if variant.settings is None:
        return start
    settings = variant.settings
    if variant.is_stopped:
        part = pairs.take(train)
        first = _linear(part, ridge, is_centred=variant.is_centred)
        held = pairs.take(validation)
        steps = train_heads(part, (first.text, first.image), settings=settings, validation=held, seed=seed).steps
    extras = _extras(variant, learning, seed)
    heads = (start.text, start.image)
    return Bridge(*train_heads(learning, heads, settings=settings, steps=steps, extras=extras, seed=seed).heads)


def measured(bridge: Bridge, test: Pairs) -> dict[str, float]:
    """Return recall both ways on held-out pairs."""
    text, image = bridge.project_text(test.a), bridge.project_image(test.b)
    there, back = recall(text, image), recall(image, text)
    return {
        "text_to_image_at_1": there.at_1,
        "text_to_image_at_10": there.at_10,
        "image_to_text_at_1": back.at_1,
        "image_to_text_at_10": back.at_10,
        "at_10_both_ways": (there.at_10 + back.at_10) / 2,
    }


def adversarial(pairs: Pairs, dim: int) -> Term:
    """A discriminator tells words from pictures in the shared space, and the heads are rewarded for misleading it."""
    judge = nn.Sequential(nn.Linear(dim, 64), nn.ReLU(), nn.Linear(64, 1))

    def term(_a: Tensor, _b: Tensor, there: Tensor, back: Tensor) -> Tensor:
        both = torch.cat([there, back])
        reversed_gradient = both.detach() * 2 - both
        said = judge(reversed_gradient)[:, 0]
        truth = torch.cat([torch.ones(len(there)), torch.zeros(len(back))])
        return 0.1 * functional.binary_cross_entropy_with_logits(said, truth)

    return term, list(judge.parameters())


def multi_task(pairs: Pairs, dim: int) -> Term:
    """Both sides also tell which kind of product it is."""
    centres = torch.from_numpy(_centres(pairs.a))
    judge = nn.Linear(dim, CLUSTERS)

    def term(rows_a: Tensor, _b: Tensor, there: Tensor, back: Tensor) -> Tensor:
        kind = (rows_a @ centres.T).argmax(dim=1)
        return 0.1 * (
            functional.cross_entropy(judge(there) * 10, kind) + functional.cross_entropy(judge(back) * 10, kind)
        )

    return term, list(judge.parameters())


def autoencoder(pairs: Pairs, dim: int) -> Term:
    """From either shared vector both rows are written down again, so that a missing one could be filled in."""
    widths = (pairs.a.shape[1], pairs.b.shape[1])
    writers = [nn.Sequential(nn.Linear(dim, 128), nn.GELU(), nn.Linear(128, width)) for width in widths]

    def term(rows_a: Tensor, rows_b: Tensor, there: Tensor, back: Tensor) -> Tensor:
        lost = [
            1 - functional.cosine_similarity(writer(shared), rows).mean()
            for shared in (there, back)
            for writer, rows in zip(writers, (rows_a, rows_b), strict=True)
        ]
        return 0.5 * torch.stack(lost).mean()

    return term, [parameter for writer in writers for parameter in writer.parameters()]


SHIPPED = HeadSettings()

VARIANTS: Mapping[str, Variant] = {
    "ridge CCA": Variant(None),
    "ridge CCA, not centred": Variant(None, is_centred=False),
    "heads, stopped by the validation part": Variant(SHIPPED, is_stopped=True),
    "heads": Variant(SHIPPED),
    "heads, not centred": Variant(SHIPPED, is_centred=False),
    "heads, duplicates not masked": Variant(replace(SHIPPED, masks_duplicates=False)),
    "heads, without STRUCTURE": Variant(replace(SHIPPED, structure=0.0)),
    "heads and adversary": Variant(SHIPPED, extra=adversarial),
    "heads and kinds (multi-task)": Variant(SHIPPED, extra=multi_task),
    "heads and autoencoder": Variant(SHIPPED, extra=autoencoder),
}


def flipkart() -> Pairs:
    """Return the pairs of a sample of a large shop."""
    with (DATA / "flipkart" / "products.csv").open(encoding="utf-8", newline="") as file:
        products = [row for row in csv.DictReader(file) if row["image"]]
    return _pairs(
        [row["title"] for row in products],
        [f"{row['title']}\n{row['description']}" for row in products],
        [DATA / "flipkart" / row["image"] for row in products],
    )


def shops() -> Pairs:
    """Return the pairs of the small shops together, each with its own names of columns."""
    titles, texts, pictures = [], [], []
    for path in sorted((DATA / "shops").glob("*/products.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            product = {key.lower(): value for key, value in json.loads(line).items()}
            name = product.get("image") or next(iter(product.get("images") or ()), "")
            if name and (path.parent / name).is_file():
                described = [product.get(key) or "" for key in ("category", "type", "description", "description_en")]
                titles.append(product["name"])
                texts.append("\n".join([product["name"], *described]))
                pictures.append(path.parent / name)
    return _pairs(titles, texts, pictures)


CATALOGUES: Mapping[str, Callable[[], Pairs]] = {"flipkart": flipkart, "shops": shops}


def _pairs(titles: Sequence[str], texts: Sequence[str], paths: Sequence[Path]) -> Pairs:
    """Return the rows of the catalogue pack, which knows nothing but these products."""
    pictures = [_picture(path) for path in paths]
    with tempfile.TemporaryDirectory() as folder:
        senses = fit_catalogue_pack(texts, pictures, [None] * len(texts), Path(folder))
        text, image = senses.encoders["text"].encode_document(texts), senses.encode_pictures(pictures)
    return Pairs.of(
        text,
        image,
        labels_a=[title.strip().casefold() for title in titles],
        labels_b=[str(hash(picture.tobytes())) for picture in pictures],
    )


def _picture(path: Path) -> np.ndarray:
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        image.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
        return np.asarray(image.convert("RGB"))


def _linear(pairs: Pairs, ridge: float, *, is_centred: bool) -> Bridge:
    if is_centred:
        return solve(pairs.a, pairs.b, ridge=ridge)
    bridge = solve(np.concatenate([pairs.a, -pairs.a]), np.concatenate([pairs.b, -pairs.b]), ridge=ridge)
    return Bridge(*(Head(np.zeros_like(head.mean), head.map) for head in (bridge.text, bridge.image)))


def _extras(variant: Variant, pairs: Pairs, seed: int) -> list[Term]:
    if variant.extra is None:
        return []
    torch.manual_seed(seed)
    return [variant.extra(pairs, min(64, pairs.a.shape[1], pairs.b.shape[1]))]


def _centres(rows: np.ndarray) -> np.ndarray:
    """Return the middles of a few kinds of rows, by spherical k-means."""
    centres = rows[np.random.default_rng(0).permutation(len(rows))[:CLUSTERS]]
    for _ in range(10):
        kind = (rows @ centres.T).argmax(axis=1)
        sums = np.stack([rows[kind == each].sum(axis=0) for each in range(CLUSTERS)])
        centres = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    return centres.astype(np.float32)


def _summary(runs: Sequence[Mapping[str, float]], plain: Sequence[Mapping[str, float]]) -> dict[str, object]:
    means = {name: round(float(np.mean([run[name] for run in runs])), 4) for name in runs[0]}
    gains = [run["at_10_both_ways"] - other["at_10_both_ways"] for run, other in zip(runs, plain, strict=True)]
    return means | {
        "at_10_by_seed": [round(run["at_10_both_ways"], 4) for run in runs],
        "gain_over_heads": round(float(np.mean(gains)), 4),
        "standard_error_of_gain": round(float(np.std(gains, ddof=1) / np.sqrt(len(gains))), 4)
        if len(gains) > 1
        else None,
    }


if __name__ == "__main__":
    main()
