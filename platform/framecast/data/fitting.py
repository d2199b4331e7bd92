"""Decoded frames brought to the format of a data set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from framecast.data.orientation import UPRIGHT, Orientation
from framecast.plugin.frame_format import FrameFormat

if TYPE_CHECKING:
    import av

_RESIZING = 0x2 | 0x2000 | 0x40000 | 0x80000
"""BILINEAR of swscale with FULL_CHR_H_INT, ACCURATE_RND, BITEXACT: without these three, white comes out as 253 in
colour, and the bytes depend on the processor. PyAV 14 has no names for them."""


class Fitting:
    """Brings decoded frames to a format. One for each video: it keeps the resizer's tables."""

    def __init__(self, format: FrameFormat) -> None:
        from av.video.reformatter import VideoReformatter

        self.format = format
        self._resizer = VideoReformatter()

    def __call__(
        self, frame: av.VideoFrame, orientation: Orientation = UPRIGHT, pixel_aspect: float = 1.0
    ) -> np.ndarray:
        """(C, H, W) uint8, resized bilinearly over the whole area that a pixel covers, then turned.

        `pixel_aspect` is that of the frame as it is stored.
        """
        wanted = self.format
        shown_aspect = 1 / pixel_aspect if orientation.transposed else pixel_aspect
        # turned after resizing, which handles fewer pixels
        scaled = wanted.scaled_size(*orientation.size(frame.height, frame.width), shown_aspect)
        height, width = orientation.size(*scaled)
        fitted = self._resizer.reformat(
            frame,
            width=width,
            height=height,
            format="gray" if wanted.channels == 1 else "rgb24",
            interpolation=_RESIZING,
            threads=1,
        )
        shown_HWC = orientation.apply(fitted.to_ndarray().reshape(height, width, wanted.channels))
        top, left = (scaled[0] - wanted.height) // 2, (scaled[1] - wanted.width) // 2
        cut_HWC = shown_HWC[top : top + wanted.height, left : left + wanted.width]
        return np.ascontiguousarray(np.moveaxis(cut_HWC, -1, 0))
