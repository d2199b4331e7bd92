"""A trained model as notebooks use it: physical units in and out, and clear words for wrong frames.

Dimensions: B batch, T time, P predictions, C channels, H W space, S readings.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from framecast.engine.strategies.precision import float32_products
from framecast.errors import InputError
from framecast.evaluation.evaluation_target import EvaluationTarget
from framecast.evaluation.input_validation import InputValidation
from framecast.plugin.normalisation import Normalisation
from framecast.plugin.outputs import RecognitionOutput


class LoadedModel(nn.Module):
    """The `network` of a subject, called with frames in the data's own units.

    `value_range` is the lowest and the highest value of frames in these units, `normalisation` what the model's
    data were normalised with, or None; `frames_in` and `frames_out` are the lengths that it was trained for, or
    None where its task does not tell them.
    """

    offset: Tensor
    scale: Tensor
    fill: Tensor

    def __init__(self, subject: EvaluationTarget, device: torch.device) -> None:
        super().__init__()
        plan = subject.plan
        self.label = subject.label
        self.network = subject.model(device)
        self.normalisation = subject.normalisation
        self.value_range = _physical(plan.value_range, subject.normalisation)
        self.sample_shape = plan.sample_shape
        lengths: tuple[int | None, int | None] = plan.horizon or (None, None)
        self.frames_in, self.frames_out = lengths
        self._part = plan.model
        self._validation = InputValidation(
            part=plan.model,
            sample_shape=plan.sample_shape,
            frames_in=self.frames_in,
            frames_out=self.frames_out,
            value_range=self.value_range,
            bounded=plan.value_range.bounded and subject.normalisation is None,
            fills_gaps=subject.normalisation is not None,
        )
        if own := subject.normalisation:
            precise = torch.float32 if device.type == "mps" else torch.float64
            named = {"offset": own.offset, "scale": own.scale, "fill": own.fill or own.offset}
            for name, values in named.items():
                column = torch.tensor(values, dtype=precise, device=device)[:, None, None]
                self.register_buffer(name, column, persistent=False)  # no part of the network's state dict
        self.eval()

    def forward(
        self,
        frames: Tensor | None = None,
        frames_out: int | None = None,
        *,
        truth: Tensor | None = None,
        keep_truth: Tensor | None = None,
        observed: Tensor | None = None,
    ) -> Any:
        """All predictions of frames (B, T, C, H, W), (B, P, C, H, W) float32 in the units of the frames; the last
        `frames_out` are the future. `truth` (B, frames_out - 1, C, H, W), in the same units, takes the place of
        its own predictions where `keep_truth` (B, frames_out - 1) is True, or everywhere without `keep_truth`.

        A recognition model is called with `observed` (B, S) and returns a framecast.RecognitionOutput. In fields,
        values that are not finite are filled as in training, with a warning for infinite ones. On a GPU the
        arithmetic is IEEE fp32. Raises InputError for frames that the model cannot take.
        """
        with float32_products():
            return self._predicted(frames, frames_out, truth, keep_truth, observed)

    def _predicted(
        self,
        frames: Tensor | None,
        frames_out: int | None,
        truth: Tensor | None,
        keep_truth: Tensor | None,
        observed: Tensor | None,
    ) -> Any:
        weights = next(self.network.parameters(), None)
        future = self._validation.validate_frames(frames, frames_out, None if weights is None else weights.device)
        assert frames is not None, "which was refused"
        if self._part.declaration.produces == "logits":
            for name, given in (("truth", truth), ("keep_truth", keep_truth)):
                if given is not None:
                    raise InputError(
                        f"{self._part.name} recognises classes: {name} is for models that predict frames"
                    )
            self._validation.validate_observed(observed, len(frames))
            recognised: RecognitionOutput = self.network(self._normalised(frames), future, observed=observed)
            return recognised._replace(frames=self._physical(recognised.frames))
        if observed is not None:
            raise InputError(f"{self._part.name} predicts frames: observed is for models that recognise classes")
        if truth is None and keep_truth is None:
            return self._physical(self.network(self._normalised(frames), future))
        if keep_truth is None and isinstance(truth, Tensor):
            keep_truth = torch.ones(truth.shape[:2], dtype=torch.bool, device=truth.device)
        self._validation.validate_truth(frames, future, truth, keep_truth)
        fed_back = {"truth": self._normalised(truth), "keep_truth": keep_truth}
        return self._physical(self.network(self._normalised(frames), future, **fed_back))

    def _normalised(self, frames_BTCHW: Tensor | None) -> Any:
        """In the model's own units, gaps filled."""
        if frames_BTCHW is None or self.normalisation is None:
            return None if frames_BTCHW is None else frames_BTCHW.float()
        known_BTCHW = frames_BTCHW.to(self.offset.dtype).where(frames_BTCHW.isfinite(), self.fill)
        return ((known_BTCHW - self.offset) / self.scale).float()

    def _physical(self, frames_BTCHW: Tensor | None) -> Any:
        if frames_BTCHW is None or self.normalisation is None:
            return frames_BTCHW
        return (frames_BTCHW * self.scale + self.offset).float()


def _physical(value_range: tuple[float, float], normalisation: Normalisation | None) -> tuple[float, float]:
    """The range in the data's own units, over all channels."""
    low, high = value_range
    if normalisation is None:
        return low, high
    channels = list(zip(normalisation.offset, normalisation.scale, strict=True))
    edges = [edge * scale + offset for offset, scale in channels for edge in (low, high)]
    return min(edges, default=math.nan), max(edges, default=math.nan)
