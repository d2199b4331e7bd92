"""fp16 overflows, told as often as it helps, and given up on where nothing is learnt."""

from __future__ import annotations

import pytest

from framecast.engine.strategies.loss_scale import LossScaleMonitor
from framecast.engine.strategies.strategy import StepResult
from framecast.errors import TrainingFailed

OVERFLOW = StepResult(float("inf"), loss_scale=65536.0, next_loss_scale=32768.0, skipped=True)
SOUND = StepResult(1.0, loss_scale=32768.0, next_loss_scale=32768.0)


def test_an_overflow_is_told_with_what_it_did() -> None:
    watch = LossScaleMonitor()
    assert watch.notice(11, SOUND) is None
    assert watch.notice(12, OVERFLOW) == (
        "fp16 overflow at step 12: step skipped, loss scale 65,536 -> 32,768; 1 overflow so far"
    )


def test_the_first_three_are_told_and_then_each_tenth() -> None:
    watch = LossScaleMonitor()
    told = []
    for step in range(1, 200, 2):  # every other step is sound
        told.append(watch.notice(step, OVERFLOW))
        watch.notice(step + 1, SOUND)
    assert [number for number, said in enumerate(told, start=1) if said] == [1, 2, 3, *range(10, 101, 10)]


def test_fifty_in_a_row_end_the_run_with_advice() -> None:
    watch = LossScaleMonitor()
    for step in range(1, 50):
        watch.notice(step, OVERFLOW)
    with pytest.raises(TrainingFailed, match=r"50 steps up to step 50 overflowed.*training\.precision=bf16"):
        watch.notice(50, OVERFLOW)
