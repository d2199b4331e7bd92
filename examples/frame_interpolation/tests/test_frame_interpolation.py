"""Frame interpolation keeps the contract of tasks, and asks for the gap alone."""

from __future__ import annotations

import pytest
import torch
from frame_interpolation.task import FrameInterpolation
from torch import Tensor

import framecast.testing

TestFrameInterpolation = framecast.testing.conformance("frame_interpolation")


def test_the_model_sees_both_sides_and_never_the_gap() -> None:
    frames = torch.arange(7.0)[None, :, None, None, None].expand(1, 7, 1, 2, 2)
    asked: list[list[float]] = []

    def model(seen: Tensor, frames_out: int) -> Tensor:
        asked.append(seen[0, :, 0, 0, 0].tolist())
        return torch.full((1, frames_out, 1, 2, 2), 3.0)

    outputs = FrameInterpolation(before=2, gap=3, after=2).evaluation_step(model, {"frames": frames})
    assert asked == [[6.0, 5.0, 0.0, 1.0]]
    assert outputs.compared["frames"].target[0, :, 0, 0, 0].tolist() == [2.0, 3.0, 4.0]
    assert outputs.loss.tolist() == pytest.approx([2 / 3])
