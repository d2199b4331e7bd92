"""Events as lines: what is written is what is read, and what cannot be read is nothing."""

from __future__ import annotations

import pytest

from framecast.plugin import events
from framecast.plugin.cause import Cause
from framecast.plugin.event_lines import parse_event
from framecast.plugin.events import (
    CheckpointSaved,
    Evaluated,
    Event,
    RunFinished,
    RunInterrupted,
    RunStarted,
    StepDone,
)

EVENTS: list[Event] = [
    RunStarted(1, 0, 0, 0, 10, 20, 1, "cpu", "fp32", "torch", 227),
    events.DatasetLoaded("train", 24, 3, 1, ["a.avi: it is empty (0 bytes)"]),
    StepDone(1, 0, 0.5, None, 1e-3, None, False, 0.01, {"truth_ratio": 1.0}, time=3.5),
    Evaluated(10, 1, "model", "validation", {"validation/mse": 0.1}, {"validation/mse": [0.1, 0.1]}, 4, 0.2),
    CheckpointSaved(10, 1, "step-00000010", True, "validation/mse", 0.1),
    events.Warned(12, "fp16 overflow"),
    RunFinished(20, "epochs", Cause.EPOCHS),
    RunInterrupted(20, "Ctrl-C", Cause.SIGINT),
    events.RunFailed(20, "memory ran out", Cause.OUT_OF_MEMORY),
    events.SearchStarted(6),
    events.SearchFinished(6, "all 6 trials", Cause.ALL_TRIALS),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_is_read_as_it_was_written(event: Event) -> None:
    line = event.to_json()
    assert "\n" not in line
    assert parse_event(line) == event


def test_every_kind_of_event_is_among_these() -> None:
    ours = {kind for kind in Event.__subclasses__() if kind.__module__ == Event.__module__}
    assert {type(event) for event in EVENTS} == ours


@pytest.mark.parametrize(
    ("kind", "reason", "cause"),
    [
        ("RunFinished", "max_hours", Cause.MAX_HOURS),
        ("RunFinished", "validation/mse has stopped improving", Cause.CALLBACK),
        ("RunFinished", "nothing to train", Cause.NOTHING_TO_TRAIN),
        ("RunInterrupted", "SIGTERM before training began", Cause.SIGTERM),
        ("RunInterrupted", "Ctrl-C again, at once; resume continues", Cause.SIGINT),
        ("RunInterrupted", "platform stop", Cause.STOP_COMMAND),
        ("RunInterrupted", "stopped early by asha at epoch 2", Cause.SCHEDULER),
        ("RunInterrupted", "the reason of a colleague", None),
        ("RunFailed", "OutOfMemoryError: tried to allocate", Cause.OUT_OF_MEMORY),
        ("RunFailed", "the loss is nan", Cause.ERROR),
    ],
)
@pytest.mark.parametrize("more", ["", ', "cause": null', ', "cause": "of a newer version"'])
def test_an_event_of_an_older_version_has_a_cause_too(
    kind: str, reason: str, cause: Cause | None, more: str
) -> None:
    event = parse_event(f'{{"event": "{kind}", "step": 3, "reason": "{reason}", "time": 1.0{more}}}')
    assert event is not None
    assert event.cause == cause  # type: ignore[attr-defined]


def test_a_stored_cause_decides_whatever_the_sentence_says() -> None:
    line = '{"event": "RunFailed", "step": 3, "reason": "out of memory", "cause": "error"}'
    event = parse_event(line)
    assert isinstance(event, events.RunFailed)
    assert event.cause == Cause.ERROR


@pytest.mark.parametrize(
    "line",
    [
        *("", "{", "null", "[]", '"text"', "{}", "\0\0\0", '{"event": "NobodyKnows"}'),
        *('{"event": ["RunFinished"]}', '{"event": "RunFinished", "step": 3}'),
        '{"event": "RunFinished", "step": 3, "reason": "x", "more": 1}',
    ],
)
def test_a_line_that_is_no_event_is_none(line: str) -> None:
    assert parse_event(line) is None


@pytest.mark.parametrize("length", [1, 20, 60])
def test_a_line_cut_short_is_none(length: int) -> None:
    assert parse_event(EVENTS[1].to_json()[:-length]) is None


@pytest.mark.parametrize(("old", "now"), [("DataRead", events.DatasetLoaded), ("Noticed", events.Warned)])
def test_events_of_older_versions_are_read_by_their_new_names(old: str, now: type[Event]) -> None:
    (event,) = (each for each in EVENTS if type(each) is now)
    line = event.to_json().replace(now.__name__, old)
    assert f'"event": "{old}"' in line
    assert parse_event(line) == event
