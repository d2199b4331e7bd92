"""The task: batches of clips to a loss, and to predictions that can be scored.

Dimensions: B batch, T time, P predictions, C channels, H W space.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

import framecast
from framecast_video_prediction.curriculum import Curriculum
from framecast_video_prediction.settings import VideoPredictionSettings


class VideoPrediction:
    """Trains on all next-frame predictions with scheduled sampling, evaluates the future in closed loop."""

    def __init__(self, settings: VideoPredictionSettings) -> None:
        self.settings = settings
        self.curriculum = Curriculum(settings.sampling)

    @property
    def learning_rate_factor(self) -> float:
        return self.curriculum.learning_rate_factor

    def training_step(
        self, model: Any, batch: Mapping[str, Tensor], progress: framecast.Progress
    ) -> tuple[Tensor, dict[str, float]]:
        """The mean loss over all that the model predicts (19 frames for 10 -> 10), a scalar."""
        frames_BTCHW = as_pictures(batch["frames"])
        frames_in, frames_out = self.settings.frames_in, self.settings.frames_out
        ratio = self.curriculum.ratio
        # one number for each sample and future step, whatever the ratio: the draws of a sample never shift
        keep_truth_BT = progress.uniform(frames_out - 1, "truth") < ratio
        prediction_BPCHW = model(
            frames_BTCHW[:, :frames_in],
            frames_out,
            frames_BTCHW[:, frames_in : frames_in + frames_out - 1],
            keep_truth_BT.to(frames_BTCHW.device),
        )
        target_BPCHW = frames_BTCHW[:, -prediction_BPCHW.shape[1] :]
        return l1_and_squared(prediction_BPCHW, target_BPCHW).mean(), {"truth_ratio": ratio}

    def evaluation_step(self, model: Any, batch: Mapping[str, Tensor]) -> framecast.EvaluationOutputs:
        """The future frames, (B, frames_out, C, H, W), the model fed with its own outputs only."""
        frames_BTCHW = as_pictures(batch["frames"])
        frames_in, frames_out = self.settings.frames_in, self.settings.frames_out
        context_BTCHW, target_BPCHW = frames_BTCHW[:, :frames_in], frames_BTCHW[:, frames_in:]
        prediction_BPCHW = model(context_BTCHW, frames_out)[:, -frames_out:].float()
        return framecast.EvaluationOutputs(
            loss=l1_and_squared(prediction_BPCHW, target_BPCHW),
            compared={"frames": framecast.Compared(prediction_BPCHW, target_BPCHW)},
            context=context_BTCHW,
        )

    def after_evaluation(self, metrics: Mapping[str, float], epoch: int) -> None:
        self.curriculum.after_evaluation(metrics["validation/loss"], epoch)

    def state_dict(self) -> dict[str, Any]:
        return self.curriculum.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.curriculum.load_state_dict(state)


def l1_and_squared(prediction_BPCHW: Tensor, target_BPCHW: Tensor) -> Tensor:
    """Mean absolute plus mean squared error of each sample, (B,) (Su et al. 2020, section 5)."""
    difference = prediction_BPCHW.float() - target_BPCHW
    return (difference.abs() + difference.square()).mean((1, 2, 3, 4))


def as_pictures(frames_BTCHW: Tensor) -> Tensor:
    """uint8 to [0, 1]; floats as they are."""
    return frames_BTCHW.float() / 255 if frames_BTCHW.dtype == torch.uint8 else frames_BTCHW
