"""A confusion matrix as SVG: a row for each true class, a column for what was said.

Cells are the darker the larger their share of the row, in the one colour that models have on every page.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement

import numpy as np
from markupsafe import Markup

from framecast.report.svg import add_text, create_svg, to_markup

_WIDTH = 620
_NAMES = 210
_HEAD = 34
_LARGEST_CELL = 44
_LETTERS = 30
_LEGIBLE_NUMBER, _LEGIBLE_NAME = 26, 9


def matrix(counts_KK: np.ndarray, classes: Sequence[str]) -> Markup:
    """Of counts (K, K), true class by predicted class. Names and numbers are written where there is room for them;
    each cell has a tooltip."""
    number = len(classes)
    cell = min(_LARGEST_CELL, (_WIDTH - _NAMES) / number)
    height = _HEAD + cell * number + 2
    title = f"Confusion matrix of {number} classes: true classes in rows, predicted ones in columns"
    root = create_svg(_WIDTH, height, title)
    add_text(root, _NAMES + cell * number / 2, 10, "predicted", "tick", "middle", 11.0)
    sums_K = counts_KK.sum(1)
    for row, name in enumerate(classes):
        top = _HEAD + row * cell
        if cell >= _LEGIBLE_NAME:
            middle = top + cell / 2
            size, small = min(13.0, cell), min(11.0, cell)
            add_text(root, _NAMES - 30, middle + size / 3, _short(name), "", "end", size)
            add_text(root, _NAMES - 8, middle + small / 3, str(row + 1), "tick", "end", small)
            add_text(root, _NAMES + (row + 0.5) * cell, _HEAD - 6, str(row + 1), "tick", "middle", small)
        for column in np.flatnonzero(counts_KK[row]).tolist():
            count = int(counts_KK[row, column])
            _cell(root, _NAMES + column * cell, top, cell, count, count / sums_K[row])
            said = "rightly" if row == column else f'as "{classes[column]}"'
            title = f'"{name}" was read {said} {count:,} of {int(sums_K[row]):,} times'
            SubElement(root[-1], "title").text = title
    frame = {"x": f"{_NAMES}", "y": f"{_HEAD}", "width": f"{cell * number:.1f}", "height": f"{cell * number:.1f}"}
    SubElement(root, "rect", {**frame, "class": "grid", "fill": "none"})
    return to_markup(root)


def _cell(root: Element, left: float, top: float, size: float, count: int, share: float) -> None:
    group = SubElement(root, "g", {"class": "blue"})
    place = {"x": f"{left:.1f}", "y": f"{top:.1f}", "width": f"{size:.1f}", "height": f"{size:.1f}"}
    SubElement(group, "rect", {**place, "fill": "currentColor", "fill-opacity": f"{0.06 + 0.64 * share:.3f}"})
    if size >= _LEGIBLE_NUMBER:
        add_text(group, left + size / 2, top + size / 2 + 4, f"{count:,}", "", "middle", 11.0)


def _short(name: str) -> str:
    return name if len(name) <= _LETTERS else name[: _LETTERS - 1].rstrip() + "…"
