"""The confusion matrix as a picture: who was read as whom, the darker the more."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import numpy as np
import pytest

from framecast.report.matrix import matrix

_SVG = "{http://www.w3.org/2000/svg}"


def drawn(counts: np.ndarray, classes: list[str]) -> ET.Element:
    return ET.fromstring(matrix(counts, classes))


def texts(root: ET.Element) -> list[str]:
    return [each.text or "" for each in root.iter("text")]


def test_a_few_classes_are_named_and_counted() -> None:
    root = drawn(np.array([[8, 2], [0, 5]]), ["boxing", "waving"])
    assert {"boxing", "waving", "1", "2", "8", "5"} <= set(texts(root))
    assert "0" not in texts(root)


def test_each_cell_says_what_it_holds() -> None:
    root = drawn(np.array([[8, 2], [0, 5]]), ["boxing", "waving"])
    assert [each.text for each in root.iter("title")] == [
        '"boxing" was read rightly 8 of 10 times',
        '"boxing" was read as "waving" 2 of 10 times',
        '"waving" was read rightly 5 of 5 times',
    ]


def test_a_cell_is_as_dark_as_its_share_of_the_row() -> None:
    root = drawn(np.array([[80, 20], [0, 5]]), ["boxing", "waving"])
    often, seldom, always = [float(each.get("fill-opacity", 0)) for each in root.iter("rect")][:3]
    assert seldom < often < always


@pytest.mark.parametrize("number", [2, 6, 41, 174])
def test_any_number_of_classes_fits_the_page(number: int) -> None:
    root = drawn(np.eye(number, dtype=np.int64), [f"Doing something {at}" for at in range(number)])
    width, _ = map(float, (root.get("viewBox") or "").split()[2:])
    assert max(float(each.get("x", 0)) + float(each.get("width", 0)) for each in root.iter("rect")) <= width
    named = any(text.startswith("Doing") for text in texts(root))
    assert named == (number < 50)  # smaller than so nobody could read them


def test_a_class_without_a_clip_has_an_empty_row() -> None:
    root = drawn(np.array([[3, 0], [0, 0]]), ["boxing", "waving"])
    assert len(list(root.iter("title"))) == 1


def test_names_are_words_not_markup() -> None:
    assert "<b>" not in str(matrix(np.eye(2, dtype=np.int64), ["<b>", "a & b"]))
