"""A shop of made-up things in which stars decide: ten products of each name, and shoppers want the well rated ones."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tonggan.shop import Shop

JUDGED, UNJUDGED, UNKNOWN = 60, 6, 12
"""Names that are judged, names that are only clicked, and queries that nothing fits."""

OF_EACH = 10

NAMES = [
    first + last
    for first in ("ba", "do", "ki", "lu", "me", "no", "pa")
    for last in ("ber", "cot", "dan", "fel", "gim", "hol", "jat", "kus", "lem", "mor")
][: JUDGED + UNJUDGED]


def stars(name: str, number: int) -> float:
    """Return the rating of a product: 1 to 5, in an order of its own for each name."""
    order = list(range(OF_EACH))
    random.Random(name).shuffle(order)
    return 1.0 + 4.0 * order[number] / (OF_EACH - 1)


def records() -> list[dict[str, Any]]:
    """Return the products."""
    return [
        {
            "id": f"{name}-{number}",
            "title": f"{name.title()} model {number}",
            "price": f"{10 + number}.00 USD",
            "rating": round(stars(name, number), 2),
            "rating_count": 50,
        }
        for name in NAMES
        for number in range(OF_EACH)
    ]


def fill(folder: Path) -> Path:
    """Make the shop and return its folder."""
    with Shop.open(folder) as shop:
        shop.ingest(records())
    return folder


def grades() -> Mapping[str, Mapping[str, float]]:
    """Return grades by name: 3 above 4 stars, 1 above 3, else 0; and queries that nothing fits."""
    found: dict[str, dict[str, float]] = {}
    for name in NAMES[:JUDGED]:
        rated = {f"{name}-{number}": stars(name, number) for number in range(OF_EACH)}
        found[name] = {product: 3.0 if rating > 4 else 1.0 if rating > 3 else 0.0 for product, rating in rated.items()}
    return found | {f"submarine engine {at}": {f"{NAMES[at]}-0": 0.0} for at in range(UNKNOWN)}


def write_judgments(folder: Path, *, queries: int = JUDGED + UNKNOWN) -> list[str]:
    """Write the files of judged queries, and return the options that name them."""
    asked = list(grades().items())[:queries]
    rows = [f"{query},{product},{grade:g}\n" for query, own in asked for product, grade in own.items()]
    (folder / "queries.csv").write_text("query_id,text\n" + "".join(f"{query},{query}\n" for query, _ in asked))
    (folder / "qrels.csv").write_text("query_id,product_id,grade\n" + "".join(rows))
    return ["--queries", str(folder / "queries.csv"), "--qrels", str(folder / "qrels.csv")]


def write_clicks(path: Path, *, names: list[str], searches: int = 30) -> Path:
    """Write UBI records: lists in any order, of which the best rated of the first places is clicked."""
    draw, lines = random.Random(0), []
    for name in names:
        for search in range(searches):
            listed = [f"{name}-{number}" for number in range(OF_EACH)]
            draw.shuffle(listed)
            looked = listed[: draw.choice([2, 4, 10])]
            best = max(looked, key=lambda product: stars(name, int(product.rpartition("-")[2])))
            query_id = f"{name} {search}"
            lines.append({"query_id": query_id, "user_query": name.upper(), "query_response_hit_ids": listed})
            clicked = {"object": {"object_id": best}, "position": {"ordinal": listed.index(best) + 1}}
            lines.append({"action_name": "click", "query_id": query_id, "event_attributes": clicked})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path
