"""What settings do, told from what chance does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from framecast.search.importance import importance_of
from framecast.search.results import Results
from framecast.search.space import Space
from framecast.search.trial import Trial

SPACE: dict[str, Any] = {"model.order": {"int": [1, 2]}, "model.rank": {"choice": [1, 2, 4]}}


def results_of(space_of: Any, trial_of: Any, scores: Callable[[int, int, float], float], count: int) -> Results:
    space: Space = space_of(SPACE, objectives={"validation/mse": "min"})
    noise = np.random.default_rng(0)
    trials: list[Trial] = []
    for number in range(count):
        order, rank = 1 + number % 2, (1, 2, 4)[number % 3]
        point = {"model.order": order, "model.rank": rank}
        trials.append(trial_of(space, number + 1, point, "finished", [scores(order, rank, noise.normal())]))
    return Results(space.search, trials)


def test_a_setting_that_matters_stands_out_of_chance(space_of: Any, trial_of: Any) -> None:
    found = importance_of(results_of(space_of, trial_of, lambda order, rank, noise: 3 - order + 0.1 * noise, 12))
    assert [each.key for each in found] == ["model.order", "model.rank"]
    assert found[0].importance > 0.9
    assert found[0].chance < 0.01
    assert found[0].best_value == "2"


def test_one_that_does_not_is_no_rarer_than_chance(space_of: Any, trial_of: Any) -> None:
    found = importance_of(results_of(space_of, trial_of, lambda order, rank, noise: 1 + 0.1 * noise, 12))
    assert all(each.chance > 0.05 for each in found)


def test_a_value_in_a_single_trial_proves_nothing(space_of: Any, trial_of: Any) -> None:
    """Three trials, each with a rank of its own: all variance lies between them, and chance gives as much."""
    found = importance_of(results_of(space_of, trial_of, lambda order, rank, noise: 1 + noise, 3))
    rank = next(each for each in found if each.key == "model.rank")
    assert rank.importance > 0.999
    assert rank.chance == 1.0


def test_equal_scores_tell_nothing_at_all(space_of: Any, trial_of: Any) -> None:
    assert importance_of(results_of(space_of, trial_of, lambda order, rank, noise: 1.0, 6)) == []
