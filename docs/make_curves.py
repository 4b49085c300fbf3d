"""Draw how the default pack's pictures were learnt: `python docs/make_curves.py WORK/image-curves.json`.

The file is what `tonggan learn pack --part image` leaves in its folder of work: a list of rows, of which those with the
terms of the loss have one per step, and those with measures on held-out pictures one now and then.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

FIRST_TERM = "labels"
"""The term that tells the rows of losses from those of measures."""

SMOOTHING = 0.03
"""Part of all steps over which a loss is averaged; one batch says little."""

DOTS_PER_INCH = 120

Rows = Sequence[Mapping[str, float]]


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("curves", type=Path, help="image-curves.json of the folder of work")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("pictures") / "picture-curves.png")
    options = parser.parse_args()
    draw(json.loads(options.curves.read_text(encoding="utf-8")), options.out)


def draw(rows: Rows, out: Path) -> None:
    """Draw losses on the left and held-out measures on the right, over the same steps."""
    mpl.use("Agg")
    from matplotlib import pyplot

    losses = [row for row in rows if FIRST_TERM in row]
    measures = [row for row in rows if FIRST_TERM not in row]
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.2), sharex=True, layout="constrained")
    _draw_losses(left, losses)
    _draw_measures(right, measures)
    for axes in (left, right):
        axes.set_xlabel("training step")
        axes.set_xlim(left=0)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        if axes.lines:
            axes.legend(frameon=False, fontsize="small")
    figure.savefig(out, dpi=DOTS_PER_INCH)
    pyplot.close(figure)


def smoothed(values: Sequence[float]) -> np.ndarray:
    """Return the mean of each value and its neighbours, fewer of them at the ends."""
    half = int(len(values) * SMOOTHING / 2)
    ends = np.concatenate([[0.0], np.cumsum(values)])
    places = np.arange(len(values))
    first, last = np.maximum(places - half, 0), np.minimum(places + half + 1, len(values))
    return (ends[last] - ends[first]) / (last - first)


def _draw_losses(axes: Any, rows: Rows) -> None:
    axes.set_title("Terms of the loss, smoothed")
    axes.set_ylabel("loss, as weighted in the sum")
    steps = [row["step"] for row in rows]
    for term in _names(rows):
        axes.plot(steps, smoothed([row[term] for row in rows]), label=term, linewidth=1.4)
    axes.set_ylim(bottom=0)


def _draw_measures(axes: Any, rows: Rows) -> None:
    axes.set_title("Pictures that were never trained on")
    axes.set_ylabel("share found right")
    for name in _names(rows):
        known = [row for row in rows if name in row]
        label = name.replace("_", " ")
        axes.plot([row["step"] for row in known], [row[name] for row in known], label=label, marker="o", markersize=4)


def _names(rows: Rows) -> list[str]:
    return [name for name in dict.fromkeys(name for row in rows for name in row) if name != "step"]


if __name__ == "__main__":
    main()
