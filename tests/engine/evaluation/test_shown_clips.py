"""The clips that a report shows: best, middle and worst by loss, as pictures."""

from __future__ import annotations

import pytest
import torch

from framecast.engine.evaluation.shown_clips import ShownClips
from framecast.plugin.outputs import EvaluationOutputs, PredictionTarget


@pytest.fixture
def outputs() -> EvaluationOutputs:
    """Three samples of two frames in and one out, of three channels with the values 0, 0.5 and 1."""
    frames = torch.tensor([0.0, 0.5, 1.0]).view(1, 1, 3, 1, 1).expand(3, 2, 3, 4, 5)
    future = PredictionTarget(frames[:, :1], frames[:, :1])
    return EvaluationOutputs(torch.tensor([3.0, 1.0, 2.0]), {"frames": future}, frames)


def test_the_best_the_middle_and_the_worst_are_kept(outputs: EvaluationOutputs) -> None:
    shown = ShownClips((0.0, 1.0))
    shown.see(outputs, 3)

    arrays = shown.arrays()
    assert arrays["loss"].tolist() == [1, 2, 3]
    assert arrays["context"].shape == (3, 2, 3, 4, 5)
    assert arrays["context"][0, 0, :, 0, 0].tolist() == [0, 128, 255]


def test_of_channels_that_are_no_colours_the_first_is_kept(outputs: EvaluationOutputs) -> None:
    shown = ShownClips((0.0, 1.0), colours=False)
    shown.see(outputs, 3)

    assert {name: array.shape[2] for name, array in shown.arrays().items() if name != "loss"} == {
        "context": 1,
        "target": 1,
        "prediction": 1,
    }
    assert not shown.arrays()["context"].any()
