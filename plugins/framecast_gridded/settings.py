"""What a job can set of gridded data."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

import framecast


class GriddedSettings(framecast.Settings):
    """Fields over time on one grid, from NetCDF, Zarr or NumPy files: weather, radar, ocean, physics.

    The first part of the time trains, the next validates, the last tests; a clip lies wholly in one of them.
    """

    path: framecast.Path
    """The data: a NetCDF file (.nc, .nc4, .cdf), a pattern of such files joined along time (data/radar/*.nc), a
    Zarr folder, or a NumPy array (.npy, .npz) of (T, H, W), (T, C, H, W) or (T, H, W, C). Only what a
    clip needs is read, except from .npz, which each process holds in memory and which may have 512 MiB at most."""

    variables: tuple[str, ...] | None = Field(None, min_length=1)
    """Variables to take as channels, in this order; null takes all over time and two dimensions of space. The
    channels of a .npy file are called 0, 1, 2 and so on."""

    layout: Literal["TCHW", "THWC"] | None = None
    """Where NumPy arrays of four axes have their channels; null tells by the sizes: last where that axis alone has
    at most 4, else after time. Sizes that fit both are refused.

    - `TCHW`: after time
    - `THWC`: last
    """

    missing: tuple[float, ...] = ()
    """Numbers in the files that stand for a missing value, such as [-9999], as they are stored: before scale and
    offset. Further to what the files declare (_FillValue, missing_value, valid_range, valid_min, valid_max), to
    netCDF's default fill values where they declare none, and to values that are not finite."""

    north_up: bool = True
    """Turns rows around where the file's latitude or northing ascends, and columns where longitude or easting
    descends, so that frames show north above and west on the left, whatever the file's order; false keeps it."""

    time: str | None = None
    """Name of the dimension of time; null takes `time` or `t`, else the one that a coordinate says is time."""

    y: str | None = None
    """Name of the dimension that runs down the frames; null takes the last but one."""

    x: str | None = None
    """Name of the dimension that runs across the frames; null takes the last one."""

    normalisation: Literal["range", "standard", "none"] = "range"
    """How channels become numbers for the model, each by its values in the training period. Undone in predictions.

    - `range`: its minimum becomes 0 and its maximum 1
    - `standard`: its mean becomes 0 and its standard deviation 1
    - `none`: physical units are kept
    """

    value_range: tuple[float, float] | None = None
    """Lowest and highest value, in physical units: the scale of psnr, ssim and pictures; only with normalisation
    `none`, and needed there. `range` has the scale (0, 1), `standard` (-5, 5). Scores clamp nothing."""

    fill: float | Literal["mean"] = "mean"
    """What the model sees where the data have no number, in physical units. Neither losses nor scores count these
    places.

    - `mean`: the channel's mean over the training period
    """

    validation_share: float = Field(0.15, gt=0, lt=1)
    """Part of the time that validates, after the training period."""

    test_share: float = Field(0.15, ge=0, lt=1)
    """Part of the time that tests, at the end; 0 keeps none for it."""

    frame_step: int = Field(1, ge=1, le=10_000)
    """Time steps of the data from one frame of a clip to the next."""

    stride: int = Field(1, ge=1, le=1_000_000)
    """Time steps of the data from the beginning of one clip to that of the next; 1 takes every clip there is."""

    augmentation: framecast.data.Augmentation = Field(default_factory=framecast.data.Augmentation)
    """Variations of training clips. A flip mirrors the grid and leaves signs alone, so it is not for components of
    vectors such as wind; brightness is refused."""

    seed: int = Field(0, ge=0, le=2**63 - 1)
    """Seed of the augmentation."""

    @property
    def scale(self) -> tuple[float, float]:
        """Lowest and highest value of normalised frames; data outside the training period may lie beyond."""
        return self.value_range or ((0.0, 1.0) if self.normalisation == "range" else (-5.0, 5.0))

    @model_validator(mode="after")
    def _consistent(self) -> GriddedSettings:
        if self.augmentation.brightness:
            raise ValueError(
                "augmentation.brightness is for pictures: it would change physical values; leave it 0"
            )
        if self.validation_share + self.test_share >= 1:
            raise ValueError(
                f"validation_share {self.validation_share:g} and test_share {self.test_share:g} leave nothing to "
                "train on: their sum must be below 1"
            )
        if self.variables and len(set(self.variables)) < len(self.variables):
            raise ValueError(f"variables are named twice: {', '.join(self.variables)}")
        if (self.normalisation == "none") != (self.value_range is not None):
            raise ValueError("value_range belongs to normalisation none: give both or neither")
        if self.value_range and self.value_range[0] >= self.value_range[1]:
            raise ValueError(f"value_range must go from low to high, got {list(self.value_range)}")
        return self
