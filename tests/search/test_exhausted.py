"""A space that has no point left: it is said exactly when every allowed point has been tried, and never before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from framecast.search.proposals import proposer
from framecast.search.space import Space, identity
from framecast.search.trial import Trial

SpaceOf = Callable[..., Space]
TrialOf = Callable[..., Trial]
RANK = {"model.rank": {"int": [1, 4]}}
STEPS = {"model.order": {"int": [1, 3]}, "model.steps": {"choice": [1, 2, 3]}}


@pytest.mark.parametrize("searcher", ["grid", "random", "tpe"])
@pytest.mark.parametrize(
    ("parameters", "constraints", "count"),
    [
        (RANK, [], 4),
        (RANK, ["model.rank >= 3"], 2),
        (STEPS, [], 6),  # the plugin's own rule: order <= steps
        ({"training.seed": {"choice": [1, 1, 2]}}, [], 2),
    ],
)
def test_every_allowed_point_is_tried_once_and_then_none_is_left(
    searcher: str,
    parameters: dict[str, Any],
    constraints: list[str],
    count: int,
    space_of: SpaceOf,
    trial_of: TrialOf,
) -> None:
    space = space_of(parameters, searcher=searcher, constraints=constraints, trials=20)
    proposals, trials = proposer(space), []
    while (point := proposals.propose(trials)) is not None:
        trials.append(trial_of(space, len(trials) + 1, point, "finished", [0.5 - 0.01 * len(trials)]))
        assert len(trials) <= count
    assert len({identity(trial.point) for trial in trials}) == len(trials) == count


def test_a_condition_counts_a_point_once(space_of: SpaceOf) -> None:
    seeds = {"int": [1, 3], "when": {"training.accumulate": 2}}
    space = space_of({"training.accumulate": {"choice": [1, 2]}, "training.seed": seeds})
    assert len(list(space.points())) == 4
    assert space.combinations == 6


def test_values_that_python_takes_for_the_same_are_told_apart() -> None:
    assert len({identity({"x": value}) for value in (1, True, 1.0, "1", [1])}) == 5


def test_a_continuous_space_is_never_exhausted(space_of: SpaceOf, trial_of: TrialOf) -> None:
    parameters = {"training.optimizer.learning_rate": {"log": [1e-4, 1e-2]}}
    space = space_of(parameters, searcher="random", trials=20)
    assert space.combinations is None
    trials: list[Trial] = []
    for number in range(1, 4):
        point = proposer(space).propose(trials)
        assert point is not None
        trials.append(trial_of(space, number, point, "finished", [0.1]))
    assert len({identity(trial.point) for trial in trials}) == 3
