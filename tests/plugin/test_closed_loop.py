"""The inputs that a recurrent model is given: seen frames, true frames, or its own last output."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

import framecast

FRAMES_IN, FRAMES_OUT = 2, 4
CLIP = torch.arange(2 * 5).float().view(2, 5, 1, 1, 1)
SEEN, TRUTH = CLIP[:, :FRAMES_IN], CLIP[:, FRAMES_IN:]
OWN = -1.0
"""What the model predicts after every frame, which is in no clip."""


def inputs_of(truth: Tensor | None, keep_truth: Tensor | None) -> list[list[float]]:
    """The inputs of each sample, one a step."""
    given: list[Tensor] = []

    def step(frame: Tensor) -> Tensor:
        given.append(frame)
        return torch.full_like(frame, OWN)

    predictions = framecast.closed_loop(step, SEEN, FRAMES_OUT, truth=truth, keep_truth=keep_truth)
    assert predictions.shape == (2, FRAMES_IN + FRAMES_OUT - 1, 1, 1, 1)
    assert predictions.eq(OWN).all()
    return torch.stack(given, 1).flatten(1).tolist()


def segments_of(truth: Tensor | None, keep_truth: Tensor | None) -> list[int]:
    """The length of each segment."""
    given: list[int] = []

    def predict(inputs: Tensor) -> Tensor:
        given.append(len(inputs))
        return inputs

    framecast.closed_loop_in_segments(predict, SEEN, FRAMES_OUT, truth=truth, keep_truth=keep_truth)
    return given


def kept(*samples: list[int]) -> Tensor:
    return torch.tensor(samples, dtype=torch.bool)


def test_without_truth_the_future_inputs_are_its_own_outputs() -> None:
    assert inputs_of(None, None) == [[0, 1, OWN, OWN, OWN], [5, 6, OWN, OWN, OWN]]
    assert segments_of(None, None) == [2, 1, 1, 1]


def test_truth_alone_is_fed_back_everywhere() -> None:
    assert inputs_of(TRUTH, None) == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    assert segments_of(TRUTH, None) == [5]


def test_each_sample_keeps_its_own_truth() -> None:
    keep_truth = kept([1, 0, 1], [1, 1, 0])
    assert inputs_of(TRUTH, keep_truth) == [[0, 1, 2, OWN, 4], [5, 6, 7, 8, OWN]]
    assert segments_of(TRUTH, keep_truth) == [3, 1, 1]


@pytest.mark.parametrize(("keep", "segments"), [(True, [5]), (False, [2, 1, 1, 1])])
def test_a_constant_mask_is_truth_alone_or_none(keep: bool, segments: list[int]) -> None:
    mask = torch.full((2, FRAMES_OUT - 1), keep)
    assert inputs_of(TRUTH, mask) == inputs_of(TRUTH if keep else None, None)
    assert segments_of(TRUTH, mask) == segments


@pytest.mark.parametrize("loop", [framecast.closed_loop, framecast.closed_loop_in_segments])
def test_a_single_future_frame_needs_no_feedback(loop: Callable[..., Tensor]) -> None:
    for truth in (None, TRUTH[:, :0]):
        assert torch.equal(loop(lambda frame: frame + 1, SEEN, 1, truth=truth), SEEN + 1)


def test_gradients_flow_through_its_own_outputs() -> None:
    weight = torch.tensor(2.0, requires_grad=True)
    prediction = framecast.closed_loop(lambda frame: frame * weight, torch.ones(1, 1, 1, 1, 1), 3)
    prediction[:, -1].sum().backward()
    assert prediction.flatten().tolist() == [2, 4, 8]
    assert weight.grad == 12  # of weight ** 3
