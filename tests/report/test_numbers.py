"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest

from framecast.report.numbers import duration, hours, memory, score, tick


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0307512, "0.03075"),
        (15.3666, "15.37"),
        (1234.5678, "1,235"),
        (-0.5, "−0.5000"),
        (0.0, "0.000"),
        (1.23456e-7, "1.235e−07"),
        (None, "–"),
        (math.nan, "not a number"),
        (math.inf, "infinite"),
    ],
)
def test_a_score_has_four_digits_that_matter(value: float | None, text: str) -> None:
    assert score(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.12, "120 ms"), (9.5, "9.50 s"), (50, "50 s"), (3900, "1 h 5 min"), (93_600, "1 d 2 h"), (3600, "1 h")],
)
def test_a_duration_has_its_two_largest_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_marks_of_an_axis_have_the_decimals_that_their_step_needs() -> None:
    assert [tick(value, 0.005) for value in (0.03, 0.035)] == ["0.030", "0.035"]
    assert tick(20000, 5000) == "20,000"
    assert tick(0.00005, 0.00001) == "5e−5"


def test_memory_and_hours() -> None:
    assert [memory(512), memory(2560)] == ["512 MiB", "2.50 GiB"]
    assert [hours(0.0139), hours(128.44)] == ["0.014", "128.4"]
