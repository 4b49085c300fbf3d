"""Claims about pictures: photos of groceries, clothes of other people, and categories of a shop never seen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.pack_claims.texts import read_csv
from benchmarks.pack_claims.trial import (
    DATA,
    MERGED,
    PUBLISHED,
    REMARK,
    Questions,
    Rows,
    Scope,
    Stock,
    claim,
    exact_chance,
    filled_shop,
    judged,
    tell,
)

from tonggan.evaluate import EvaluationQuery
from tonggan.learn.own_catalogue import align_shop
from tonggan.learn.pack.picture_sets import Sample, read_samples, read_sets
from tonggan.learn.pair_file import PairLine
from tonggan.shop import Shop

SEARCHES: Mapping[str, Mapping[str, Any]] = {"image": {"channels": "image"}, "merged": MERGED}
"""Vectors of pictures alone, and what the shop serves, which also hears the words of products over the bridge."""

QUOTED = {"grocery": {"Success@1": 0.236, "Success@5": 0.470}, "clothing": {"P@1": 0.531}, "flipkart": {"P@1": 0.841}}
"""MobileNet v1's own rows; clothing over the whole source set, which is larger than the one here."""

SEEN_IN_TRAINING = "none of these was trained on, but the step of the training that is kept was chosen by them"

NEAREST = ["P@1"]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture that is product and query at once: its label, and the group whose pictures do not count for it."""

    path: Path
    label: str
    group: str


def grocery(scope: Scope) -> dict[str, Any]:
    """Return how often a held-out photo finds the catalogue's picture, as shipped and after learning from others."""
    classes = read_csv(DATA / "grocery" / "iconic" / "classes.csv")
    ids = {row["fine_name"]: f"grocery{row['fine_id']}" for row in classes}
    said = {ids[row["fine_name"]]: {"title": row["fine_name"], "description": row["description"]} for row in classes}
    stock = Stock.of_pictures(
        {ids[row["fine_name"]]: DATA / "grocery" / "iconic" / row["image"] for row in classes}, said
    )
    photos = grocery_photos()
    asked = scope.few([photo for photo in photos if photo.is_held_out][:: 1 if scope.limit is None else 20])
    questions = _questions([(photo.path, [ids[photo.label]]) for photo in asked], ["Success@1", "Success@5"])
    pairs = [PairLine(at, photo.path, ids[photo.label]) for at, photo in enumerate(photos) if not photo.is_held_out]
    rows: dict[str, Rows] = {}
    for pack in scope.packs:
        with filled_shop(stock, pack) as shop:
            rows[pack] = before_and_after(shop, questions, SEARCHES, pairs, products=len(classes), scope=scope)
    told = {"photos learnt from": len(pairs), REMARK: SEEN_IN_TRAINING}
    return claim(questions, rows | {PUBLISHED: QUOTED["grocery"]}, products=len(classes), **told)


def clothing(scope: Scope) -> dict[str, Any]:
    """Return the label of the nearest neighbour of another sender, among pictures of senders never trained on."""
    pictures = [_labelled(sample) for sample in _clothes() if sample.is_held_out]
    return _nearest(scope, pictures, quoted=QUOTED["clothing"]) | {REMARK: SEEN_IN_TRAINING}


def clothing_whole(scope: Scope) -> dict[str, Any]:
    """Return the same over the whole set, three quarters of which were trained on: the pool of the quoted row."""
    return _nearest(scope, [_labelled(sample) for sample in _clothes()], quoted=QUOTED["clothing"])


def flipkart(scope: Scope) -> dict[str, Any]:
    """Return the category of the nearest other picture in a shop that was not trained on."""
    products = [row for row in read_csv(DATA / "flipkart" / "products.csv") if row["image"]]
    pictures = [Labelled(DATA / "flipkart" / row["image"], row["top_category"], row["id"]) for row in products]
    return _nearest(scope, pictures, quoted=QUOTED["flipkart"])


