"""The SVG elements that all charts of a report are made of. A style is a class of the page's style sheet."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, tostring

from markupsafe import Markup


def create_svg(width: float, height: float, description: str) -> Element:
    """An empty picture; screen readers read its description."""
    return Element("svg", {"viewBox": f"0 0 {width:.0f} {height:.0f}", "role": "img", "aria-label": description})


def add_text(
    parent: Element,
    x: float,
    y: float,
    text: str,
    style: str = "",
    anchor: str = "start",
    font_size: float | None = None,
) -> Element:
    """Text whose start, middle or end (`anchor`) is at x."""
    attributes = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}
    if style:
        attributes["class"] = style
    if font_size is not None:
        attributes["style"] = f"font-size: {font_size:.1f}px"
    element = SubElement(parent, "text", attributes)
    element.text = text
    return element


def add_line(parent: Element, begin: tuple[float, float], end: tuple[float, float], style: str) -> None:
    """A straight line from `begin` to `end`, each (x, y)."""
    (x1, y1), (x2, y2) = begin, end
    ends = {"x1": f"{x1:.1f}", "y1": f"{y1:.1f}", "x2": f"{x2:.1f}", "y2": f"{y2:.1f}"}
    SubElement(parent, "line", {"class": style, **ends})


def add_dot(parent: Element, x: float, y: float, colour: str, tooltip: str, radius: float = 3) -> None:
    """A point that says what it is when it is pointed at."""
    place = {"class": f"dot {colour}", "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": f"{radius:g}"}
    SubElement(SubElement(parent, "circle", place), "title").text = tooltip


def to_markup(root: Element) -> Markup:
    """The picture as text for a page."""
    return Markup(tostring(root, encoding="unicode"))
