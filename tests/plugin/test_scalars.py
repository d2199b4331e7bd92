"""The numbers of events, by the names that every tracker shows."""

from __future__ import annotations

import framecast
from framecast.plugin import events
from tests.made_events import evaluated, started, step_done


def test_a_step_has_the_values_of_training_and_what_its_task_logs() -> None:
    assert framecast.scalars(step_done(1, 0.5)) == {
        "train/loss": 0.5,
        "train/learning_rate": 1e-3,
        "train/seconds": 0.25,
        **{f"train/{name}": value for name, value in step_done(1).logs.items()},
    }


def test_a_gradient_norm_is_there_where_it_was_measured() -> None:
    step = events.StepDone(1, 0, 0.5, 3.0, 1e-3, None, False, 0.25, {})
    assert framecast.scalars(step)["train/gradient_norm"] == 3.0


def test_scores_keep_their_names_and_those_of_baselines_have_a_prefix() -> None:
    assert framecast.scalars(evaluated(2, mse=0.02)) == {"validation/mse": 0.02}
    assert framecast.scalars(evaluated(2, "black", mse=0.04)) == {"baseline/black/validation/mse": 0.04}


def test_other_events_have_no_numbers() -> None:
    assert framecast.scalars(started()) == {}
    assert framecast.scalars(events.RunFinished(1, "epochs")) == {}
