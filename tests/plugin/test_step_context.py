"""Random draws of a step: a pure function of seed, epoch, position and purpose."""

from __future__ import annotations

import torch

from framecast.plugin.step_context import StepContext

PROGRESS = StepContext(seed=7, epoch=2, step=40, positions=(5, 9))


def test_a_sample_draws_the_same_in_any_batch() -> None:
    alone = StepContext(seed=7, epoch=2, step=1, positions=(9,))
    assert torch.equal(PROGRESS.uniform(6, "truth")[1:], alone.uniform(6, "truth"))


def test_purposes_that_begin_alike_draw_different_numbers() -> None:
    assert not torch.equal(PROGRESS.uniform(6, "sampling_truth"), PROGRESS.uniform(6, "sampling_noise"))
