"""The one kind of chart there is: panels above each other over a shared x axis, as SVG.

Colours are classes that the page's style sheet gives a value, so charts follow light, dark and paper.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from markupsafe import Markup

from framecast.report.axis import Axis
from framecast.report.numbers import score
from framecast.report.svg import add_dot, add_line, add_text, create_svg, to_markup

WIDTH = 480
_LEFT, _RIGHT = 58, 14
_LETTER, _MOST_LETTERS = 10, 16
_ABOVE, _BELOW, _GAP = 30, 40, 10
_BETWEEN_NAMES = 15
_MARKED_POINTS = 24

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Line:
    """A series. `colour` is a class of the style sheet; `shape` is solid, faint, dashed, dotted or mixed.

    `name` is written at its end; `marked` draws its points, `stepped` holds each value until the next.
    """

    points: Points
    colour: str
    name: str = ""
    shape: str = "solid"
    marked: bool = False
    stepped: bool = False


@dataclass(frozen=True)
class Band:
    """The area between two values at each x, (x, lower, upper)."""

    edges: Sequence[tuple[float, float, float]]
    colour: str
    name: str


@dataclass(frozen=True)
class Panel:
    """One plot of a chart; `title` and `note` say what its y axis is, `from_zero` makes that begin at 0; it goes
    at least to the values of `reach`."""

    title: str
    series: Sequence[Line | Band]
    height: int = 190
    log: bool = False
    from_zero: bool = False
    note: str = ""
    reach: Sequence[float] = ()

    @property
    def xs(self) -> Iterator[float]:
        for each in self.series:
            yield from (point[0] for point in (each.points if isinstance(each, Line) else each.edges))

    @property
    def ys(self) -> Iterator[float]:
        for each in self.series:
            for point in each.points if isinstance(each, Line) else each.edges:
                yield from point[1:]


def chart(
    panels: Sequence[Panel], x_label: str, marks: Sequence[tuple[float, str]] = (), reach: Sequence[float] = ()
) -> Markup:
    """The SVG. `marks` are vertical lines at some x, each with a word; x goes at least to `reach`."""
    longest = max((len(each.name) for panel in panels for each in panel.series), default=0)
    height = sum(_ABOVE + panel.height + _GAP for panel in panels) - _GAP + _BELOW
    described = f"{', '.join(panel.title for panel in panels)} by {x_label}"
    root = create_svg(WIDTH, height, described)
    right = WIDTH - _RIGHT - _LETTER * min(longest, _MOST_LETTERS)
    x_axis = Axis.around([*reach, *(x for panel in panels for x in panel.xs)], _LEFT, right, margin=0.02)
    top = 0
    for panel in panels:
        top += _ABOVE
        _panel(root, panel, x_axis, top, [x for x, _ in marks])
        top += panel.height + _GAP
    for x, word in marks:
        add_text(root, x_axis.at(x), _ABOVE - 4, word, "tick", "middle")
    _x_axis(root, x_axis, top - _GAP, x_label)
    return to_markup(root)


def _panel(root: Element, panel: Panel, x_axis: Axis, top: int, marks: Sequence[float]) -> None:
    bottom = top + panel.height
    values = [*panel.ys, *panel.reach, *([0.0] if panel.from_zero else [])]
    y_axis = Axis.around(values, bottom, top, panel.log)
    if panel.from_zero:
        y_axis = Axis(0.0, y_axis.high, bottom, top)
    title = add_text(root, 0, top - 15, panel.title, "title")
    if panel.note:
        SubElement(title, "tspan", {"class": "tick", "dx": "8"}).text = panel.note
    for value, text in y_axis.ticks(min(5, max(2, panel.height // 42))):
        y = y_axis.at(value)
        add_line(root, (x_axis.start, y), (x_axis.end, y), "grid")
        add_text(root, x_axis.start - 8, y + 4, text, "tick", "end")
    for x in marks:
        add_line(root, (x_axis.at(x), top), (x_axis.at(x), bottom), "mark")
    ends = []
    for each in panel.series:
        last = _band(root, each, x_axis, y_axis) if isinstance(each, Band) else _curve(root, each, x_axis, y_axis)
        if each.name and last is not None:
            ends.append((last, each))
    for y, each in _spread(ends, top, bottom):
        add_text(root, x_axis.end + 8, y + 4, _short(each.name), f"name {each.colour}")


def _curve(root: Element, line: Line, x_axis: Axis, y_axis: Axis) -> float | None:
    shown = [
        (x_axis.at(x), y_axis.at(y), x, y)
        for x, y in line.points
        if math.isfinite(y) and (y > 0 or not y_axis.log)
    ]
    if not shown:
        return None
    path = ""
    for number, (x, y, *_) in enumerate(shown):
        path += f"M{x:.1f} {y:.1f}" if not number else f"H{x:.1f}V{y:.1f}" if line.stepped else f"L{x:.1f} {y:.1f}"
    SubElement(root, "path", {"class": f"line {line.shape} {line.colour}", "d": path})
    if (line.marked and len(shown) <= _MARKED_POINTS) or len(shown) == 1:
        for x, y, value_x, value_y in shown:
            add_dot(root, x, y, line.colour, f"{line.name or 'value'} at {value_x:g}: {score(value_y)}")
    return shown[-1][1]


def _band(root: Element, band: Band, x_axis: Axis, y_axis: Axis) -> float | None:
    if not band.edges:
        return None
    upper = [f"{x_axis.at(x):.1f} {y_axis.at(high):.1f}" for x, _, high in band.edges]
    lower = [f"{x_axis.at(x):.1f} {y_axis.at(low):.1f}" for x, low, _ in reversed(band.edges)]
    SubElement(root, "path", {"class": f"band {band.colour}", "d": f"M{'L'.join([*upper, *lower])}Z"})
    _, low, high = band.edges[-1]
    return y_axis.at((low + high) / 2)


def _spread(ends: list[tuple[float, Line | Band]], top: float, bottom: float) -> list[tuple[float, Line | Band]]:
    """Names moved apart so that none covers another, and none leaves the panel where there is room."""
    placed: list[tuple[float, Line | Band]] = []
    for y, each in sorted(ends, key=lambda end: end[0]):
        placed.append((max(y, placed[-1][0] + _BETWEEN_NAMES) if placed else max(y, top), each))
    limit = bottom
    for at in reversed(range(len(placed))):
        placed[at] = (min(placed[at][0], limit), placed[at][1])
        limit = placed[at][0] - _BETWEEN_NAMES
    return placed


def _short(name: str) -> str:
    return name if len(name) <= _MOST_LETTERS else f"{name[: _MOST_LETTERS - 1]}…"


def _x_axis(root: Element, axis: Axis, y: float, label: str) -> None:
    add_line(root, (axis.start, y), (axis.end, y), "axis")
    for value, text in axis.ticks(6, whole=True):
        add_text(root, axis.at(value), y + 16, text, "tick", "middle")
    add_text(root, (axis.start + axis.end) / 2, y + 34, label, "tick", "middle")
