"""The chart: valid SVG that holds all it was given, in colours of the page."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from xml.etree import ElementTree as ET

from framecast.report.chart import WIDTH, Band, Line, Panel, chart


def drawn(*panels: Panel, **options: object) -> ET.Element:
    return ET.fromstring(chart(panels, "step", **options))  # type: ignore[arg-type]


def of_class(root: ET.Element, name: str) -> list[ET.Element]:
    return [each for each in root.iter() if name in each.get("class", "").split()]


def test_a_chart_says_what_it_shows_to_who_cannot_see_it() -> None:
    root = drawn(Panel("loss", [Line([(1, 1.0)], "blue")]))
    assert (root.get("role"), root.get("aria-label")) == ("img", "loss by step")


def test_colours_are_left_to_the_page() -> None:
    line, band = (
        Line([(1, 1.0), (2, 2.0)], "blue", "model"),
        Band([(1, 0.0, 1.0), (2, 0.0, 2.0)], "orange", "data"),
    )
    text = chart([Panel("loss", [line, band])], "step")
    assert not re.search(r"#[0-9a-f]{3,6}\b|rgb\(|style=|fill=|stroke=", text)


def test_names_at_the_ends_of_lines_never_cover_each_other() -> None:
    lines = [Line([(1, 0.0), (2, value)], "blue", f"line {value}") for value in (1.0, 1.001, 1.002, 0.0)]
    names = of_class(drawn(Panel("loss", lines)), "name")
    heights = sorted(float(name.get("y", "")) for name in names)
    assert len(names) == 4
    assert all(below - above >= 15 for above, below in pairwise(heights))


def test_a_long_name_is_cut_and_the_plot_makes_room_for_it() -> None:
    root = drawn(Panel("loss", [Line([(1, 0.0), (2, 1.0)], "blue", "a/long/path/to/a/checkpoint")]))
    (name,) = of_class(root, "name")
    assert (name.text or "").endswith("…")
    assert float(name.get("x", "")) < WIDTH - 100


def test_values_that_are_not_numbers_leave_a_line_without_them() -> None:
    root = drawn(Panel("loss", [Line([(1, math.nan), (2, 1.0), (3, math.inf), (4, 2.0)], "blue")]))
    (line,) = of_class(root, "line")
    assert line.get("d", "").count("L") == 1


def test_a_line_of_nothing_but_no_numbers_is_no_line() -> None:
    assert not of_class(drawn(Panel("loss", [Line([(1, math.nan)], "blue", "model")])), "name")


def test_each_marked_point_tells_its_value() -> None:
    root = drawn(Panel("mse", [Line([(20, 0.5), (40, 0.25)], "blue", "model", marked=True)]))
    assert [title.text for title in root.iter("title")] == ["model at 20: 0.5000", "model at 40: 0.2500"]


def test_a_mark_is_drawn_through_all_panels() -> None:
    panels = [Panel(name, [Line([(1, 1.0), (9, 2.0)], "blue")]) for name in ("loss", "rate")]
    assert len(of_class(drawn(*panels, marks=[(5, "resumed")]), "mark")) == 2


def test_panels_share_their_x_axis() -> None:
    root = drawn(
        Panel("one", [Line([(1, 1.0), (5, 2.0)], "blue")]), Panel("two", [Line([(5, 1.0), (9, 2.0)], "green")])
    )
    first, second = (line.get("d", "") for line in of_class(root, "line"))
    assert first.split("L")[1].split()[0] == second.removeprefix("M").split()[0]
