"""95 % intervals of scores whose clips belong together: overlapping clips of one video are not independent.

Groups (videos, persons, independent clips) are the observations of a cluster-robust variance; a series in time is
cut into blocks that are long against its autocorrelation. With few observations Student's t takes the place of the
normal distribution. `tests/evaluation/test_intervals.py` simulates how often the true mean is inside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from framecast.evaluation.cell_sums import CellSums

LEVEL = 0.95
FEWEST_GROUPS = 4
FEWEST_CELLS = 8
"""Clip lengths that a series must have at least."""

_BLOCK = 3.0
"""Length of a block in correlation times of the series, where it is long enough for `_FEWEST_BLOCKS` of them."""
_FEWEST_BLOCKS = 4
_LARGEST_CORRELATION = 0.97

TRANSFORMS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "mean": (lambda mean: mean, lambda mean: np.ones_like(mean)),
    "root_mean_square": (lambda mean: np.sqrt(mean), lambda mean: 0.5 / np.sqrt(mean)),
}
"""From the mean over clips to the score, and its derivative, by a metric's `aggregation`."""


@dataclass(frozen=True)
class Interval:
    """From `low` to `high`, over so many `observations`: groups or blocks of time; not a number where none can be
    given."""

    low: float
    high: float
    observations: int


NONE = Interval(float("nan"), float("nan"), 0)


def score_intervals(sums: CellSums, aggregations: Sequence[str]) -> list[Interval]:
    """The interval of each column's score."""
    found = []
    for column, aggregation in enumerate(aggregations):
        part = _Influence.of(sums, column)
        half, observations = _half_width(part, sums.grouped_by) if part else (None, 0)
        if part is None or half is None:
            found.append(NONE)
            continue
        to_score = TRANSFORMS[aggregation][0]
        low = part.mean - half
        low = max(low, 0.0) if aggregation == "root_mean_square" else low
        found.append(Interval(float(to_score(low)), float(to_score(part.mean + half)), observations))
    return found


def difference_intervals(first: CellSums, other: CellSums, aggregations: Sequence[str]) -> list[Interval]:
    """The interval of `other` minus `first` for each column, both scored on the same clips."""
    found = []
    for column, aggregation in enumerate(aggregations):
        one, two = _Influence.of(first, column), _Influence.of(other, column)
        if one is None or two is None or len(one.effects) != len(two.effects):
            found.append(NONE)
            continue
        to_score, slope = TRANSFORMS[aggregation]
        with np.errstate(divide="ignore", invalid="ignore"):
            effects = slope(two.mean) * two.effects - slope(one.mean) * one.effects
        between = float(to_score(two.mean) - to_score(one.mean))
        if not np.isfinite(effects).all():  # a root at 0 has no slope
            effects, between = (np.zeros_like(effects), 0.0) if one.mean == two.mean else (effects, between)
        half, observations = _half_width(
            _Influence(between, effects, (one.shares + two.shares) / 2), first.grouped_by
        )
        found.append(NONE if half is None else Interval(between - half, between + half, observations))
    return found


def reason_for_none(sums: CellSums) -> str:
    """Why no interval can be given for any column; empty where the clips suffice."""
    cells = len(sums.values)
    if sums.grouped_by == "time":
        if cells >= FEWEST_CELLS:
            return ""
        lengths = "1 clip length" if cells == 1 else f"{cells} clip lengths"
        return f"the series is only {lengths} long, and an interval needs {FEWEST_CELLS}"
    if sums.groups >= FEWEST_GROUPS:
        return ""
    noun = sums.grouped_by + ("" if sums.groups == 1 else "s")
    return f"all clips come from {sums.groups} {noun}, and an interval needs {FEWEST_GROUPS}"


@dataclass(frozen=True)
class _Influence:
    """A mean, what each cell adds to its deviation (effects sum to 0), and each cell's share of the weight."""

    mean: float
    effects: np.ndarray
    shares: np.ndarray

    @classmethod
    def of(cls, sums: CellSums, column: int) -> _Influence | None:
        """None where no clip has a value."""
        values, weights = sums.values[:, column], sums.weights[:, column]
        known = weights > 0
        total = weights.sum()
        if not total or not np.isfinite(values).all():
            return None
        mean = values.sum() / total
        effects = (values - mean * weights) / total
        return cls(float(mean), effects[known], weights[known] / total)


def _half_width(part: _Influence, grouped_by: str) -> tuple[float | None, int]:
    """Half the interval's width and the number of observations; None where there are too few."""
    effects, shares, shrinkage = part.effects, part.shares, 1.0
    if grouped_by == "time":
        cells = len(effects)
        if cells < FEWEST_CELLS:
            return None, 0
        correlation = _autocorrelation(effects / shares)
        time = (1 + correlation) / (1 - correlation)
        blocks = max(_FEWEST_BLOCKS, int(cells / max(2.0, _BLOCK * time)))
        member = np.arange(cells) * blocks // cells
        effects, shares = np.bincount(member, effects), np.bincount(member, shares)
        shrinkage = _expected_share(correlation, cells, blocks)
    elif len(effects) < FEWEST_GROUPS:
        return None, 0
    # Bell and McCaffrey 2002: each effect over one minus its leverage; degrees of freedom by the effective number
    # of clusters of Carter, Schnepel and Steigerwald 2017
    variance = float((effects**2 / (1 - shares)).sum()) / shrinkage
    freedom = 1 / float((shares**2).sum()) - 1
    return student(round(max(freedom, 1.0), 1)) * variance**0.5, len(effects)


def _autocorrelation(cells: np.ndarray) -> float:
    """Lag-1 correlation of neighbouring cells, without the bias of estimating the mean (Kendall 1954)."""
    centred = cells - cells.mean()
    squares = float((centred**2).sum())
    if squares == 0:
        return 0.0
    found = float((centred[1:] * centred[:-1]).sum()) / squares
    return min(_LARGEST_CORRELATION, max(0.0, found + (1 + 3 * found) / len(cells)))


def _expected_share(correlation: float, cells: int, blocks: int) -> float:
    """The share of the mean's true variance that blocks are expected to show, if the series is a first-order
    autoregression: blocks are correlated, and their own mean is taken off."""

    def kept(length: float) -> float:
        decay: float = correlation**length
        return 1 - 2 * correlation * (1 - decay) / (length * (1 - correlation**2))

    if correlation == 0:
        return 1.0
    share = (blocks * kept(cells / blocks) - kept(cells)) / ((blocks - 1) * kept(cells))
    return min(1.0, max(0.2, share))


@lru_cache(maxsize=4096)
def student(freedom: float) -> float:
    """The 97.5th percentile of Student's t, whose density over arctan(t / sqrt(freedom)) is a cosine's power."""
    if freedom > 2000:
        return 1.959964
    angles = np.linspace(-np.pi / 2, np.pi / 2, 100_001)
    density = np.cos(angles).clip(0) ** (freedom - 1)
    below = np.concatenate([[0.0], np.cumsum(density[1:] + density[:-1])])
    angle = np.interp((1 + LEVEL) / 2, below / below[-1], angles)
    return float(freedom**0.5 * np.tan(angle))
