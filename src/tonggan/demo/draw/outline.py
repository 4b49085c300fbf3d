"""Shapes as closed or open lines of points: paths with curves, ellipses, rounded rectangles."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

from tonggan.errors import InputError, unknown_name

Point: TypeAlias = tuple[float, float]

CURVE_STEPS = 20
"""Straight pieces per curve: at 512 pixels the corners between them are under half a pixel."""

TOKEN = re.compile(r"[A-Za-z]|-?\d*\.?\d+")
ARITY = {"M": 2, "L": 2, "H": 1, "V": 1, "Q": 4, "C": 6, "Z": 0}


def path(text: str) -> list[Point]:
    """Follow an SVG path of absolute M, L, H, V, Q, C and Z commands, one outline.

    >>> path("M0 0 H10 V10 Z")
    [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 0.0)]
    """
    points: list[Point] = []
    for command, numbers in _commands(text):
        points.extend(_step(command, numbers, points=points))
    return points


def ellipse(centre_x: float, centre_y: float, radius_x: float, radius_y: float) -> list[Point]:
    """Walk once round an ellipse."""
    steps = 4 * CURVE_STEPS
    turns = [2 * math.pi * step / steps for step in range(steps + 1)]
    return [(centre_x + radius_x * math.cos(turn), centre_y + radius_y * math.sin(turn)) for turn in turns]


def rectangle(left: float, top: float, width: float, height: float, *, radius: float = 0) -> list[Point]:
    """Walk once round a rectangle with round corners."""
    radius = min(radius, width / 2, height / 2)
    right, bottom = left + width, top + height
    corners = [(right, top, -90), (right, bottom, 0), (left, bottom, 90), (left, top, 180)]
    points: list[Point] = []
    for x, y, start in corners:
        centre = (x - radius if x == right else x + radius, y - radius if y == bottom else y + radius)
        points.extend(_quarter(centre, radius, start=start))
    return [*points, points[0]]


def polyline(numbers: Sequence[float]) -> list[Point]:
    """Pair up x and y."""
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def mirror(points: Sequence[Point], *, axis: float) -> list[Point]:
    """Reflect points at a vertical axis."""
    return [(2 * axis - x, y) for x, y in points]


def _commands(text: str) -> list[tuple[str, list[float]]]:
    commands: list[tuple[str, list[float]]] = []
    for token in TOKEN.findall(text):
        if token.isalpha():
            if token not in ARITY:
                raise InputError(unknown_name("path command", token, ARITY))
            commands.append((token, []))
        else:
            commands[-1][1].append(float(token))
    return commands


def _step(command: str, numbers: Sequence[float], *, points: Sequence[Point]) -> list[Point]:
    if command == "Z":
        return [points[0]]
    if command in "HV":
        return [(numbers[0], points[-1][1]) if command == "H" else (points[-1][0], numbers[0])]
    if command in "ML":
        return polyline(numbers)
    found: list[Point] = []
    for first in range(0, len(numbers), ARITY[command]):
        controls = [(found or points)[-1], *polyline(numbers[first : first + ARITY[command]])]
        found.extend(_bezier(controls, step / CURVE_STEPS) for step in range(1, CURVE_STEPS + 1))
    return found


def _bezier(controls: Sequence[Point], share: float) -> Point:
    """Point of a Bezier curve by de Casteljau's halving."""
    while len(controls) > 1:
        pairs = pairwise(controls)
        controls = [(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share) for (x0, y0), (x1, y1) in pairs]
    return controls[0]


def _quarter(centre: Point, radius: float, *, start: float) -> list[Point]:
    turns = [math.radians(start + 90 * step / CURVE_STEPS) for step in range(CURVE_STEPS + 1)]
    return [(centre[0] + radius * math.cos(turn), centre[1] + radius * math.sin(turn)) for turn in turns]
