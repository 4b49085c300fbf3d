"""Claims about words that find pictures: products without any words, and shops left out of the training."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.pack_claims.pictures import aligned, grocery_photos
from benchmarks.pack_claims.texts import read_csv, read_json_lines
from benchmarks.pack_claims.trial import (
    CHANCE,
    DATA,
    MERGED,
    Questions,
    Rows,
    Scope,
    Stock,
    claim,
    filled_shop,
    judged,
)

from tonggan.encode.lexicon import parse_lexicon
from tonggan.encode.words import normalize
from tonggan.learn.pack.picture_sets import Sample
from tonggan.learn.pair_file import PairLine
from tonggan.packs.library import BUNDLED, PackLibrary

SEARCHES: Mapping[str, Mapping[str, Any]] = {"over the bridge": {"channels": "text-shared"}, "merged": MERGED}
"""Words against pictures alone, and what the shop serves, which also hears the colours that it sees in pictures."""

MEASURES = ["R@10", "Success@10", "P@10"]

CHINESE_PICTURES = 10
"""Pictures of each class that are sold in the Chinese claim."""

LEARNT_SHARE = 0.5
"""Part of Luma's products whose titles and pictures `learn align` gets; the titles of the others are asked."""


def grocery_words(scope: Scope) -> dict[str, Any]:
    """Return how kinds of grocery find held-out photos: by English name, and by coarse kind in both languages."""
    photos = grocery_photos()
    sold = {f"p{at:05d}": photo for at, photo in enumerate(_thinned([p for p in photos if p.is_held_out], scope))}
    learnt = [photo for photo in photos if not photo.is_held_out]
    kinds = {row["fine_name"]: row["coarse_name"] for row in read_csv(DATA / "grocery" / "iconic" / "classes.csv")}
    coarse = {product_id: _plain(kinds[photo.label]) for product_id, photo in sold.items()}
    asks = {
        "English names": {product_id: [_plain(photo.label)] for product_id, photo in sold.items()},
        "English kinds": {product_id: [kind] for product_id, kind in coarse.items()},
        "Chinese kinds, by the lexicon": _in_chinese(coarse),
    }
    pairs = [PairLine(at, photo.path, text=_plain(photo.label)) for at, photo in enumerate(learnt)]
    stock = Stock.of_pictures({product_id: photo.path for product_id, photo in sold.items()})
    return _found(scope, stock, asks, pairs)


def chinese_words(scope: Scope) -> dict[str, Any]:
    """Return how Chinese class names find pictures; the pack has trained on them, with English words."""
    by_name: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in read_csv(DATA / "pictures" / "pictures.csv"):
        if row["text_zh"]:
            by_name[row["text_zh"]].append(row)
    names = scope.few(sorted(by_name))
    rows = [row for name in names for row in by_name[name][:CHINESE_PICTURES]]
    sold = {f"p{at:05d}": row for at, row in enumerate(rows)}
    asks = {
        "Chinese names": {product_id: [row["text_zh"]] for product_id, row in sold.items()},
        "English names": {product_id: [row["text_en"]] for product_id, row in sold.items()},
    }
    stock = Stock.of_pictures({product_id: DATA / "pictures" / row["image"] for product_id, row in sold.items()})
    return _found(scope, stock, asks, [])


def luma(scope: Scope) -> dict[str, Any]:
    """Return how titles find the pictures of their product, none of which was trained on."""
    products = read_json_lines(DATA / "luma" / "products.jsonl")
    parents = {each["sku"]: each["name"] for each in products if not each["parent"]}
    titles = {each["image"]: parents[each["parent"] or each["sku"]] for each in reversed(products) if each["image"]}
    sold = {f"p{at:05d}": image for at, image in enumerate(scope.few(sorted(titles)))}
    named = sorted({titles[image] for image in sold.values()})
    learnt = set(random.Random(scope.seed).sample(named, int(len(named) * LEARNT_SHARE)))
    folder = DATA / "luma"
    pairs = [
        PairLine(at, folder / image, text=titles[image])
        for at, image in enumerate(sold.values())
        if titles[image] in learnt
    ]
    asks = {
        "titles": {product_id: [titles[image]] for product_id, image in sold.items() if titles[image] not in learnt}
    }
    return _found(scope, Stock.of_pictures({each: folder / image for each, image in sold.items()}), asks, pairs)


