"""What a job can set of a folder of videos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

import framecast

Pixels = Annotated[int, Field(ge=8, le=4096)]


class VideoFolderSettings(framecast.Settings):
    """Any folder of videos (mp4, avi, webm, mkv, mov, gif) or of folders of images, a folder for each video."""

    root: framecast.Path
    """The folder; its sub-folders are searched too."""

    size: Pixels | tuple[Pixels, Pixels] = 64
    """Height and width of the frames in pixels, one number for both."""

    crop: bool = True
    """Keeps proportions and cuts off what sticks out on two sides; false stretches frames to `size`."""

    colour: bool = False
    """Three channels (RGB) instead of one (grey)."""

    frame_rate: float | None = Field(None, gt=0, le=1000)
    """Frames a second that every video is resampled to, by the times of its frames: at each instant the frame that
    a player shows then. Null takes the frames as they are stored, which are evenly spaced only where a video's
    frame rate is constant. Folders of images have no clock, and are taken as they are."""

    background: str = "black"
    """Colour behind transparent pixels: a name such as black, white or grey, or "#rrggbb"."""

    bit_depth: int | None = Field(None, ge=8, le=16)
    """Significant bits of pixels that are stored in 16, as cameras of 10, 12 or 14 bits write them: 12 says that
    4095 is white. Null takes all 16 bits, and refuses videos whose largest value needs fewer. Other pixels state
    their bits themselves."""

    read: Literal["store", "files"] = "store"
    """Where clips are read from.

    - `store`: a store that `platform data prepare video_folder` made, in one system call
    - `files`: the files themselves, decoded again at every step: no preparation and no disk, but slower
    """

    split: Literal["auto", "folders", "lists", "ratio"] = "auto"
    """Which videos train, validate and test.

    - `auto`: the first of the following that the folder has
    - `folders`: by the folders train, validation and test
    - `lists`: by train.txt, validation.txt and test.txt, a video's path relative to root on each line
    - `ratio`: whole videos, drawn at random
    """

    validation_share: float = Field(0.1, ge=0, lt=1)
    """Part of the videos that validates, where the split is by ratio; at least one video."""

    test_share: float = Field(0.1, ge=0, lt=1)
    """Part of the videos that tests, where the split is by ratio; at least one video where there are three."""

    frame_step: int = Field(1, ge=1, le=1000)
    """Frames of the video from one frame of a clip to the next: 3 makes 10 frames a second of 30."""

    stride: int | None = Field(None, ge=1, le=100_000)
    """Frames from the beginning of one clip to that of the next; null: the clip's length, so that none overlap."""

    augmentation: framecast.data.Augmentation = Field(default_factory=framecast.data.Augmentation)

    seed: int = Field(0, ge=0, le=2**63 - 1)
    """Seed of the split by ratio and of the augmentation."""

    @property
    def height_and_width(self) -> tuple[int, int]:
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    @property
    def folder(self) -> Path:
        return Path(self.root)

    @property
    def format(self) -> framecast.data.FrameFormat:
        return framecast.data.FrameFormat(
            *self.height_and_width,
            channels=3 if self.colour else 1,
            crop=self.crop,
            background=self.background,
            bit_depth=self.bit_depth,
            frame_rate=self.frame_rate,
        )

    @property
    def store(self) -> Path:
        """The folder of the prepared store, one for each format."""
        height, width = self.height_and_width
        colour, fitted = "colour" if self.colour else "grey", "cropped" if self.crop else "stretched"
        words = ["framecast", f"{height}x{width}", colour, fitted]
        words += [f"{self.frame_rate:g}hz"] if self.frame_rate else []
        words += [f"{self.bit_depth}bit"] if self.bit_depth else []
        words += [f"on-{self.background.strip('#')}"] if self.background != "black" else []
        return self.folder / "-".join(words)

    @model_validator(mode="after")
    def _consistent(self) -> VideoFolderSettings:
        self.augmentation.size(*self.height_and_width)
        if self.background != "black":
            _ = self.format.background_rgb
        if self.validation_share + self.test_share >= 1:
            raise ValueError(
                f"validation_share ({self.validation_share}) and test_share ({self.test_share}) "
                "leave nothing to train on"
            )
        return self
