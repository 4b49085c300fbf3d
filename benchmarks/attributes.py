"""How well a product is cut out, and its colours and pattern are named; what that costs, as JSON.

`python benchmarks/attributes.py [--drawings N]`. Drawings of the demo shop, whose outline, colour and pattern are
known, are drawn anew with a seed that nothing was tuned on; with `TONGGAN_DATA=FOLDER` the colours of Luma's clothes,
which their file names tell, are judged beside them. Times are of one core, without what
other work takes.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

from tonggan.demo.draw.mask import GLOW_ALPHA, SIDE, silhouette
from tonggan.demo.draw.paint import Look, paint, rgb
from tonggan.demo.vocabulary import vocabulary
from tonggan.encode.background import Mask, foreground
from tonggan.encode.colours import dominant_colours
from tonggan.encode.pattern import pattern_of
from tonggan.records import Picture

DATA = Path(os.environ.get("TONGGAN_DATA", Path(__file__).parents[2] / "shared" / "data"))

SEED = 12
"""Of the drawings; thresholds were tuned on drawings of other seeds."""

SIDE_LOOKED_AT = 192
"""Pixels of the long side, as the import looks at pictures."""

PALE = ("white", "silver", "grey")
"""Colours that the pale paper of the drawings hides."""

GLOWING = ("lamp", "pendant", "floorlamp")
"""Kinds drawn with a cone of light, of which nobody can say where it ends."""

COLOURS = {
    "mustard": "gold yellow", "apple-green": "green", "sky": "light blue", "camel": "khaki brown beige",
    "silver": "grey white", "rose-gold": "pink beige", "natural": "khaki beige brown", "walnut": "brown",
}  # fmt: skip
"""Names that are right for a colour of the demo shop that the table of names does not have."""

LUMA_COLOURS = {
    "blue": "blue navy light-blue teal", "red": "red burgundy", "green": "green olive mint teal",
    "purple": "purple lavender", "gray": "grey", "yellow": "yellow gold", "brown": "brown khaki beige",
    "lavender": "lavender purple", "black": "black", "white": "white", "orange": "orange",
}  # fmt: skip
"""Names that are right for a colour in Luma's file names."""

