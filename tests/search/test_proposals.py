"""Who proposes the next point: from the seed and the trials so far, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from framecast.errors import InputError
from framecast.search.proposals import proposer
from framecast.search.space import Space
from framecast.search.trial import Trial

SpaceOf = Callable[..., Space]
TrialOf = Callable[..., Trial]
RANK = {"model.rank": {"int": [1, 64]}}


def test_a_grid_proposes_each_point_once_and_then_nothing(space_of: SpaceOf, trial_of: TrialOf) -> None:
    space = space_of({"model.rank": {"grid": [1, 2, 3]}}, searcher="grid")
    trials: list[Trial] = []
    while (point := proposer(space).propose(trials)) is not None:
        trials.append(trial_of(space, len(trials) + 1, point, "finished", [0.5]))
    assert [trial.point["model.rank"] for trial in trials] == [1, 2, 3]


def test_a_grid_without_points_is_refused(space_of: SpaceOf) -> None:
    with pytest.raises(InputError, match="no point of the grid is allowed"):
        proposer(space_of({"model.order": {"grid": [5]}}, searcher="grid"))


@pytest.mark.parametrize("searcher", ["random", "tpe"])
def test_the_same_trials_lead_to_the_same_proposal(space_of: SpaceOf, trial_of: TrialOf, searcher: str) -> None:
    """So a search that was killed goes on as if it had not been."""
    space = space_of(RANK, searcher=searcher, seed=3)
    trials = [trial_of(space, number, {"model.rank": number}, "finished", [1 / number]) for number in (1, 2, 3)]
    assert proposer(space).propose(trials) == proposer(space).propose(trials)
    assert proposer(space).propose(trials) != proposer(space).propose(trials[:2])


def minimised(space: Space, trial_of: TrialOf, count: int) -> list[float]:
    """Searches the minimum of a parabola over the rank, at 40."""
    trials: list[Trial] = []
    for number in range(1, count + 1):
        point = proposer(space).propose(trials)
        assert point is not None
        score = ((point["model.rank"] - 40) / 64) ** 2
        trials.append(trial_of(space, number, point, "finished", [score]))
    return [trial.evaluations[0].metrics["validation/mse"] for trial in trials]


@pytest.mark.slow
def test_tpe_learns_from_finished_trials(space_of: SpaceOf, trial_of: TrialOf) -> None:
    """Over several seeds: one search may be lucky among its first ten points, which are random."""
    first = last = 0.0
    for seed in range(6):
        space = space_of(RANK, searcher="tpe", seed=seed, objectives={"validation/mse": "min"})
        scores = minimised(space, trial_of, 28)
        first, last = first + sum(scores[:10]), last + sum(scores[-10:])
    assert last < 0.5 * first


def test_no_point_is_proposed_twice_while_others_are_left(space_of: SpaceOf, trial_of: TrialOf) -> None:
    """The same seed would only train the same weights again."""
    space = space_of({"model.rank": {"int": [1, 14]}}, searcher="tpe")
    trials: list[Trial] = []
    for number in range(1, 13):
        point = proposer(space).propose(trials)
        assert point is not None
        trials.append(trial_of(space, number, point, "finished", [0.1]))
    assert len({trial.point["model.rank"] for trial in trials}) == 12


@pytest.mark.parametrize("searcher", ["tpe", "nsga2"])
def test_several_objectives(space_of: SpaceOf, trial_of: TrialOf, searcher: str) -> None:
    objectives = {"validation/mse": "min", "parameters": "min"}
    space = space_of(RANK, searcher=searcher, objectives=objectives)
    trials: list[Trial] = []
    for number in range(1, 16):
        point = proposer(space).propose(trials)
        assert point is not None
        state = ("finished", "stopped", "failed")[number % 3]
        trials.append(trial_of(space, number, point, state, [1 / point["model.rank"]]))
    assert all(1 <= trial.point["model.rank"] <= 64 for trial in trials)


@pytest.mark.parametrize("state", ["stopped", "failed", "running"])
def test_trials_that_did_not_finish_are_taken_for_what_they_are(
    space_of: SpaceOf, trial_of: TrialOf, state: str
) -> None:
    space = space_of(RANK, searcher="tpe")
    trials = [trial_of(space, 1, {"model.rank": 1}, state, [0.4])]
    assert proposer(space).propose(trials) is not None


def test_a_wider_space_learns_from_the_trials_of_the_narrower_one(space_of: SpaceOf, trial_of: TrialOf) -> None:
    narrow = space_of(RANK, searcher="tpe")
    trials = [trial_of(narrow, number, {"model.rank": number}, "finished", [0.1]) for number in range(1, 4)]
    wide: dict[str, Any] = {"model.rank": {"int": [1, 128]}, "model.kernel_size": {"choice": [1, 3]}}
    point = proposer(space_of(wide, searcher="tpe")).propose(trials)
    assert point is not None
    assert set(point) == {"model.rank", "model.kernel_size"}


def test_values_may_be_lists(space_of: SpaceOf, trial_of: TrialOf) -> None:
    space = space_of({"model.hidden_channels": {"choice": [[2], [4], [6]]}}, searcher="tpe")
    trials = [trial_of(space, 1, {"model.hidden_channels": [4]}, "finished", [0.1])]
    point = proposer(space).propose(trials)
    assert point is not None
    assert point["model.hidden_channels"] in ([2], [6])
