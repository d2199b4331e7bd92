"""The task: clips with labels to a loss, and to classes and frames that can be scored.

Dimensions: B batch, S readings, K classes, T time, P predictions, C channels, H W space.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

import framecast
from framecast_activity_recognition.settings import NO_FRAMES, EarlyActivityRecognitionSettings


class _Losses(NamedTuple):
    """Of each sample, (B,)."""

    classification: Tensor
    prediction: Tensor


class EarlyActivityRecognition:
    """Classification and frame prediction learned together (Su et al. 2020, the third experiment).

    The model sees the frames before the last reading, in one pass; each reading is of the frames before its own
    share of the clip. Evaluation is the same, but for smoothing and class weights, which only training has.
    """

    learning_rate_factor = 1.0

    def __init__(self, settings: EarlyActivityRecognitionSettings) -> None:
        self.settings = settings

    def training_step(
        self, model: framecast.RecognitionModel, batch: Mapping[str, Tensor], progress: framecast.StepContext
    ) -> tuple[Tensor, dict[str, float | Tensor]]:
        """The mean of both losses by their weights, a scalar; `logs` tells each by itself."""
        settings = self.settings
        frames_BTCHW, recognised = self._recognised(model, batch)
        weights_K = self._class_weights(recognised.logits)
        losses = self._losses(batch, frames_BTCHW, recognised, weights_K, settings.label_smoothing)
        logs: dict[str, float | Tensor] = {"classification": losses.classification.detach().mean()}
        if recognised.frames is not None:
            logs["prediction"] = losses.prediction.detach().mean()
        return self._weighted(losses).mean(), logs

    def evaluation_step(
        self, model: framecast.RecognitionModel, batch: Mapping[str, Tensor]
    ) -> framecast.EvaluationOutputs:
        """The logits of every reading, and where the model predicts them the `frames_out` frames that follow, the
        model fed with its own outputs only."""
        frames_BTCHW, recognised = self._recognised(model, batch)
        frames_in, frames_out = self.settings.frames_in, self.settings.frames_out
        compared = {"logits": framecast.PredictionTarget(recognised.logits.float(), batch["label"])}
        if frames_out and recognised.frames is not None:
            future = slice(frames_in, frames_in + frames_out)
            compared["frames"] = framecast.PredictionTarget(
                recognised.frames[:, -frames_out:].float(), frames_BTCHW[:, future], self._known(batch, future)
            )
        return framecast.EvaluationOutputs(
            loss=self._weighted(self._losses(batch, frames_BTCHW, recognised)),
            compared=compared,
            context=frames_BTCHW[:, :frames_in],
        )

    def after_evaluation(self, metrics: Mapping[str, float], epoch: int) -> None:
        """No schedules."""

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing to go on with."""

    def _recognised(
        self, model: framecast.RecognitionModel, batch: Mapping[str, Tensor]
    ) -> tuple[Tensor, framecast.RecognitionOutput]:
        """All frames as pictures, and what the model makes of those it sees."""
        settings = self.settings
        frames_BTCHW = framecast.as_floats(batch["frames"])
        observed_BS = observed(places(batch), settings.observed, settings.frames_in)
        recognised = model(frames_BTCHW[:, : settings.frames_in], settings.frames_out, observed=observed_BS)
        if recognised.frames is None and settings.prediction_weight:
            raise framecast.InputError(NO_FRAMES)
        return frames_BTCHW, recognised

    def _losses(
        self,
        batch: Mapping[str, Tensor],
        frames_BTCHW: Tensor,
        recognised: framecast.RecognitionOutput,
        weights_K: Tensor | None = None,
        smoothing: float = 0.0,
    ) -> _Losses:
        logits_BSK = recognised.logits.float()
        label_BS = batch["label"][:, None].expand(logits_BSK.shape[:2])
        classification_BS = cross_entropy(
            logits_BSK.transpose(1, 2), label_BS, weights_K, reduction="none", label_smoothing=smoothing
        )
        prediction_B = logits_BSK.new_zeros(len(logits_BSK))
        if recognised.frames is not None and recognised.frames.shape[1]:
            end = self.settings.frames_in + self.settings.frames_out
            target = slice(end - recognised.frames.shape[1], end)
            known_BPCHW = self._known(batch, target)
            prediction_B = framecast.l1_and_squared(recognised.frames, frames_BTCHW[:, target], known_BPCHW)
        return _Losses(classification_BS.mean(1), prediction_B)

    def _weighted(self, losses: _Losses) -> Tensor:
        """One loss for each sample. A weight of 0 still multiplies, so that every parameter has a gradient."""
        settings = self.settings
        return (
            settings.classification_weight * losses.classification + settings.prediction_weight * losses.prediction
        )

    def _class_weights(self, logits_BSK: Tensor) -> Tensor | None:
        weights, classes = self.settings.class_weights, logits_BSK.shape[-1]
        if weights is None:
            return None
        if len(weights) != classes:
            raise framecast.InputError(
                f"task.class_weights has {framecast.plural(len(weights), 'weight')}, and the data have {classes} "
                "classes: one for each"
            )
        return logits_BSK.new_tensor(weights, dtype=torch.float32)

    @staticmethod
    def _known(batch: Mapping[str, Tensor], frames: slice) -> Tensor | None:
        """(B, P, C, H, W), False for frames that only fill up a clip and where nothing is known; None: all
        known."""
        own_BPCHW = batch["mask"][:, frames] if "mask" in batch else None
        if "place" not in batch:
            return own_BPCHW
        real_BP111 = (batch["place"][:, frames] < 1)[..., None, None, None]
        return real_BP111.expand_as(batch["frames"][:, frames]) if own_BPCHW is None else real_BP111 & own_BPCHW


def places(batch: Mapping[str, Tensor]) -> Tensor:
    """Where in its video each frame lies, (B, T): as the data say, else evenly from 0 towards 1."""
    if "place" in batch:
        return batch["place"]
    batch_size, frames = batch["frames"].shape[:2]
    even_T = torch.arange(frames, device=batch["frames"].device) / frames
    return even_T.expand(batch_size, frames)


def observed(place_BT: Tensor, shares: list[float], most: int) -> Tensor:
    """How many frames of each clip lie before each share of it, (B, S) int64: at least one, at most so many."""
    share_S = torch.tensor(shares, device=place_BT.device, dtype=torch.float64)
    before_BTS = place_BT.double()[..., None] < share_S - 1e-6  # a frame at the share itself is not before it
    return before_BTS.sum(1).clamp(1, most)
