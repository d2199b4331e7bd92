"""Bouncing balls (Sutskever et al. 2008): a data set for framecast."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field, model_validator

import framecast

SPLITS = ("train", "validation", "test")


class Settings(framecast.Settings):
    """Balls of one weight in a box, seen from above in grey."""

    size: int = Field(32, ge=8, le=4096)
    """Height and width of the frames, and of the box, in pixels."""

    balls: int = Field(2, ge=1, le=16)
    """Balls in each clip."""

    radius: float = Field(0.12, gt=0, lt=0.5)
    """Radius of a ball, as a part of the box."""

    speed: float = Field(0.08, gt=0, le=0.5)
    """Way of a ball from one frame to the next at first, as a part of the box; they trade it when they collide."""

    train_clips: int = Field(1000, ge=1, le=2**31 - 1)
    """Clips in the training split."""

    test_clips: int = Field(100, ge=1, le=2**31 - 1)
    """Clips in the validation split, and as many others in the test split."""

    seed: int = Field(0, ge=0, le=2**63 - 1)
    """Seed of all clips; leave it alone where runs are to be compared."""

    @model_validator(mode="after")
    def _they_have_room(self) -> Settings:
        if self.balls * (2 * self.radius) ** 2 > 0.5:
            raise ValueError(
                f"{self.balls} balls of radius {self.radius} have no room to move: take fewer, or smaller"
            )
        return self


def build(settings: Settings, split: str, frames: int) -> Any:
    """The clips of a split."""
    from .clips import BouncingBalls

    clips = settings.train_clips if split == "train" else settings.test_clips
    return BouncingBalls(settings, SPLITS.index(split), clips, frames)


@framecast.hookimpl
def framecast_datasets() -> Iterator[framecast.Dataset[Settings]]:
    """The data set."""
    yield framecast.Dataset(
        name="bouncing_balls",
        summary="Balls that bounce off walls and off each other (Sutskever et al. 2008)",
        settings=Settings,
        build=build,
        sample_shape=lambda settings, frames: framecast.SampleShape(frames, 1, settings.size, settings.size),
    )
