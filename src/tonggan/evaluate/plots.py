"""Small plots as SVG: no script, no style sheet, no font, and colours that can be read on white and on black.

Text and axes have the colour of the page's text. Every function returns one `<svg>` element that stands alone as a file
or inside a page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import numpy.typing as npt

from tonggan.evaluate.classification import ReliabilityBin, RocCurve
from tonggan.evaluate.statistics import Interval

BETTER, WORSE, NEUTRAL = "#2f8f5b", "#cf5a44", "#7d8590"
"""Green, red and grey of middle lightness: each is at least 3 : 1 against white and against black."""

POINT = "#4a7fd0"

WIDTH, HEIGHT = 400, 400
BARS_WIDTH, BARS_HEIGHT = 1000, 300
MARGIN_LEFT, MARGIN_RIGHT, MARGIN_TOP, MARGIN_BOTTOM = 58, 14, 14, 46

ROW_HEIGHT, NAMES_WIDTH = 28, 170
"""Pixels of a named bar, and of the names beside the bars."""

TICKS = 5
"""Numbers along an axis, about."""

HISTOGRAM_BINS = 20


@dataclass(frozen=True, slots=True)
class Axis:
    """One direction of a plot: the numbers at its ends and what they mean."""

    low: float
    high: float
    label: str

    def share(self, value: float) -> float:
        """Where a value lies, 0 at the low end and 1 at the high one."""
        return (value - self.low) / ((self.high - self.low) or 1.0)

    def ticks(self) -> list[float]:
        """Round numbers between the ends."""
        span = (self.high - self.low) or 1.0
        rough = span / TICKS
        unit = 10 ** math.floor(math.log10(rough))
        step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        return [place * step for place in range(first, math.floor(self.high / step + 1e-9) + 1)]


@dataclass(frozen=True, slots=True)
class Frame:
    """The area of a plot, and how numbers become places in it."""

    x: Axis
    y: Axis
    width: int = WIDTH
    height: int = HEIGHT
    left_margin: int = MARGIN_LEFT

    def left(self, value: float) -> float:
        """Pixels from the left."""
        return self.left_margin + self.x.share(value) * (self.width - self.left_margin - MARGIN_RIGHT)

    def top(self, value: float) -> float:
        """Pixels from the top."""
        return self.height - MARGIN_BOTTOM - self.y.share(value) * (self.height - MARGIN_TOP - MARGIN_BOTTOM)

    def draw(self, marks: Iterable[str], *, title: str, has_x_ticks: bool = True, has_y_ticks: bool = True) -> str:
        """Return the element with axes, numbers and labels around these marks."""
        bottom, right = self.height - MARGIN_BOTTOM, self.width - MARGIN_RIGHT
        return "".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" role="img" '
                f'aria-label="{escape(title)}" font-family="system-ui, sans-serif" font-size="12">',
                _line(self.left_margin, bottom, right, bottom),
                _line(self.left_margin, MARGIN_TOP, self.left_margin, bottom),
                *(self._x_tick(value, bottom) for value in (self.x.ticks() if has_x_ticks else ())),
                *(self._y_tick(value, right) for value in (self.y.ticks() if has_y_ticks else ())),
                *marks,
                _text((self.left_margin + right) / 2, self.height - 6, self.x.label),
                self._y_label(bottom),
                "</svg>",
            ]
        )

    def _x_tick(self, value: float, bottom: float) -> str:
        at = self.left(value)
        return _line(at, bottom, at, bottom + 4) + _text(at, bottom + 17, _short(value))

    def _y_tick(self, value: float, right: float) -> str:
        at = self.top(value)
        return _line(self.left_margin, at, right, at, opacity=0.12) + _text(
            self.left_margin - 6, at + 4, _short(value), anchor="end"
        )

    def _y_label(self, bottom: float) -> str:
        middle = (MARGIN_TOP + bottom) / 2
        turned = f'transform="rotate(-90 13 {middle:g})"'
        place = f'x="13" y="{middle:g}" text-anchor="middle" fill="currentColor"'
        return f"<text {place} {turned}>{escape(self.y.label)}</text>"


def bars(values: Sequence[float], *, labels: Sequence[str], value_label: str) -> str:
    """Return a bar for each value, greatest first; the label of a bar is told where the pointer rests on it."""
    order = sorted(range(len(values)), key=lambda at: -values[at])
    reach = max((abs(value) for value in values), default=0.0) or 1.0
    frame = Frame(
        Axis(0, max(len(values), 1), "queries, greatest gain first"),
        Axis(-reach, reach, value_label),
        BARS_WIDTH,
        BARS_HEIGHT,
    )
    marks = [_bar(frame, place, values[at], label=labels[at]) for place, at in enumerate(order)]
    zero = frame.top(0)
    marks.append(_line(MARGIN_LEFT, zero, frame.width - MARGIN_RIGHT, zero))
    return frame.draw(marks, title=f"{value_label} of each query, sorted", has_x_ticks=False)


def interval_rows(rows: Sequence[tuple[str, Interval]], *, value_label: str, reference: float) -> str:
    """Return a bar for each named mean with its interval, in the order given, and a line at a reference."""
    height = MARGIN_TOP + MARGIN_BOTTOM + ROW_HEIGHT * len(rows)
    reach = max((interval.high for _, interval in rows), default=0.0) or 1.0
    frame = Frame(
        Axis(0, reach * 1.02, value_label), Axis(len(rows), 0, ""), BARS_WIDTH, height, left_margin=NAMES_WIDTH
    )
    marks = []
    for place, (name, interval) in enumerate(rows):
        colour = BETTER if interval.low > reference else WORSE if interval.high < reference else NEUTRAL
        middle = frame.top(place + 0.5)
        left, low, mean, high = (frame.left(value) for value in (0.0, interval.low, interval.mean, interval.high))
        told = _told(f"{name}: {interval.mean:.4f} ({interval.low:.4f} .. {interval.high:.4f})")
        marks += [
            f'<rect x="{left:.1f}" y="{middle - 8:.1f}" width="{mean - left:.1f}" height="16" fill="{colour}" '
            f'fill-opacity="0.75">{told}</rect>',
            _line(low, middle, high, middle, opacity=1),
            _text(NAMES_WIDTH - 6, middle + 4, name, anchor="end"),
        ]
    at = frame.left(reference)
    marks.append(_line(at, MARGIN_TOP, at, height - MARGIN_BOTTOM, opacity=0.8))
    return frame.draw(marks, title=f"{value_label} of each row", has_y_ticks=False)


def scatter(
    first: Sequence[float], second: Sequence[float], *, labels: Sequence[str], names: tuple[str, str], measure: str
) -> str:
    """Return a point for each query: above the diagonal the second search is better."""
    high = max(1.0, *first, *second) if first else 1.0
    frame = Frame(
        Axis(0, high, f"{names[0]}: {measure}"), Axis(0, high, f"{names[1]}: {measure}"), width=400, height=400
    )
    marks = [_dashed(frame, (0, 0), (high, high))]
    marks += [
        _dot(frame, x, y, colour=_colour(y - x), told=f"{label}: {x:.3f} and {y:.3f}")
        for x, y, label in zip(first, second, labels, strict=True)
    ]
    return frame.draw(marks, title=f"{measure} of {names[0]} against {names[1]}")


def histogram(values: Sequence[float], *, value_label: str, bins: int = HISTOGRAM_BINS) -> str:
    """Return how many queries have each value; 0 is the middle of a bar of its own."""
    reach = max((abs(value) for value in values), default=0.0) or 1.0
    edges = np.linspace(-reach, reach, bins + bins % 2 + 2)
    counts, _ = np.histogram(np.asarray(values, dtype=float), bins=edges)
    frame = Frame(Axis(-reach, reach, value_label), Axis(0, max(int(counts.max()), 1), "queries"))
    marks = [
        _box(frame, (float(low), float(high)), float(count), colour=_colour(float(low + high) / 2))
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    return frame.draw(marks, title=f"Distribution of {value_label}")


def roc_plot(curve: RocCurve, *, label: str = "") -> str:
    """Return a ROC curve with the diagonal of chance."""
    frame = Frame(Axis(0, 1, "false positive rate"), Axis(0, 1, "true positive rate"))
    points = " ".join(
        f"{frame.left(float(x)):.1f},{frame.top(float(y)):.1f}"
        for x, y in zip(curve.false_positive_rate, curve.true_positive_rate, strict=True)
    )
    marks = [
        _dashed(frame, (0, 0), (1, 1)),
        f'<polyline points="{points}" fill="none" stroke="{POINT}" stroke-width="2"/>',
        _text(frame.left(0.97), frame.top(0.05), f"{label} AUC {curve.area:.3f}".strip(), anchor="end"),
    ]
    return frame.draw(marks, title="Receiver operating characteristic")


def reliability_plot(bins: Sequence[ReliabilityBin]) -> str:
    """Return promised against observed shares; what lies on the diagonal is kept; the larger the more queries."""
    frame = Frame(Axis(0, 1, "probability promised"), Axis(0, 1, "share that came true"))
    total = sum(each.count for each in bins) or 1
    marks = [_dashed(frame, (0, 0), (1, 1))]
    marks += [
        _dot(
            frame, each.promised, each.observed, colour=POINT, radius=3 + 12 * math.sqrt(each.count / total),
            told=f"{each.count} queries: promised {each.promised:.2f}, observed {each.observed:.2f}",
        )
        for each in bins
    ]  # fmt: skip
    return frame.draw(marks, title="Reliability diagram")


def interval_bar(mean: float, low: float, high: float, *, reach: float) -> str:
    """Return a mean with its interval on a line from -reach to reach, small enough for a cell of a table."""
    places: npt.NDArray[np.float64] = 70 + 66 * np.array([low, mean, high]) / (reach or 1.0)
    left, middle, right = (f"{place:.1f}" for place in places)
    colour = BETTER if low > 0 else WORSE if high < 0 else NEUTRAL
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 140 16" width="140" height="16" aria-hidden="true">'
        f"{_line(70, 1, 70, 15, opacity=0.5)}"
        f'<line x1="{left}" y1="8" x2="{right}" y2="8" stroke="{colour}" stroke-width="3"/>'
        f'<circle cx="{middle}" cy="8" r="4" fill="{colour}"/></svg>'
    )


def _bar(frame: Frame, place: int, value: float, *, label: str) -> str:
    return _box(frame, (place + 0.1, place + 0.9), value, colour=_colour(value), told=f"{label}: {value:+.3f}")


def _box(frame: Frame, sides: tuple[float, float], value: float, *, colour: str, told: str = "") -> str:
    left, right = frame.left(sides[0]), frame.left(sides[1])
    top, bottom = sorted((frame.top(value), frame.top(0)))
    size = f'width="{right - left:.2f}" height="{bottom - top:.2f}"'
    return f'<rect x="{left:.2f}" y="{top:.2f}" {size} fill="{colour}">{_told(told)}</rect>'


def _dot(frame: Frame, x: float, y: float, *, colour: str, told: str, radius: float = 4) -> str:
    place = f'cx="{frame.left(x):.1f}" cy="{frame.top(y):.1f}" r="{radius:.1f}"'
    return f'<circle {place} fill="{colour}" fill-opacity="0.75">{_told(told)}</circle>'


def _dashed(frame: Frame, start: tuple[float, float], end: tuple[float, float]) -> str:
    ends = f'x1="{frame.left(start[0]):.1f}" y1="{frame.top(start[1]):.1f}"'
    ends += f' x2="{frame.left(end[0]):.1f}" y2="{frame.top(end[1]):.1f}"'
    return f'<line {ends} stroke="{NEUTRAL}" stroke-dasharray="4 4"/>'


def _line(x1: float, y1: float, x2: float, y2: float, *, opacity: float = 0.6) -> str:
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="currentColor" stroke-opacity="{opacity}"/>'


def _text(x: float, y: float, told: str, *, anchor: str = "middle") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="currentColor">{escape(told)}</text>'


def _told(text: str) -> str:
    return f"<title>{escape(text)}</title>" if text else ""


def _colour(gain: float) -> str:
    return BETTER if gain > SAME else WORSE if gain < -SAME else NEUTRAL


def _short(value: float) -> str:
    return f"{round(value, 6):g}"


SAME = 1e-9
"""Gains nearer to 0 are rounding."""