def left_out(scope: Scope) -> dict[str, Any]:
    """Return recall of titles in each shop when the bridge was learnt without it, as the pack itself tells."""
    library = PackLibrary.of_user()
    packs = [name for name in scope.packs if name != "catalogue"]
    told = {name: library.find(name).measures for name in packs}
    rows = {name: _by_shop(measures) for name, measures in told.items()}
    return {
        "formula": "share of titles whose own picture is among the nearest 10 of its shop; ties count against it; "
        "written into the pack when its bridge was built; chance is 10 over the pictures of the shop",
        "rows": rows,
    }


def _by_shop(measures: Mapping[str, float]) -> dict[str, dict[str, float]]:
    ending = "_recall_at_10"
    shops = [name.removeprefix("bridge_").removesuffix(ending) for name in measures if name.startswith("bridge_")]
    return {
        shop: {"R@10": measures[f"bridge_{shop}{ending}"], CHANCE: measures[f"bridge_{shop}_chance_at_10"]}
        for shop in dict.fromkeys(shops)
        if f"bridge_{shop}{ending}" in measures
    }


def _found(
    scope: Scope, stock: Stock, asks: Mapping[str, Mapping[str, Sequence[str]]], pairs: Sequence[PairLine]
) -> dict[str, Any]:
    """Return a claim for each way of asking; `asks` says by which words a product is to be found."""
    questions = {name: Questions.of_words(_wanted(words), MEASURES) for name, words in asks.items() if words}
    count = len(stock.records)
    rows: dict[str, dict[str, Rows]] = {name: {} for name in questions}
    for pack in scope.packs:
        with filled_shop(stock, pack) as shop:
            for name, asked in questions.items():
                rows[name][pack] = judged(shop, asked, SEARCHES, products=count, seed=scope.seed)
            told = aligned(shop, pairs) if pairs else {}
            for name, asked in questions.items() if pairs else ():
                after = judged(shop, asked, SEARCHES, products=count, seed=scope.seed)
                rows[name][pack] |= {f"{key}, after learn align": after[key] for key in SEARCHES} | told
    return {name: claim(asked, rows[name], products=count) for name, asked in questions.items()}


def _wanted(words: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    wanted: dict[str, list[str]] = defaultdict(list)
    for product_id, own in words.items():
        for said in own:
            wanted[said].append(product_id)
    return dict(wanted)


def _in_chinese(kinds: Mapping[str, str]) -> dict[str, list[str]]:
    """Return for each product the shortest Chinese word of which its kind is a meaning in the lexicon, if any."""
    spoken: dict[str, list[str]] = defaultdict(list)
    for row in parse_lexicon((BUNDLED / "lexicon.tsv").read_text(encoding="utf-8")):
        for meaning in row.meanings if row.kind not in ("regional", "misspelling") else ():
            spoken[_singular(meaning)].append(row.written)
    known = {product_id: spoken[_singular(kind)] for product_id, kind in kinds.items() if _singular(kind) in spoken}
    return {product_id: [min(words, key=len)] for product_id, words in known.items()}


def _singular(word: str) -> str:
    return normalize(word).removesuffix("s")


def _plain(name: str) -> str:
    return name.replace("-", " ").lower()


def _thinned(photos: Sequence[Sample], scope: Scope) -> list[Sample]:
    """Return all of them, or some of every kind within a limit."""
    return list(photos) if scope.limit is None else list(photos[:: max(1, len(photos) // scope.limit)])
