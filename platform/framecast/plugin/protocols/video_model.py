"""How a model that predicts frames is called.

Dimensions: B batch, T_in frames seen, P predictions, C channels, H W space.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class VideoModel(Protocol):
    """A `torch.nn.Module` that predicts frames, the result of `Model.build`.

    A model without parameters is evaluated, never trained. Where its declaration sets
    `activation_checkpointing`, it has the attribute `activation_checkpointing`, False: set to True, the backward
    pass computes each layer again from its input instead of keeping its activations.
    """

    def __call__(
        self,
        frames: Tensor,
        frames_out: int,
        *,
        truth: Tensor | None = None,
        keep_truth: Tensor | None = None,
    ) -> Tensor:
        """The predictions (B, P, C, H, W), with `frames_out` <= P <= T_in + `frames_out` - 1, aligned at the end.

        `frames` (B, T_in, C, H, W) float are the frames that the model sees. Each prediction depends on earlier
        frames only: on seen ones, and after those on the model's own predictions (closed loop).

        `truth` (B, frames_out - 1, C, H, W) are the true frames that follow, all but the last one. `keep_truth`
        (B, frames_out - 1) bool selects, for each sample and step, whether the model continues from the true frame
        or from its own prediction. `truth` alone is teacher forcing: every true frame is fed back, as with
        `keep_truth` True everywhere. `framecast.closed_loop` makes that choice for a model that predicts step by
        step. A model that predicts all frames at once accepts both arguments and ignores them. `keep_truth` is on
        the CPU in training, so that a choice by its values waits for no GPU.

        Callers pass `truth` and `keep_truth` by keyword.
        """
