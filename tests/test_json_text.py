"""JSON without NaN, which no parser but Python's accepts."""

from __future__ import annotations

import json
import math

import pytest

from framecast.json_text import number, to_json
from framecast.plugin.event_lines import parse_event
from framecast.plugin.events import CheckpointSaved, Evaluated, StepDone

NAN = math.nan


def strict(text: str) -> object:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_what_is_not_finite_is_null_wherever_it_lies() -> None:
    content = {"a": NAN, "b": [math.inf, (1.5, -math.inf)], "c": {"d": {"e": NAN}}, "f": 3, "g": None}
    assert strict(to_json(content)) == {
        "a": None,
        "b": [None, [1.5, None]],
        "c": {"d": {"e": None}},
        "f": 3,
        "g": None,
    }


def test_null_is_read_as_not_a_number() -> None:
    assert math.isnan(number(None))
    assert number(1.5) == 1.5


@pytest.mark.parametrize("bad", [NAN, math.inf])
def test_events_keep_their_numbers(bad: float) -> None:
    scored = Evaluated(
        1, 0, "model", "validation", {"validation/mse": bad}, {"validation/mse": [1.0, bad]}, 4, 0.5
    )
    strict(scored.to_json())
    read = parse_event(scored.to_json())
    assert isinstance(read, Evaluated)
    assert math.isnan(read.metrics["validation/mse"])
    assert read.per_frame["validation/mse"][0] == 1.0
    assert math.isnan(read.per_frame["validation/mse"][1])
    step = StepDone(1, 0, bad, None, 1e-3, None, False, 0.1, {"l1": bad})
    read = parse_event(step.to_json())
    assert isinstance(read, StepDone)
    assert math.isnan(read.loss)
    assert math.isnan(read.logs["l1"])
    assert read.gradient_norm is None


def test_what_may_be_missing_stays_missing() -> None:
    saved = CheckpointSaved(1, 0, "step-00000001", False, "validation/loss", None)
    assert parse_event(saved.to_json()) == saved
