"""The clips that every run on the same data keeps."""

from __future__ import annotations

import torch

from framecast.engine.evaluation.first_clips import MOST, FirstClips
from framecast.plugin.outputs import EvaluationOutputs, PredictionTarget


def outputs(value: float) -> EvaluationOutputs:
    """Two samples of two frames in and one out; the first of them has `value` everywhere."""
    frames = torch.tensor([value, 1.0]).view(2, 1, 1, 1, 1).expand(2, 2, 3, 4, 5)
    future = PredictionTarget(frames[:, :1], frames[:, :1])
    return EvaluationOutputs(torch.tensor([1.0, 2.0]), {"frames": future}, frames)


def test_the_first_clip_of_each_of_the_first_batches_is_kept() -> None:
    first = FirstClips((0.0, 1.0))
    for value in (0.2, 0.4, 0.6):
        first.see(outputs(value), 2)
    arrays = first.arrays()
    assert arrays["first_context"].shape == (MOST, 2, 3, 4, 5)
    assert arrays["first_target"][:, 0, 0, 0, 0].tolist() == [51, 102]


def test_a_batch_without_samples_of_this_process_gives_none() -> None:
    first = FirstClips((0.0, 1.0))
    first.see(outputs(0.2), 0)
    assert first.arrays() == {}


def test_of_channels_that_are_no_colours_the_first_is_kept() -> None:
    first = FirstClips((0.0, 1.0), colours=False)
    first.see(outputs(0.2), 2)
    assert {array.shape[2] for array in first.arrays().values()} == {1}
