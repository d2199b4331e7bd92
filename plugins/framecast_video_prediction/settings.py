"""What a job can set of video prediction."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

import framecast

OPTIMISED = {"not_before": 20, "fall": 2e-3, "learning_rate_not_before": 20}
"""Where the authors' optimised code departs from their original, whose numbers are the fields' defaults."""


class ScheduledSampling(framecast.Settings):
    """The paper's curriculum: how often the true frame is fed back in training, and when the learning rate falls.

    Driven by the validation loss.
    """

    variant: Literal["original", "optimised"] = "original"
    """Which of the authors' two codes gives the numbers that the job does not.

    - `original`: trained with training.gradient_clipping=3, which the job has to set as well
    - `optimised`: trained with training.gradient_clipping=1, which the job has to set as well
    """

    ratio: float = Field(1.0, ge=0, le=1)
    """Probability of the true frame at the start; 0 trains on its own outputs from the first step."""

    patience: int = Field(20, ge=0, le=100_000)
    """Epochs without a better validation loss after which the ratio starts to fall."""

    not_before: int = Field(0, ge=0, le=100_000)
    """Last epoch after which the ratio cannot fall yet; 20 where the variant is `optimised`."""

    fall: float = Field(4e-3, ge=0, le=1)
    """What the ratio loses each epoch once it falls, down to 0; 2e-3 where the variant is `optimised`."""

    learning_rate_not_before: int = Field(0, ge=0, le=100_000)
    """Epochs that the ratio must have been falling before the learning rate may fall, after `patience` again;
    20 where the variant is `optimised`."""

    learning_rate_factor: float = Field(0.98, gt=0, le=1)
    """What the learning rate is multiplied by each time."""

    learning_rate_every: int = Field(5, ge=1, le=100_000)
    """Epochs between two falls of the learning rate."""

    @model_validator(mode="before")
    @classmethod
    def _as_the_variant_has_it(cls, given: Any) -> Any:
        optimised = isinstance(given, dict) and given.get("variant") == "optimised"
        return {**OPTIMISED, **given} if optimised else given


class VideoPredictionSettings(framecast.Settings):
    """From `frames_in` seen frames to `frames_out` predicted ones."""

    frames_in: int = Field(10, ge=1, le=100_000)
    """Frames that the model sees."""

    frames_out: int = Field(10, ge=1, le=100_000)
    """Frames that it predicts."""

    sampling: ScheduledSampling = ScheduledSampling()
