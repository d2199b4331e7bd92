"""What ends a training, and which settings give a finished run more to do: every limit, and all together."""

from __future__ import annotations

import itertools

import pytest

from framecast.bounded.yaml_text import parse_yaml
from framecast.job.training import Training
from framecast.plugin.cause import LIMITS, Cause
from framecast.runs.limits import Trained, duration, in_words

STEPS, PER_EPOCH, HOURS = 12, 6, 0.5
DONE = Trained(STEPS, PER_EPOCH, HOURS)


def raised(limits: Training, overrides: list[str]) -> Training:
    """The limits with the overrides laid over them, checked as a job's are."""
    given = {}
    for override in overrides:
        key, _, text = override.partition("=")
        given[key.removeprefix("training.")] = parse_yaml(text, "")[0]
    return Training.model_validate({**limits.model_dump(), **given})


@pytest.mark.parametrize(
    ("limits", "cause", "advice"),
    [
        (Training(epochs=2), Cause.EPOCHS, ["training.epochs=4"]),
        (Training(epochs=9, max_steps=12), Cause.MAX_STEPS, ["training.max_steps=24"]),
        (Training(epochs=9, max_hours=0.4), Cause.MAX_HOURS, ["training.max_hours=1"]),
        (Training(epochs=2, max_steps=12), Cause.MAX_STEPS, ["training.epochs=4", "training.max_steps=24"]),
        (Training(epochs=9, max_steps=99, max_hours=9), Cause.CALLBACK, ["training.epochs=18"]),
    ],
)
def test_the_advice_names_the_limit_that_ended_the_run(limits: Training, cause: Cause, advice: list[str]) -> None:
    assert DONE.more(limits, cause) == advice


@pytest.mark.parametrize(
    ("epochs", "max_steps", "max_hours"),
    list(itertools.product([1, 2, 50], [None, 7, 12, 99], [None, 0.1, 0.5, 9.0])),
)
@pytest.mark.parametrize("cause", [*LIMITS, Cause.CALLBACK])
def test_with_the_advice_there_is_always_more_to_do(
    epochs: int, max_steps: int | None, max_hours: float | None, cause: Cause
) -> None:
    limits = Training(epochs=epochs, max_steps=max_steps, max_hours=max_hours)
    assert not DONE.reached(raised(limits, DONE.more(limits, cause)))


def test_a_model_without_data_yet_has_trained_nothing() -> None:
    assert Trained(0, 0, 0.0).epochs == 0


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Training(epochs=1), "after 1 epoch"),
        (Training(epochs=2000), "after 2,000 epochs"),
        (
            Training(epochs=20, max_hours=0.045),
            "after 20 epochs or 2.7 minutes of training (training.max_hours), whichever comes first",
        ),
        (
            Training(epochs=20, max_steps=1, max_hours=48),
            "after 20 epochs, 1 step (training.max_steps) or 48 hours of training (training.max_hours), "
            "whichever comes first",
        ),
    ],
)
def test_limits_in_words(limits: Training, words: str) -> None:
    assert in_words(limits) == words


def test_durations_have_the_unit_that_people_would_use() -> None:
    assert [duration(hours) for hours in (36, 1.5, 0.5, 1 / 60, 1e-3)] == [
        "36 hours",
        "1.5 hours",
        "30 minutes",
        "60 seconds",
        "3.6 seconds",
    ]
