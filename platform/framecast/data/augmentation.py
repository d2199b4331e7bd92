"""Augmentation: chance variations of training clips, each drawn for a sample and an epoch alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from framecast.plugin.settings import Settings


class Augmentation(Settings):
    """Variations of training clips; validation and test clips are only cropped, in the middle."""

    flip: Literal["none", "horizontal", "vertical", "both"] = "none"
    """Mirrors half of the clips.

    - `none`: no clip
    - `horizontal`: left becomes right
    - `vertical`: top becomes bottom
    - `both`: along each axis, independently of the other
    """

    reverse: bool = False
    """Plays half of the clips backwards; not for actions that have a direction."""

    brightness: float = Field(0.0, ge=0, lt=1)
    """Multiplies a clip by a factor between 1 - brightness and 1 + brightness; 0 leaves it as it is."""

    crop: int | None = Field(None, ge=8, le=4096)
    """Cuts a square of that many pixels, at one random place for all frames of a clip; null keeps whole frames."""

    def size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of a clip after cropping. Raises ValueError where the frames are smaller."""
        if self.crop is None:
            return height, width
        if self.crop > min(height, width):
            raise ValueError(f"augmentation.crop is {self.crop}, but the frames are {height}x{width}")
        return self.crop, self.crop

    def drawn(self, key: tuple[int, ...] | None, height: int, width: int) -> Variation:
        """The variation of the sample with that key (seed, epoch, index); of none, the middle and nothing else."""
        out_height, out_width = self.size(height, width)
        room = height - out_height, width - out_width
        if key is None:
            return Variation(room[0] // 2, room[1] // 2, out_height, out_width)
        # one number for each draw, whatever is switched on: one setting never shifts another's draws
        chance = np.random.Generator(np.random.Philox(np.random.SeedSequence(key))).random(6)
        return Variation(
            top=int(chance[0] * (room[0] + 1)),
            left=int(chance[1] * (room[1] + 1)),
            height=out_height,
            width=out_width,
            mirrored=self.flip in ("horizontal", "both") and bool(chance[2] < 0.5),
            upside_down=self.flip in ("vertical", "both") and bool(chance[3] < 0.5),
            backwards=self.reverse and bool(chance[4] < 0.5),
            brightness=1 + self.brightness * (2 * float(chance[5]) - 1),
        )


@dataclass(frozen=True)
class Variation:
    """What is done to one clip."""

    top: int
    left: int
    height: int
    width: int
    mirrored: bool = False
    upside_down: bool = False
    backwards: bool = False
    brightness: float = 1.0

    def placed(self, clip_TCHW: np.ndarray) -> np.ndarray:
        """Cropped and turned: for frames, and for masks beside them. A view."""
        clip = clip_TCHW[
            :: -1 if self.backwards else 1,
            :,
            self.top : self.top + self.height,
            self.left : self.left + self.width,
        ]
        return clip[:, :, :: -1 if self.upside_down else 1, :: -1 if self.mirrored else 1]

    def lit(self, clip_TCHW: np.ndarray) -> np.ndarray:
        """uint8 pictures, brighter or darker."""
        if self.brightness == 1:
            return clip_TCHW
        return np.rint(np.clip(clip_TCHW * np.float32(self.brightness), 0, 255)).astype(np.uint8)
