"""The task: batches of clips to a loss, and to predictions that can be scored.

Dimensions: B batch, T time, P predictions, C channels, H W space.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
        self, model: framecast.VideoModel, batch: Mapping[str, Tensor], progress: framecast.StepContext
    ) -> tuple[Tensor, dict[str, float]]:
        """The mean loss over all that the model predicts (19 frames for 10 -> 10), a scalar."""
        frames_BTCHW = framecast.as_floats(batch["frames"])
        frames_in, frames_out = self.settings.frames_in, self.settings.frames_out
        ratio = self.curriculum.ratio
        # one number for each sample and future step, whatever the ratio: the draws of a sample never shift
        keep_truth_BT = progress.uniform(frames_out - 1, "truth") < ratio
        prediction_BPCHW = model(
            frames_BTCHW[:, :frames_in],
            frames_out,
            truth=frames_BTCHW[:, frames_in : frames_in + frames_out - 1],
            keep_truth=keep_truth_BT,
        )
        length = prediction_BPCHW.shape[1]
        mask_BPCHW = batch["mask"][:, -length:] if "mask" in batch else None
        loss_B = framecast.l1_and_squared(prediction_BPCHW, frames_BTCHW[:, -length:], mask_BPCHW)
        return loss_B.mean(), {"truth_ratio": ratio}

    def evaluation_step(
        self, model: framecast.VideoModel, batch: Mapping[str, Tensor]
    ) -> framecast.EvaluationOutputs:
        """The future frames, (B, frames_out, C, H, W), the model fed with its own outputs only."""
        frames_BTCHW = framecast.as_floats(batch["frames"])
        frames_in, frames_out = self.settings.frames_in, self.settings.frames_out
        context_BTCHW, target_BPCHW = frames_BTCHW[:, :frames_in], frames_BTCHW[:, frames_in:]
        prediction_BPCHW = model(context_BTCHW, frames_out)[:, -frames_out:].float()
        mask_BPCHW = batch["mask"][:, frames_in:] if "mask" in batch else None
        return framecast.EvaluationOutputs(
            loss=framecast.l1_and_squared(prediction_BPCHW, target_BPCHW, mask_BPCHW),
            compared={"frames": framecast.PredictionTarget(prediction_BPCHW, target_BPCHW, mask_BPCHW)},
            context=context_BTCHW,
        )

    def after_evaluation(self, metrics: Mapping[str, float], epoch: int) -> None:
        self.curriculum.after_evaluation(metrics["validation/loss"], epoch)

    def state_dict(self) -> dict[str, Any]:
        return self.curriculum.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.curriculum.load_state_dict(state)
