"""The charts of a search: what quality costs, how settings and scores hang together, and what two settings do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import SubElement

from markupsafe import Markup

from framecast.counting import plural
from framecast.report.axis import Axis
from framecast.report.numbers import score
from framecast.report.svg import add_dot, add_line, add_text, create_svg, to_markup

WIDTH, HEIGHT = 480, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 30, 252


@dataclass(frozen=True)
class Dot:
    """A trial in a scatter; `front` ones are joined and carry their name."""

    x: float
    y: float
    name: str
    front: bool


def scatter(dots: Sequence[Dot], x_label: str, y_label: str) -> Markup:
    """Points by two objectives, the Pareto front joined from left to right."""
    root = create_svg(WIDTH, HEIGHT, f"{y_label} by {x_label}, the Pareto front joined")
    x_axis = Axis.around([dot.x for dot in dots], _LEFT, WIDTH - _RIGHT)
    y_axis = Axis.around([dot.y for dot in dots], _BOTTOM, _TOP)
    add_text(root, 0, 15, y_label, "title")
    for value, words in y_axis.ticks(4):
        add_line(root, (_LEFT, y_axis.at(value)), (WIDTH - _RIGHT, y_axis.at(value)), "grid")
        add_text(root, _LEFT - 8, y_axis.at(value) + 4, words, "tick", "end")
    for value, words in x_axis.ticks(4):
        add_text(root, x_axis.at(value), _BOTTOM + 18, words, "tick", "middle")
    add_line(root, (_LEFT, _BOTTOM), (WIDTH - _RIGHT, _BOTTOM), "axis")
    add_text(root, (_LEFT + WIDTH - _RIGHT) / 2, _BOTTOM + 38, x_label, "tick", "middle")
    front = sorted((dot for dot in dots if dot.front), key=lambda dot: dot.x)
    corners = " ".join(f"{x_axis.at(dot.x):.1f},{y_axis.at(dot.y):.1f}" for dot in front)
    SubElement(root, "polyline", {"class": "line blue", "points": corners})
    for dot in [*(dot for dot in dots if not dot.front), *front]:
        x, y = x_axis.at(dot.x), y_axis.at(dot.y)
        colour, radius = ("blue", 5) if dot.front else ("grey", 3.5)
        add_dot(root, x, y, colour, f"trial {dot.name}", radius)
        if dot.front:
            add_text(root, x + 8, y - 7, dot.name, "name blue")
    return to_markup(root)


def parallel(
    rows: Sequence[Mapping[str, float]], names: Sequence[str], levels: Sequence[int], best: int
) -> Markup:
    """A line for each trial through its value on every axis. `levels` (0 the better half, 1 the other) colour
    them, `best` is the place of the one that stands out."""
    root = create_svg(WIDTH, HEIGHT, f"each trial's {', '.join(names)}")
    axes = {name: Axis.around([row[name] for row in rows if name in row], _BOTTOM, _TOP + 12) for name in names}
    step = (WIDTH - 2 * 40) / max(1, len(names) - 1)
    across = {name: 40 + step * number for number, name in enumerate(names)}
    order = sorted(range(len(rows)), key=lambda number: (number == best, -levels[number]))
    for number in order:
        places = [(across[name], axes[name].at(rows[number][name])) for name in names if name in rows[number]]
        look = (
            "line blue" if number == best else ("line green faint" if levels[number] == 0 else "line grey faint")
        )
        SubElement(root, "polyline", {"class": look, "points": " ".join(f"{x:.1f},{y:.1f}" for x, y in places)})
    for name in names:
        x = across[name]
        add_line(root, (x, _TOP + 12), (x, _BOTTOM), "axis")
        values = [row[name] for row in rows if name in row]
        add_text(root, x, _BOTTOM + 16, _plain(min(values)), "tick", "middle")
        add_text(root, x, _TOP + 6, _plain(max(values)), "tick", "middle")
        add_text(root, x, _BOTTOM + 36, name.rsplit("/")[-1], "title", "middle")
    return to_markup(root)


def heat_map(
    cells: Mapping[tuple[str, str], tuple[float, int]],
    rows: Sequence[str],
    columns: Sequence[str],
    labels: tuple[str, str],
) -> Markup:
    """A cell for each pair of values, with its score and number of trials; the lower, the darker."""
    side, height = (WIDTH - _LEFT - _RIGHT) / len(columns), 44
    root = create_svg(WIDTH, _TOP + height * len(rows) + 44, f"scores by {labels[0]} and {labels[1]}")
    values = [value for value, _ in cells.values()]
    low, span = min(values), (max(values) - min(values)) or 1.0
    add_text(root, 0, 15, labels[0], "title")
    for down, row in enumerate(rows):
        top = _TOP + down * height
        add_text(root, _LEFT - 10, top + height / 2 + 5, row, "tick", "end")
        for right, column in enumerate(columns):
            x = _LEFT + right * side
            box = {"x": f"{x + 1:.1f}", "y": f"{top + 1}", "width": f"{side - 2:.1f}", "height": f"{height - 2}"}
            found = cells.get((row, column))
            if found is None:
                SubElement(root, "rect", {**box, "class": "grid", "fill": "none"})
                continue
            value, count = found
            strength = 0.12 + 0.5 * (1 - (value - low) / span)
            SubElement(
                root, "rect", {**box, "class": "blue", "fill": "currentColor", "opacity": f"{strength:.2f}"}
            )
            add_text(root, x + side / 2, top + height / 2 + 1, score(value), "title", "middle")
            add_text(root, x + side / 2, top + height / 2 + 16, plural(count, "trial"), "tick", "middle")
    bottom = _TOP + height * len(rows)
    for right, column in enumerate(columns):
        add_text(root, _LEFT + (right + 0.5) * side, bottom + 18, column, "tick", "middle")
    add_text(root, _LEFT + len(columns) * side / 2, bottom + 38, labels[1], "title", "middle")
    return to_markup(root)


def _plain(value: float) -> str:
    """Whole numbers as such."""
    return f"{value:,.0f}" if value == int(value) else score(value)
