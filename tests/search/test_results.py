"""What a search found: only trials of equal budget are compared."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from framecast.errors import InputError
from framecast.search.results import Results
from framecast.search.space import Space
from framecast.search.trial import Trial

SpaceOf = Callable[..., Space]
TrialOf = Callable[..., Trial]


@pytest.fixture
def results(space_of: SpaceOf, trial_of: TrialOf) -> Results:
    objectives = {"validation/mse": "min", "parameters": "min"}
    space = space_of({"model.rank": {"int": [1, 64]}}, objectives=objectives)
    made = [
        (8, "finished", [0.5, 0.2, 0.3]),
        (2, "finished", [0.6, 0.4, 0.4]),
        (16, "finished", [0.5, 0.3, 0.25]),  # beaten by trial 1 in both
        (32, "stopped", [0.1]),  # better, but for one epoch only
        (4, "failed", [0.9]),
        (5, "running", []),
        (9, "finished", [float("nan")]),
    ]
    trials = [
        trial_of(space, number, {"model.rank": rank}, state, scores)
        for number, (rank, state, scores) in enumerate(made, start=1)
    ]
    return Results(space.search, trials)


def test_trials_are_ranked_by_the_best_of_their_epochs(results: Results) -> None:
    assert [trial.number for trial in results.ranked] == [1, 3, 2]
    assert results.best.objectives(results.search) == [0.2, float(results.best.cost["parameters"])]


def test_the_pareto_front_is_of_finished_trials_that_no_other_beats(results: Results) -> None:
    assert [trial.number for trial in results.front] == [1, 2]


def test_states_are_counted(results: Results) -> None:
    assert results.states == {"finished": 4, "stopped": 1, "failed": 1, "interrupted": 1}


def test_rows_hold_everything_the_best_first_and_say_why_a_trial_failed(results: Results) -> None:
    rows = results.rows()
    assert [row["trial"] for row in rows][:3] == [1, 3, 2]
    assert len(rows) == 7
    assert next(row["reason"] for row in rows if row["state"] == "failed") == "out of <memory>"
    assert [row["trial"] for row in rows if row["front"]] == [1, 2]


def test_a_larger_score_may_be_the_better_one(space_of: SpaceOf, trial_of: TrialOf) -> None:
    space = space_of({"model.rank": {"int": [1, 64]}}, objectives={"validation/mse": "max"})
    trials = [
        trial_of(space, number, {"model.rank": number}, "finished", [score])
        for number, score in ((1, 0.1), (2, 0.9))
    ]
    assert Results(space.search, trials).best.number == 2


def test_without_a_finished_trial_there_is_no_best(space_of: SpaceOf) -> None:
    with pytest.raises(InputError, match="no trial has finished with a score yet"):
        _ = Results(space_of({"model.rank": {"int": [1, 2]}}).search, []).best


def test_a_trial_is_named_by_its_number_or_as_the_best(results: Results) -> None:
    assert results.numbered("best").number == 1
    assert results.numbered("3").number == 3
    with pytest.raises(InputError, match="there is no trial '12': write a number from 1 to 7, or best"):
        results.numbered("12")
