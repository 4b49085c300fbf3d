"""Plots are well-formed, and their marks stand where the numbers say."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tonggan.evaluate.classification import ReliabilityBin, roc_curve
from tonggan.evaluate.plots import (
    BARS_HEIGHT,
    BETTER,
    MARGIN_BOTTOM,
    MARGIN_TOP,
    NEUTRAL,
    WORSE,
    Axis,
    bars,
    histogram,
    reliability_plot,
    roc_plot,
    scatter,
)

SVG = "{http://www.w3.org/2000/svg}"


def marks(plot: str, kind: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(plot).iter(SVG + kind))


def test_bars_are_sorted_coloured_and_as_high_as_their_values() -> None:
    drawn = marks(bars([-0.5, 1.0, 0.0], labels=["lost", "won", "tied"], value_label="gain"), "rect")
    assert [each.find(SVG + "title").text for each in drawn] == ["won: +1.000", "tied: +0.000", "lost: -0.500"]  # type: ignore[union-attr]
    assert [each.get("fill") for each in drawn] == [BETTER, NEUTRAL, WORSE]
    whole = BARS_HEIGHT - MARGIN_TOP - MARGIN_BOTTOM
    heights = [float(each.get("height", "")) for each in drawn]
    assert heights == pytest.approx([whole / 2, 0, whole / 4], abs=0.01)


def test_points_above_the_diagonal_are_better() -> None:
    drawn = marks(scatter([0.2, 0.8], [0.9, 0.1], labels=["a<b", "c"], names=("A", "B"), measure="RR"), "circle")
    assert [each.get("fill") for each in drawn] == [BETTER, WORSE]
    assert float(drawn[0].get("cy", "")) < float(drawn[1].get("cy", ""))


def test_the_histogram_has_a_bar_of_its_own_for_no_gain() -> None:
    drawn = marks(histogram([0.0, 0.0, 1.0, -1.0], value_label="gain", bins=4), "rect")
    assert [each.get("fill") for each in drawn] == [WORSE, WORSE, NEUTRAL, BETTER, BETTER]


def test_axes_have_round_numbers() -> None:
    assert Axis(0, 1, "").ticks() == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert Axis(-0.3, 0.3, "").ticks() == pytest.approx([-0.2, 0.0, 0.2])


@pytest.mark.parametrize(
    "plot",
    [
        bars([], labels=[], value_label="gain"),
        scatter([], [], labels=[], names=("A", "B"), measure="RR"),
        histogram([], value_label="gain"),
        roc_plot(roc_curve([True, False], [1.0, 0.0]), label="a < b"),
        reliability_plot([ReliabilityBin(0, 0.1, 3, 0.05, 0.1)]),
    ],
)
def test_plots_are_well_formed_even_when_empty(plot: str) -> None:
    assert ElementTree.fromstring(plot).tag == SVG + "svg"
