"""How much each setting matters, as far as the trials can tell."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from framecast.search.results import Results

MOST_NOISE = 1.0
"""Values of a setting that differ by less than this many times the spread within a value are not told apart."""


class Importance(NamedTuple):
    """`importance` is the share of the scores' variance that a setting explains on its own; `share` how many times
    its values' means differ by the spread of trials with the same value; `best_value` has the best mean."""

    key: str
    importance: float
    share: float
    best_value: str


def importance_of(results: Results) -> list[Importance]:
    """Each setting with at least two values, the most important first, by the first objective of finished trials.

    The importance is the correlation ratio (variance between the means of a setting's values over the whole
    variance); numbers that hardly repeat are taken in thirds.
    """
    sign = 1 if next(iter(results.search.objectives.values())) == "min" else -1
    found = []
    for key in results.search.parameters:
        groups = _groups(results, key)
        scores = [score for group in groups.values() for score in group]
        if len(groups) < 2 or len(scores) < 3:
            continue
        means = {value: statistics.fmean(group) for value, group in groups.items()}
        mean = statistics.fmean(scores)
        between = sum(len(group) * (means[value] - mean) ** 2 for value, group in groups.items())
        within = sum((score - means[value]) ** 2 for value, group in groups.items() for score in group)
        whole = between + within
        repeated = len(scores) - len(groups)
        spread = (within / repeated) ** 0.5 if repeated > 0 else float("inf")
        distance = max(means.values()) - min(means.values())
        best = min((sign * each, value) for value, each in means.items())[1]
        found.append(
            Importance(key, between / whole if whole else 0.0, distance / spread if spread else 0.0, best)
        )
    return sorted(found, key=lambda each: -each.importance)


def _groups(results: Results, key: str) -> dict[str, list[float]]:
    """The scores of finished trials by the setting's value."""
    pairs = [
        (trial.point[key], values[0])
        for trial in results.ranked
        if key in trial.point and (values := trial.objectives(results.search))
    ]
    if results.search.parameters[key].values is None:
        return _thirds(sorted(pairs))
    groups: dict[str, list[float]] = defaultdict(list)
    for value, score in pairs:
        groups[str(value)].append(score)
    return groups


def _thirds(pairs: Sequence[tuple[Any, float]]) -> dict[str, list[float]]:
    """Numbers that can be anything, as low, middle and high."""
    groups: dict[str, list[float]] = defaultdict(list)
    for place, (_, score) in enumerate(pairs):
        groups[("the low third", "the middle third", "the high third")[3 * place // len(pairs)]].append(score)
    return groups
