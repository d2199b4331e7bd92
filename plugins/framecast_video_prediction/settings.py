"""What a job can set of video prediction."""

from __future__ import annotations

from pydantic import Field

import framecast


class ScheduledSampling(framecast.Settings):
    """The curriculum: how often the true frame is fed back in training, and when the learning rate falls.

    Driven by the validation loss, as the paper's authors trained (their `original` variant; `optimised` sets
    not_before and learning_rate_not_before to 20).
    """

    ratio: float = Field(1.0, ge=0, le=1)
    """Probability of the true frame at the start; 0 trains on its own outputs from the first step."""

    patience: int = Field(20, ge=0, le=100_000)
    """Epochs without a better validation loss after which the ratio starts to fall."""

    not_before: int = Field(0, ge=0, le=100_000)
    """Epochs before which the ratio never falls."""

    fall: float = Field(4e-3, ge=0, le=1)
    """What the ratio loses each epoch once it falls, down to 0."""

    learning_rate_not_before: int = Field(0, ge=0, le=100_000)
    """Epochs that the ratio must have been falling before the learning rate may fall, after `patience` again."""

    learning_rate_factor: float = Field(0.98, gt=0, le=1)
    """What the learning rate is multiplied by each time."""

    learning_rate_every: int = Field(5, ge=1, le=100_000)
    """Epochs between two falls of the learning rate."""


class VideoPredictionSettings(framecast.Settings):
    """From `frames_in` seen frames to `frames_out` predicted ones."""

    frames_in: int = Field(10, ge=1, le=100_000)
    """Frames that the model sees."""

    frames_out: int = Field(10, ge=1, le=100_000)
    """Frames that it predicts."""

    sampling: ScheduledSampling = ScheduledSampling()
