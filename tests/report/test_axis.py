"""Axes: every value has its place, and the marks are round."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from framecast.report.axis import Axis

finite = st.floats(-1e12, 1e12)


def labels(axis: Axis, most: int = 5) -> list[str]:
    return [text for _, text in axis.ticks(most)]


@given(st.lists(finite, max_size=5), st.booleans())
def test_every_value_lies_within_the_axis_and_so_do_its_marks(values: list[float], log: bool) -> None:
    axis = Axis.around(values, 10, 110, log)
    assert all(10 <= axis.at(value) <= 110 for value in values)
    assert all(9.9 <= axis.at(value) <= 110.1 for value, _ in axis.ticks(5))
    assert len(axis.ticks(5)) <= 8


def test_marks_are_round() -> None:
    assert labels(Axis(0.0, 1.0, 0, 1)) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert labels(Axis(0.03, 0.055, 0, 1)) == ["0.030", "0.035", "0.040", "0.045", "0.050", "0.055"]
    assert labels(Axis(0.0, 1200.0, 0, 1)) == ["0", "250", "500", "750", "1,000"]


def test_steps_are_marked_at_whole_numbers() -> None:
    assert [value for value, _ in Axis(1, 3, 0, 1).ticks(6, whole=True)] == [1, 2, 3]


def test_a_logarithmic_axis_is_marked_at_one_two_five_or_at_decades() -> None:
    assert labels(Axis(0.09, 1.1, 0, 1, log=True)) == ["0.1", "0.2", "0.5", "1"]
    assert labels(Axis(0.9, 1e4, 0, 1, log=True)) == ["1", "10", "100", "1,000", "10,000"]


def test_a_logarithm_is_taken_only_of_positive_values() -> None:
    assert Axis.around([1.0, 100.0], 0, 1, log=True).log
    assert not Axis.around([0.0, 100.0], 0, 1, log=True).log


def test_values_that_are_not_numbers_do_not_stretch_the_axis() -> None:
    axis = Axis.around([1.0, math.nan, math.inf, 2.0], 0, 1)
    assert 0 < axis.low < 1
    assert 2 < axis.high < 3
