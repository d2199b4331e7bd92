"""From a decoded frame to one of opaque 8-bit pixels: transparency and bit depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from framecast.data.damaged_video import DamagedVideo, UnknownWhite
from framecast.plugin.frame_format import FrameFormat

if TYPE_CHECKING:
    import av

STORED_BITS = 16
"""Bits of a stored value that may hold fewer significant ones: cameras of 10, 12 or 14 bits write 16."""


class EightBitPixels:
    """Called with each frame of one video, in order; remembers what it found.

    `bits` are those of a value as stored, `transparent` tells of pixels that are not wholly opaque, `peak` is the
    largest value of those of 16 bits.
    """

    def __init__(self, format: FrameFormat) -> None:
        self.bits = 8
        self.transparent = False
        self.peak = 0
        self._bit_depth = format.bit_depth
        self._background_C = np.array(format.background_rgb, np.float32) / 255

    def __call__(self, frame: av.VideoFrame) -> av.VideoFrame:
        """The frame itself where it is opaque and its bits are what its format says.

        Raises DamagedVideo for floating-point values, and for ones above `data.bit_depth`.
        """
        layout = frame.format
        self.bits = max(self.bits, *(component.bits for component in layout.components))
        if any(part in layout.name for part in ("f32", "f16")):
            raise DamagedVideo(
                "its values are floating-point numbers, which have no black and white: write integers"
            )
        has_alpha = layout.has_palette or any(component.is_alpha for component in layout.components)
        may_hold_fewer = self.bits == STORED_BITS and (layout.is_rgb or len(layout.components) <= 2)
        if may_hold_fewer:
            return self._scale(frame, has_alpha)
        if not has_alpha:
            return frame
        rgba_HWC = frame.reformat(format="rgba").to_ndarray()
        alpha_HW1 = rgba_HWC[..., 3:]
        if (alpha_HW1 == 255).all():
            return frame.reformat(format="rgb24") if layout.has_palette else frame
        return self._compose(rgba_HWC[..., :3] / np.float32(255), alpha_HW1 / np.float32(255))

    def check(self) -> None:
        """Raises DamagedVideo where it cannot be known, after all frames, how bright the largest value is."""
        bits = max(8, self.peak.bit_length())
        if self._bit_depth is None and self.peak and bits < STORED_BITS:
            found = f"its values have {STORED_BITS} bits, but the largest is {self.peak:,}"
            raise UnknownWhite(found, bits, STORED_BITS)

    def _scale(self, frame: av.VideoFrame, has_alpha: bool) -> av.VideoFrame:
        is_grey = len(frame.format.components) == 1
        name = "gray16le" if is_grey else "rgba64le" if has_alpha else "rgb48le"
        values = frame.reformat(format=name).to_ndarray()
        colours_HWC = values[..., None] if is_grey else values[..., :3]
        white = 2 ** (self._bit_depth or STORED_BITS) - 1
        visible_HWC = np.where(values[..., 3:] > 0, colours_HWC, 0) if has_alpha else colours_HWC
        self.peak = max(self.peak, int(visible_HWC.max()))
        if self.peak > white:
            found = f"it has a value of {self.peak:,}, and with {self._bit_depth} bits white is {white:,}"
            raise UnknownWhite(found, self.peak.bit_length(), STORED_BITS)
        shares_HWC = np.minimum(colours_HWC / np.float32(white), 1)
        return self._compose(shares_HWC, values[..., 3:] / np.float32(2**STORED_BITS - 1) if has_alpha else None)

    def _compose(self, colours_HWC: np.ndarray, alpha_HW1: np.ndarray | None) -> av.VideoFrame:
        """From shares of white, straight alpha over the background."""
        import av

        if alpha_HW1 is not None and (alpha_HW1 < 1).any():
            self.transparent = True
            colours_HWC = alpha_HW1 * colours_HWC + (1 - alpha_HW1) * self._background_C
        pixels_HWC = np.rint(255 * colours_HWC).astype(np.uint8)
        if pixels_HWC.shape[-1] == 1:
            return av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels_HWC[..., 0]), format="gray")
        return av.VideoFrame.from_ndarray(pixels_HWC, format="rgb24")
