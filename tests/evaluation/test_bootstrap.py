"""Intervals over clips: right in width, the same for everyone, and constant in memory."""

from __future__ import annotations

import math

import numpy as np

from framecast.evaluation.bootstrap import Bootstrap, differences


def test_the_interval_of_a_mean_is_as_wide_as_statistics_says() -> None:
    values = np.random.default_rng(0).normal(5.0, 2.0, (1500, 1))
    ((low, high),) = Bootstrap.of(values.tolist(), 1).interval()
    wanted = 1.96 * 2.0 / math.sqrt(1500)
    assert low < values.mean() < high
    assert math.isclose(high - low, 2 * wanted, rel_tol=0.1)


def test_it_covers_the_true_mean_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    inside = 0
    for _ in range(60):
        ((low, high),) = Bootstrap.of(random.exponential(1.0, (200, 1)).tolist(), 1).interval()
        inside += low <= 1.0 <= high
    assert inside >= 50  # 57 expected of 60


def test_paired_differences_are_narrower_than_either_interval() -> None:
    """Both models find the same clips hard."""
    random = np.random.default_rng(2)
    hard = random.normal(10.0, 3.0, 600)
    first = Bootstrap.of([[value] for value in hard], 1)
    other = Bootstrap.of((hard - 0.5 + random.normal(0, 0.2, 600))[:, None].tolist(), 1)
    low, high = differences(first, other, ["mse"])["mse"]
    assert low < -0.5 < high < 0
    assert high - low < 0.1 * float(np.diff(first.interval()[0])[0])


def test_the_same_clips_give_the_same_interval() -> None:
    values = np.random.default_rng(3).random((300, 2)).tolist()
    assert np.array_equal(Bootstrap.of(values, 2).interval(), Bootstrap.of(iter(values), 2).interval())


def test_clips_without_a_value_are_left_out_of_that_column_only() -> None:
    values = [[1.0, math.nan], [1.0, 3.0], [1.0, math.nan]] * 50
    assert np.allclose(Bootstrap.of(values, 2).interval(), [[1.0, 1.0], [3.0, 3.0]])


def test_a_column_without_any_value_has_no_interval() -> None:
    found = Bootstrap.of([[math.nan, 1.0]] * 20, 2).interval()
    assert np.isnan(found[0]).all()
    assert np.allclose(found[1], 1.0)
