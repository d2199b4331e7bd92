"""How much each setting matters, and how easily chance alone would make it seem to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from framecast.search.results import Results

SHUFFLES = 5000
UNLIKELY = 0.05
"""A setting whose importance chance reaches less often than this is distinguishable from chance."""


class Importance(NamedTuple):
    """`importance` is the share of the scores' variance that lies between a setting's values; `chance` how often
    scores dealt out at random give as much; `best_value` has the best mean."""

    key: str
    importance: float
    chance: float
    best_value: str


def importance_of(results: Results) -> list[Importance]:
    """Each setting with at least two values, the most important first, by the first objective of finished trials.

    The importance is the correlation ratio, its `chance` that of a permutation test: with few trials, or with
    nearly as many values as trials, a high importance means little. Numbers that can be anything go in thirds.
    """
    sign = 1 if next(iter(results.search.objectives.values())) == "min" else -1
    found = []
    for key in results.search.parameters:
        labels, scores = _labelled(results, key)
        names, groups = np.unique(np.array(labels), return_inverse=True)
        if len(names) < 2 or len(scores) < 3 or np.ptp(scores) == 0:
            continue
        importance = _between(np.array(scores)[None], groups)[0]
        random = np.random.default_rng(0)
        dealt = random.permuted(np.tile(scores, (SHUFFLES, 1)), axis=1)
        chance = float(np.mean(_between(dealt, groups) >= importance - 1e-12))
        means = [np.mean(np.array(scores)[groups == number]) for number in range(len(names))]
        best = str(names[int(np.argmin(sign * np.array(means)))])
        found.append(Importance(key, float(importance), chance, best))
    return sorted(found, key=lambda each: each.chance)


def _between(scores: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """(S,): of each row of scores, the share of its variance that lies between groups."""
    members = groups[:, None] == np.arange(groups.max() + 1)
    means = scores @ members / members.sum(0)
    whole = scores.mean(1, keepdims=True)
    between = ((means - whole) ** 2 * members.sum(0)).sum(1)
    shares: np.ndarray = between / ((scores - whole) ** 2).sum(1)
    return shares


def _labelled(results: Results, key: str) -> tuple[Sequence[str], Sequence[float]]:
    """The setting's value in each finished trial that has it, as a word, and the trial's score."""
    pairs: list[tuple[Any, float]] = [
        (trial.point[key], values[0])
        for trial in results.ranked
        if key in trial.point and (values := trial.objectives(results.search))
    ]
    if results.search.parameters[key].values is None:
        thirds = ("the low third", "the middle third", "the high third")
        pairs = [(thirds[3 * place // len(pairs)], score) for place, (_, score) in enumerate(sorted(pairs))]
    return [str(value) for value, _ in pairs], [score for _, score in pairs]