PATTERNS = {"plain": "plain", "gradient": "plain", "stripes": "striped", "dots": "dotted"}
"""What should be told of a drawn pattern; of the others, nothing."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """One drawing and what is known of it."""

    picture: Picture
    product: Mask
    kind: str
    colour: str
    pattern: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drawings", type=int, default=700)
    drawings = list(drawn(parser.parse_args().drawings))
    masks = [foreground(drawing.picture) for drawing in drawings]
    rows = [*cut_out(drawings, masks), *demo_colours(drawings, masks), *patterns(drawings, masks)]
    if (DATA / "luma" / "images").is_dir():
        rows += luma_colours()
    print(json.dumps([*rows, *times([drawing.picture for drawing in drawings])], indent=2))


def drawn(count: int) -> Iterator[Drawing]:
    """Draw kinds, colours, patterns and surfaces by lot; where a kind comes in patterns, each is as likely."""
    random, words = Random(SEED), vocabulary()
    for _ in range(count):
        kind = random.choice(words.kinds)
        colour = words.colours[random.choice(kind.colours or tuple(words.colours))]
        pattern = random.choice(
            ("plain", *PATTERNS, "checks", "floral", "jaguar") if len(kind.patterns) > 1 else ("plain",)
        )
        surface = words.materials[random.choice(kind.materials)].texture if kind.materials else "smooth"
        look = Look(rgb(colour.paint), pattern, surface, rgb(kind.department.ground))
        yield Drawing(_kept(paint(kind.id, look)), _outline(kind.id), kind.id, colour.id, pattern)


def cut_out(drawings: Sequence[Drawing], masks: Sequence[Mask | None]) -> list[dict[str, object]]:
    """Return how far what was cut out overlaps the true outline, beside the whole picture taken as product."""
    groups: dict[str, Callable[[Drawing], bool]] = {
        "cut_out": lambda drawing: drawing.colour not in PALE and drawing.kind not in GLOWING,
        "cut_out_pale_on_pale": lambda drawing: drawing.colour in PALE and drawing.kind not in GLOWING,
    }
    rows = []
    for name, is_in in groups.items():
        pairs = [(drawing, mask) for drawing, mask in zip(drawings, masks, strict=True) if is_in(drawing)]
        overlaps = np.array([0.0 if mask is None else _overlap(mask, drawing.product) for drawing, mask in pairs])
        whole = float(np.mean([drawing.product.mean() for drawing, _ in pairs]))
        row = {"overlap": round(float(overlaps.mean()), 3), "whole_picture": round(whole, 3)}
        rows.append({"name": name, **row, "at_least_0.9": _share(overlaps >= 0.9)})
    return rows


def demo_colours(drawings: Sequence[Drawing], masks: Sequence[Mask | None]) -> list[dict[str, object]]:
    """Return how often the colour of a drawing without a pattern is named, and named first."""
    chosen = [(drawing, mask) for drawing, mask in zip(drawings, masks, strict=True) if drawing.pattern == "plain"]
    named = [_names(drawing.picture, mask) for drawing, mask in chosen]
    return _colour_rows("demo_colour", named, [_right(COLOURS, drawing.colour) for drawing, _ in chosen])


def luma_colours() -> list[dict[str, object]]:
    """Return the same of clothes on models, whose skin, hair and other clothes count as product too."""
    named, right = [], []
    for path in sorted((DATA / "luma" / "images").glob("*-*_main.jpg")):
        colour = path.stem.removesuffix("_main").rpartition("-")[2]
        if colour in LUMA_COLOURS:
            picture = _kept(Image.open(path).convert("RGB"))
            named.append(_names(picture, foreground(picture)))
            right.append(_right(LUMA_COLOURS, colour))
    return _colour_rows("luma_colour", named, right)


def patterns(drawings: Sequence[Drawing], masks: Sequence[Mask | None]) -> list[dict[str, object]]:
    """Return for each name how often it is right where it is told, and told where it is right."""
    told = [_pattern(drawing.picture, mask) for drawing, mask in zip(drawings, masks, strict=True)]
    true = [PATTERNS.get(drawing.pattern, "") for drawing in drawings]
    rows: list[dict[str, object]] = []
    for name in ("plain", "striped", "dotted"):
        is_told, is_true = np.array([each == name for each in told]), np.array([each == name for each in true])
        right = {"right_where_told": _share(is_true[is_told]), "told_where_right": _share(is_told[is_true])}
        rows.append({"name": f"pattern_{name}", **right, "share_of_drawings": _share(is_true)})
    return rows


def times(pictures: Sequence[Picture]) -> list[dict[str, object]]:
    """Return milliseconds of processor time of each step, and of all that the import looks at."""
    spent: dict[str, list[float]] = {"foreground": [], "dominant_colours": [], "pattern_of": [], "all": []}
    for picture in [*pictures[:3], *pictures]:
        marks, mask = [time.process_time()], foreground(picture)
        marks.append(time.process_time())
        dominant_colours(picture, mask)
        marks.append(time.process_time())
        pattern_of(picture, mask)
        marks.append(time.process_time())
        for name, milliseconds in zip(spent, [*np.diff(marks) * 1000, (marks[-1] - marks[0]) * 1000], strict=True):
            spent[name].append(milliseconds)
    return [
        {"name": f"time_{name}", **{f"p{at}_ms": round(float(np.percentile(each[3:], at)), 2) for at in (50, 95)}}
        for name, each in spent.items()
    ]


def _colour_rows(name: str, named: Sequence[list[str]], right: Sequence[set[str]]) -> list[dict[str, object]]:
    """Return named first, named at all, and what the best single answer for all would reach."""
    pairs = list(zip(named, right, strict=True))
    commonest = Counter(colour for names in right for colour in names).most_common(1)[0][0]
    return [
        {"name": f"{name}_first", "share": _share(np.array([found[0] in names for found, names in pairs]))},
        {"name": f"{name}_any", "share": _share(np.array([bool(names & set(found)) for found, names in pairs]))},
        {"name": f"{name}_always_{commonest}", "share": _share(np.array([commonest in names for _, names in pairs]))},
    ]


def _right(table: dict[str, str], colour: str) -> set[str]:
    return {"light blue"} if colour == "sky" else {name.replace("-", " ") for name in table.get(colour, colour).split()}


def _names(picture: Picture, mask: Mask | None) -> list[str]:
    return [colour.name_en for colour in dominant_colours(picture, mask)]


def _pattern(picture: Picture, mask: Mask | None) -> str:
    found = pattern_of(picture, mask)
    return found.name_en if found else ""


def _outline(kind: str) -> Mask:
    whole = np.zeros((SIDE, SIDE), np.float32)
    for layer in silhouette(kind).layers:
        if layer.part.alpha > GLOW_ALPHA and not layer.part.blur:
            place = whole[layer.rows, layer.columns]
            np.maximum(place, layer.coverage / layer.part.alpha, out=place)
    small = Image.fromarray(whole).resize((SIDE_LOOKED_AT, SIDE_LOOKED_AT), Image.Resampling.BOX)
    return np.asarray(small) > 0.5


def _kept(image: Image.Image) -> Picture:
    """The picture as a shop keeps it and looks at it."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=85)
    with Image.open(stream) as opened:
        opened.thumbnail((SIDE_LOOKED_AT, SIDE_LOOKED_AT))
        return np.asarray(opened)


def _overlap(found: Mask, true: Mask) -> float:
    return float((found & true).sum() / (found | true).sum())


def _share(hits: np.ndarray) -> dict[str, object]:
    """A share with its Wilson interval at 95 % [Wilson 1927]."""
    count, z = len(hits), 1.96
    if not count:
        return {"n": 0}
    share = float(hits.mean())
    middle = (share + z * z / 2 / count) / (1 + z * z / count)
    half = z * float(np.sqrt(share * (1 - share) / count + z * z / 4 / count**2)) / (1 + z * z / count)
    return {"share": round(share, 3), "low": round(middle - half, 3), "high": round(middle + half, 3), "n": count}


if __name__ == "__main__":
    main()
