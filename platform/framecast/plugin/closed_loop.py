"""Prediction in closed loop: the choice between true frames and the model's own output, for models of any kind.

Dimensions: B batch, T time, C channels, H W space.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def closed_loop(
    step: Callable[[Tensor], Tensor],
    frames: Tensor,
    frames_out: int,
    *,
    truth: Tensor | None = None,
    keep_truth: Tensor | None = None,
) -> Tensor:
    """All next-frame predictions, (B, T_in + frames_out - 1, C, H, W); the last frames_out are the future.

    `step(frame)` returns the frame (B, C, H, W) that follows `frame` (B, C, H, W). It is called once for each
    time step, in order, and keeps its state between the calls. Its inputs are `frames` (B, T_in, C, H, W), then
    its own last output, or the frame of `truth` (B, frames_out - 1, C, H, W): where `keep_truth`
    (B, frames_out - 1) is True, or everywhere without `keep_truth`, which may be on the CPU: a choice by values on
    a GPU waits for all that it has to do.

        def forward(self, frames, frames_out, *, truth=None, keep_truth=None):
            state = None

            def step(frame):
                nonlocal state
                output, state = self.cell(frame, state)
                return self.readout(output)

            return framecast.closed_loop(step, frames, frames_out, truth=truth, keep_truth=keep_truth)
    """
    import torch

    def predict(inputs_TBCHW: Tensor) -> Tensor:
        return torch.stack([step(input_BCHW) for input_BCHW in inputs_TBCHW])

    return closed_loop_in_segments(predict, frames, frames_out, truth=truth, keep_truth=keep_truth)


def closed_loop_in_segments(
    predict: Callable[[Tensor], Tensor],
    frames: Tensor,
    frames_out: int,
    *,
    truth: Tensor | None = None,
    keep_truth: Tensor | None = None,
) -> Tensor:
    """The same for a model that predicts many time steps at once, faster than one after another.

    `predict(inputs)` returns the frame after each of T >= 1 consecutive frames, both (T, B, C, H, W): time comes
    first. It is called once for each segment, the longest run of steps whose inputs are known before its first
    step.
    """
    import torch

    frames_in, times = frames.shape[1], frames.shape[1] + frames_out - 1
    if truth is not None and not truth.shape[1]:  # one frame is predicted: nothing is fed back
        truth = keep_truth = None
    known_TBCHW = (frames if truth is None else torch.cat([frames, truth], 1)).transpose(0, 1)
    if truth is None:
        fed_back = list(range(frames_in, times))
    elif keep_truth is None:
        fed_back = []
    else:
        kept = keep_truth.all(0).tolist()  # of a mask on the CPU, which need not wait for the device
        keep_truth = keep_truth.to(frames.device, non_blocking=True)  # else the host waits for all before it
        fed_back = [frames_in + step for step, all_kept in enumerate(kept) if not all_kept]
    predictions: list[Tensor] = []
    for begin, end in pairwise([0, *fed_back, times]):
        inputs_TBCHW = known_TBCHW[begin:end]
        if begin:
            first_BCHW = predictions[-1][-1]
            if truth is not None and keep_truth is not None:
                kept_B111 = keep_truth[:, begin - frames_in, None, None, None]
                first_BCHW = torch.where(kept_B111, known_TBCHW[begin], first_BCHW)
            inputs_TBCHW = torch.cat([first_BCHW[None], known_TBCHW[begin + 1 : end]])
        predictions.append(predict(inputs_TBCHW))
    return torch.cat(predictions).transpose(0, 1)
