"""What a job can set of early activity recognition."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Annotated

from pydantic import Field, model_validator

import framecast

Share = Annotated[float, Field(gt=0, le=1)]
Weight = Annotated[float, Field(ge=0, le=1e6)]


NO_FRAMES = "the model predicts no frames: give it a decoder, or write task.prediction_weight=0"
"""Why a model cannot be trained with a weight for predicted frames."""


class EarlyActivityRecognitionSettings(framecast.Settings):
    """Clips of `frames` frames: its class is predicted after parts of it, and its next frames are predicted."""

    frames: int = Field(20, ge=2, le=100_000)
    """Frames of a clip; with data of whole videos they are spread over all of each."""

    observed: list[Share] = Field([0.25, 0.5], min_length=1, max_length=100)
    """Shares of a clip after which its class is predicted, in growing order, in training and in evaluation; the
    paper takes 0.25 and 0.5. A frame is seen if it lies before that share of its video's time."""

    frames_out: int = Field(10, ge=0, le=100_000)
    """Frames predicted after the last one that any reading sees. 0 where the whole clip is seen; then a model that
    predicts frames still learns each seen frame from those before it."""

    classification_weight: Weight = 1.0
    """Weight of the cross entropy, the mean over readings; 0 learns to predict frames alone."""

    prediction_weight: Weight = 1.0
    """Weight of the frames' absolute plus squared error; 0 learns the classes alone, and suits models without a
    decoder."""

    class_weights: list[Weight] | None = None
    """Weight of each class in the cross entropy, in the order of the classes; null weighs all clips alike."""

    label_smoothing: float = Field(0.0, ge=0, lt=1)
    """Part of the target that is spread over all classes (Szegedy et al. 2016)."""

    @property
    def frames_in(self) -> int:
        """Frames that the model sees: those before the last reading."""
        return self.frames_before(self.observed[-1])

    def frames_before(self, share: float) -> int:
        """Frames of a clip, spread evenly, that lie before that share of it; one at the share itself does not."""
        return max(1, math.ceil(share * self.frames - 1e-6))

    @model_validator(mode="after")
    def _consistent(self) -> EarlyActivityRecognitionSettings:
        if sorted(set(self.observed)) != self.observed:
            raise ValueError(f"observed shares grow from one to the next, got {self.observed}")
        for earlier, later in pairwise(self.observed):
            if (count := self.frames_before(earlier)) == self.frames_before(later):
                raise ValueError(
                    f"observed shares {earlier:g} and {later:g} both end after {count} of {self.frames} frames "
                    "and would be the same reading: raise frames, or leave one out"
                )
        left = self.frames - self.frames_in
        if self.frames_out > left:
            raise ValueError(
                f"frames_out ({self.frames_out}) is more than the {left} of {self.frames} frames that follow the "
                f"{self.frames_in} seen at {self.observed[-1]:g} of the clip: lower frames_out, or raise frames"
            )
        if not self.classification_weight and not self.prediction_weight:
            raise ValueError("classification_weight and prediction_weight are both 0: nothing would be learned")
        return self
