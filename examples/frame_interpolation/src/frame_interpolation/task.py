"""From a clip with a gap to a loss, and to frames that can be scored.

Dimensions: B batch, T time, C channels, H W space.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

import framecast


class FrameInterpolation:
    """Squared error of the frames of the gap. The model makes them one after the other from its own."""

    learning_rate_factor = 1.0

    def __init__(self, before: int, gap: int, after: int) -> None:
        self.before, self.gap, self.after = before, gap, after

    def training_step(
        self, model: Any, batch: Mapping[str, Any], progress: framecast.StepContext
    ) -> tuple[Any, dict[str, float]]:
        """The mean loss over the batch, a scalar; there is nothing else to log."""
        return self.evaluation_step(model, batch).loss.mean(), {}

    def evaluation_step(self, model: Any, batch: Mapping[str, Any]) -> framecast.EvaluationOutputs:
        """Each sample's loss (B,), and the gap (B, gap, C, H, W) with its truth."""
        frames = batch["frames"]
        frames = frames if frames.is_floating_point() else frames.float() / 255
        before, target, after = frames.split([self.before, self.gap, self.after], 1)
        seen = torch.cat([after.flip(1), before], 1)  # it ends where the gap begins
        prediction = model(seen, self.gap)[:, -self.gap :].float()
        mask = batch["mask"][:, self.before : self.before + self.gap] if "mask" in batch else None
        error = (prediction - target).square()
        if mask is not None:
            error = error.where(mask, 0)  # what is not known costs nothing
        return framecast.EvaluationOutputs(
            loss=error.mean((1, 2, 3, 4)),
            compared={"frames": framecast.PredictionTarget(prediction, target, mask)},
            context=before,
        )

    def after_evaluation(self, metrics: Mapping[str, float], epoch: int) -> None:
        """There are no schedules to move."""

    def state_dict(self) -> dict[str, Any]:
        """Nothing to keep."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing to go on with."""
