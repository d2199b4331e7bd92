"""What a job can set of digit motions."""

from __future__ import annotations

import math

from pydantic import Field, field_validator, model_validator

import framecast
from framecast_moving_mnist import DIGIT_SIZES


class DigitMotionsSettings(framecast.Settings):
    """A digit goes along `positions` points of a line across the frame, always some points on, and beyond the last
    point it goes on from the first; how many points on is its class.

    Every class visits every point once a round, in another order. So a clip of whole rounds (the task's `frames` a
    multiple of `positions`) holds the same frames in every class, and only their order tells the class.
    """

    root: framecast.Path | None = None
    """Folder with the full MNIST set, as `platform data prepare moving_mnist` makes it; null takes the digits that
    come with moving_mnist."""

    size: int = Field(32, ge=8, le=4096)
    """Height and width of the frames in pixels."""

    digit_size: int = 14
    """Height and width of the digit in pixels, 28, 14 or 7."""

    positions: int = Field(20, ge=3, le=1000)
    """Points of the line, evenly from the left edge to the right, and frames of a round."""

    strides: list[int] = Field([1, -1, 3, -3], min_length=2, max_length=1000)
    """Points from one frame to the next, one stride for each class; negative ones go to the left. None may share a
    divisor with `positions` (it would leave points out), and no two may come to the same point."""

    jitter: float = Field(1.0, ge=0, le=1000)
    """How far each frame's digit lies off its point: standard deviation in pixels, across and down."""

    occluded: float = Field(0.3, ge=0, lt=1)
    """Probability that a frame does not show the digit."""

    noise: float = Field(0.1, ge=0, le=10)
    """Standard deviation of the noise of each pixel, 1 for the way from black to white."""

    shuffle: bool = False
    """Puts the frames of each round into a random order. Then nothing tells the class, and what a model scores
    above chance it has from somewhere that it should not: the control of every result on this data set."""

    train_clips: int = Field(10_000, ge=1, le=2**31 - 1)
    """Clips in the training split."""

    validation_clips: int = Field(2_000, ge=1, le=2**31 - 1)
    """Clips in the validation split, always the same ones; of training digits."""

    test_clips: int = Field(2_000, ge=1, le=2**31 - 1)
    """Clips in the test split, always the same ones; of test digits."""

    fresh: bool = False
    """Makes new training clips every epoch."""

    seed: int = Field(0, ge=0, le=2**63 - 1)
    """Seed of all clips; leave it alone where runs are to be compared."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The strides in words, such as "3 to the right"."""
        return tuple(f"{abs(stride)} to the {'right' if stride > 0 else 'left'}" for stride in self.strides)

    @field_validator("digit_size")
    @classmethod
    def _a_size_that_digits_have(cls, size: int) -> int:
        if size not in DIGIT_SIZES:
            raise ValueError(f"must be {', '.join(map(str, DIGIT_SIZES[:-1]))} or {DIGIT_SIZES[-1]}, got {size}")
        return size

    @model_validator(mode="after")
    def _digits_fit(self) -> DigitMotionsSettings:
        if self.digit_size >= self.size:
            raise ValueError(f"digits of {self.digit_size} pixels cannot move on frames of {self.size}")
        return self

    @model_validator(mode="after")
    def _strides_are_classes(self) -> DigitMotionsSettings:
        points = self.positions
        short = [stride for stride in self.strides if math.gcd(stride, points) != 1]
        if short:
            raise ValueError(
                f"a stride of {short[0]} does not visit all of {points} positions: they share a divisor"
            )
        if len({stride % points for stride in self.strides}) < len(self.strides):
            raise ValueError(f"of strides {self.strides}, two come to the same of {points} positions")
        return self
