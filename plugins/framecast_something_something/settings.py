"""What a job can set of Something-Something V2."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

import framecast

Pixels = Annotated[int, Field(ge=8, le=4096)]


class SomethingSomethingSettings(framecast.Settings):
    """Whole clips of 2 to 6 seconds at 12 frames a second, each with the action that it shows."""

    root: framecast.Path
    """Folder of the data set: its JSON files, there or in a sub-folder `labels`, and the clips, there or in any
    sub-folder. The prepared store is written beside them."""

    size: Pixels | tuple[Pixels, Pixels] = (128, 128)
    """Height and width of the frames in pixels, one number for both; the files are 240 high and of many widths.
    Each size is prepared once: at 128x128 in colour a clip of four seconds takes 2.4 MB, all classes 450 GB."""

    crop: bool = False
    """Keeps proportions and cuts off what sticks out on two sides; false stretches whole frames to `size`."""

    colour: bool = True
    """Three channels (RGB) instead of one (grey)."""

    classes: framecast.Path | None = None
    """Text file with the templates of the classes to take, one a line, with or without brackets; blank lines and
    lines that begin with # do not count. Labels are then 0 to n - 1 in the file's order, and only these clips are
    prepared. Null takes all 174, labelled as in labels.json."""

    validation_share: float = Field(0.1, ge=0, lt=1)
    """Part of the official training set that validates; each clip is chosen by its id alone, so that another share
    or other classes never move a clip back and forth. The official validation set is the split `test`: the
    official test set comes without labels, and published results are on the validation set."""

    sampling: Literal["uniform", "step"] = "uniform"
    """Which frames of a clip are taken. A clip that is too short repeats its last frame.

    - `uniform`: evenly spaced from its first to its last
    - `step`: those `frame_step` apart from its beginning
    """

    frame_step: int = Field(1, ge=1, le=100)
    """With `step` sampling: frames of the file from one frame of a clip to the next; 1 keeps the 12 a second."""

    augmentation: framecast.data.Augmentation = Field(default_factory=framecast.data.Augmentation)
    """Variations of training clips. Recognition is refused with a `flip` where classes have a direction: mirrored,
    "from left to right" is another class, and upside down "up" is "down". `reverse` is refused: played backwards
    an action is another one ("opening" is "closing")."""

    seed: int = Field(0, ge=0, le=2**63 - 1)
    """Seed of the augmentation."""

    @property
    def height_and_width(self) -> tuple[int, int]:
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    @property
    def folder(self) -> Path:
        return Path(self.root)

    @property
    def format(self) -> framecast.data.FrameFormat:
        return framecast.data.FrameFormat(*self.height_and_width, channels=3 if self.colour else 1, crop=self.crop)

    @model_validator(mode="after")
    def _consistent(self) -> SomethingSomethingSettings:
        self.augmentation.size(*self.height_and_width)
        if self.augmentation.reverse:
            raise ValueError(
                "augmentation.reverse shows another action than the label says (opening becomes closing): "
                "leave it out"
            )
        if self.sampling == "uniform" and self.frame_step != 1:
            raise ValueError(
                f"frame_step ({self.frame_step}) has no effect with sampling=uniform: set sampling=step"
            )
        return self