def grocery_photos() -> list[Sample]:
    """Return the photos of groceries with the split that the pack was trained by."""
    return read_samples(DATA, {"grocery": read_sets()["grocery"]})


def before_and_after(
    shop: Shop,
    questions: Questions,
    searches: Mapping[str, Mapping[str, Any]],
    pairs: Sequence[PairLine],
    *,
    products: int,
    scope: Scope,
) -> Rows:
    """Return the rows as shipped, those after `learn align` with these pairs, and what it said of them."""
    before = judged(shop, questions, searches, products=products, seed=scope.seed)
    told = aligned(shop, pairs)
    after = judged(shop, questions, searches, products=products, seed=scope.seed)
    return before | {f"{name}, after learn align": row for name, row in after.items() if name in searches} | told


def aligned(shop: Shop, pairs: Sequence[PairLine]) -> dict[str, Any]:
    """Let the shop learn from pairs, as `tonggan learn align --pairs` does, and return its reasons."""
    found = align_shop(shop, photos=pairs)
    reasons = [f"{each.what}: {each.choice.reason}" for each in found.comparisons]
    tell(" ".join(["aligned:", *reasons, *found.remarks]))
    return {"learn align": [*reasons, *found.remarks]}


def _clothes() -> list[Sample]:
    return read_samples(DATA, {"clothing": read_sets()["clothing"]})


def _labelled(sample: Sample) -> Labelled:
    return Labelled(sample.path, sample.label, sample.group)


def _nearest(scope: Scope, pictures: Sequence[Labelled], *, quoted: Mapping[str, float]) -> dict[str, Any]:
    own = {f"p{at:05d}": picture for at, picture in enumerate(scope.few(pictures))}
    stock = Stock.of_pictures({product_id: picture.path for product_id, picture in own.items()})
    groups: dict[str, list[str]] = defaultdict(list)
    for product_id, picture in own.items():
        groups[picture.group].append(product_id)
    questions = _label_questions(own, groups)
    shares = _shares_by_chance(list(own.values()))
    rows: dict[str, Rows] = {}
    for pack in scope.packs:
        with filled_shop(stock, pack) as shop:
            found = judged(shop, questions, SEARCHES, products=len(own), seed=scope.seed)
            rows[pack] = exact_chance(found, NEAREST[0], shares)
    return claim(questions, rows | {PUBLISHED: dict(quoted)}, products=len(own))


def _label_questions(own: Mapping[str, Labelled], groups: Mapping[str, Sequence[str]]) -> Questions:
    """Each picture asks for others; those of its own group are filtered out."""
    labels: dict[str, list[str]] = defaultdict(list)
    for product_id, picture in own.items():
        labels[picture.label].append(product_id)
    queries = [
        EvaluationQuery(product_id, image=picture.path, filter_by=f"id:!=[{','.join(groups[picture.group])}]")
        for product_id, picture in own.items()
    ]
    qrels = {product_id: dict.fromkeys(labels[picture.label], 1.0) for product_id, picture in own.items()}
    return Questions(queries, qrels, NEAREST)


def _shares_by_chance(pictures: Sequence[Labelled]) -> list[float]:
    """Return, for each picture, the share of those of other groups that have its label."""
    groups = Counter(picture.group for picture in pictures)
    labels = Counter(picture.label for picture in pictures)
    both = Counter((picture.label, picture.group) for picture in pictures)
    return [
        (labels[picture.label] - both[picture.label, picture.group]) / max(1, len(pictures) - groups[picture.group])
        for picture in pictures
    ]


def _questions(asked: Sequence[tuple[Path, Sequence[str]]], measures: Sequence[str]) -> Questions:
    queries = [EvaluationQuery(f"q{at:05d}", image=path) for at, (path, _) in enumerate(asked)]
    qrels = {f"q{at:05d}": dict.fromkeys(right, 1.0) for at, (_, right) in enumerate(asked)}
    return Questions(queries, qrels, measures)
