"""The form that every frame is brought to: its size, its channels, and how a differing shape is made to fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import av

_RESIZING = 0x2 | 0x2000 | 0x40000 | 0x80000
"""BILINEAR of swscale with FULL_CHR_H_INT, ACCURATE_RND, BITEXACT: without these three, white comes out as 253 in
colour, and the bytes depend on the processor. PyAV 14 has no names for them."""


@dataclass(frozen=True)
class FrameFormat:
    """Frames of `height` x `width` pixels, grey (1 channel) or colour (3, RGB), uint8.

    With `crop` a frame keeps its proportions and loses what sticks out on two sides; without, it is stretched.
    """

    height: int
    width: int
    channels: int = 1
    crop: bool = False

    def __post_init__(self) -> None:
        if self.channels not in (1, 3):
            raise ValueError(f"frames are grey (1 channel) or colour (3), not of {self.channels} channels")

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W)."""
        return self.channels, self.height, self.width

    def scaled_size(self, height: int, width: int) -> tuple[int, int]:
        """What a frame of that height and width is resized to, before anything is cropped."""
        if not self.crop:
            return self.height, self.width
        scale = max(self.height / height, self.width / width)
        return max(self.height, round(height * scale)), max(self.width, round(width * scale))

    def source_region(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of the part of such a frame that is left after cropping, in its own pixels."""
        if not self.crop:
            return height, width
        scale = max(self.height / height, self.width / width)
        return min(height, round(self.height / scale)), min(width, round(self.width / scale))


class Fitting:
    """Brings decoded frames to a format. One for each video: it keeps the resizer's tables."""

    def __init__(self, format: FrameFormat) -> None:
        from av.video.reformatter import VideoReformatter

        self.format = format
        self._resizer = VideoReformatter()

    def __call__(self, frame: av.VideoFrame) -> np.ndarray:
        """(C, H, W) uint8, resized bilinearly over the whole area that a pixel covers."""
        wanted = self.format
        height, width = wanted.scaled_size(frame.height, frame.width)
        fitted = self._resizer.reformat(
            frame,
            width=width,
            height=height,
            format="gray" if wanted.channels == 1 else "rgb24",
            interpolation=_RESIZING,
            threads=1,
        )
        pixels_HWC = fitted.to_ndarray().reshape(height, width, wanted.channels)
        top, left = (height - wanted.height) // 2, (width - wanted.width) // 2
        cut_HWC = pixels_HWC[top : top + wanted.height, left : left + wanted.width]
        return np.ascontiguousarray(np.moveaxis(cut_HWC, -1, 0))
