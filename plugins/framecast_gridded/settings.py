"""What a job can set of gridded fields."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

import framecast

STANDARD_RANGE = (-5.0, 5.0)


class GriddedSettings(framecast.Settings):
    """Fields over time on a grid: NetCDF, Zarr or NumPy files of radar, weather or simulations."""

    path: str
    """A NetCDF file, several by a pattern (data/radar/*.nc, joined along time), a Zarr folder, or a NumPy array
    (.npy) of shape time, y, x or time, channel, y, x."""

    variables: tuple[str, ...] | None = Field(None, min_length=1)
    """Variables that become channels, in this order; null takes all with a time and two spatial dimensions."""

    time: str | None = None
    """Name of the time dimension; null finds it by its name (time, t) or its dates."""

    y: str | None = None
    """Name of the dimension that runs down the picture; null takes the last but one."""

    x: str | None = None
    """Name of the dimension that runs across the picture; null takes the last."""

    normalisation: Literal["range", "standard", "none"] = "range"
    """How each channel is scaled, by the training period alone: `range` to [0, 1] by its lowest and highest value;
    `standard` by its mean and standard deviation, scores taken within five of them; `none` as it is. Kept in the
    checkpoint, and undone in predictions."""

    value_range: tuple[float, float] | None = None
    """Lowest and highest value of the data where normalisation is `none`; scores are taken within it."""

    fill: Literal["mean"] | float = "mean"
    """What the model sees where a field is not a number: the training period's `mean` of the channel, or a number in
    the data's own units. Losses and scores leave these points out."""

    validation_share: float = Field(0.15, gt=0, lt=1)
    """Part of the time that validates: it follows the training period."""

    test_share: float = Field(0.15, ge=0, lt=1)
    """Part of the time that tests: the last."""

    frame_step: int = Field(1, ge=1, le=10_000)
    """Time steps of the data from one frame of a clip to the next."""

    stride: int = Field(1, ge=1, le=100_000)
    """Time steps from the beginning of one clip to that of the next."""

    augmentation: framecast.data.Augmentation = Field(default_factory=framecast.data.Augmentation)

    seed: int = Field(0, ge=0, le=2**63 - 1)
    """Seed of the augmentation."""

    @property
    def range_of_values(self) -> tuple[float, float]:
        """Of what the model sees."""
        if self.normalisation == "range":
            return (0.0, 1.0)
        return STANDARD_RANGE if self.normalisation == "standard" else (self.value_range or (0.0, 1.0))

    @model_validator(mode="after")
    def _consistent(self) -> GriddedSettings:
        if self.validation_share + self.test_share >= 1:
            raise ValueError(
                f"validation_share ({self.validation_share}) and test_share ({self.test_share}) "
                "leave nothing to train on"
            )
        if self.augmentation.brightness:
            raise ValueError("augmentation.brightness is for pictures: a field has units, write 0")
        if (self.normalisation == "none") != (self.value_range is not None):
            raise ValueError("value_range goes with normalisation none, and with nothing else")
        if self.value_range and self.value_range[0] >= self.value_range[1]:
            raise ValueError(f"value_range is the lowest and the highest value, got {list(self.value_range)}")
        return self
