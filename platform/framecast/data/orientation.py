"""How a picture is turned before it is shown: the eight ways that a display matrix or an EXIF tag can name."""

from __future__ import annotations

import io
import math
import struct
from typing import NamedTuple

import numpy as np


class Orientation(NamedTuple):
    """First the axes are exchanged (`transposed`), then columns (`mirrored`) and rows (`flipped`) are reversed."""

    transposed: bool = False
    mirrored: bool = False
    flipped: bool = False

    def apply(self, pixels_HWC: np.ndarray) -> np.ndarray:
        """The picture as it is to be seen. A view."""
        if self.transposed:
            pixels_HWC = pixels_HWC.swapaxes(0, 1)
        return pixels_HWC[:: -1 if self.flipped else 1, :: -1 if self.mirrored else 1]

    def size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of such a picture after it was turned."""
        return (width, height) if self.transposed else (height, width)

    @property
    def text(self) -> str:
        """What is done, in words; empty for pictures that are shown as they are stored."""
        return _TEXTS[self]

    @classmethod
    def from_exif(cls, value: int) -> Orientation:
        """Of the EXIF tag Orientation, 1 to 8; other values turn nothing, as in viewers."""
        return _EXIF.get(value, UPRIGHT)

    @classmethod
    def from_matrix(cls, matrix: bytes) -> Orientation:
        """Of a display matrix: nine 32-bit numbers, of which the first, second, fourth and fifth map columns and
        rows. Raises ValueError where it turns by an angle that is no multiple of 90 degrees."""
        a, b, _, c, d = struct.unpack("=5i", matrix[:20])
        if not (a or b or c or d):
            return UPRIGHT  # nothing was filled in
        for one, other in ((b, a), (c, d)):
            angle = math.degrees(math.atan2(one, other))
            if abs(angle - 90 * round(angle / 90)) > _TOLERANCE:
                raise ValueError(f"its display matrix turns it by {abs(angle):.0f} degrees")
        if abs(b) > abs(a):
            return cls(True, mirrored=c < 0, flipped=b < 0)
        return cls(False, mirrored=a < 0, flipped=d < 0)


UPRIGHT = Orientation()
_TOLERANCE = 2
"""Degrees that a matrix may be off a right angle, by rounding."""

_EXIF = {
    2: Orientation(mirrored=True),
    3: Orientation(mirrored=True, flipped=True),
    4: Orientation(flipped=True),
    5: Orientation(transposed=True),
    6: Orientation(transposed=True, mirrored=True),
    7: Orientation(transposed=True, mirrored=True, flipped=True),
    8: Orientation(transposed=True, flipped=True),
}
_TEXTS = {
    UPRIGHT: "",
    _EXIF[2]: "mirrored",
    _EXIF[3]: "turned by 180 degrees",
    _EXIF[4]: "turned upside down and mirrored",
    _EXIF[5]: "turned by 90 degrees to the right and mirrored",
    _EXIF[6]: "turned by 90 degrees to the right",
    _EXIF[7]: "turned by 90 degrees to the left and mirrored",
    _EXIF[8]: "turned by 90 degrees to the left",
}
_EXIF_TAG = 0x0112
_EXIF_MARKS = (b"Exif\0", b"eXIf", b"EXIF", b"Raw profile type", b"tiff:Orientation")
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def image_orientation(content: bytes) -> Orientation:
    """Of the EXIF data in an image file, where it has any."""
    # Pillow decodes the whole of a PNG file before it says that there is none
    if not content.startswith(_TIFF) and not any(mark in content for mark in _EXIF_MARKS):
        return UPRIGHT
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content)) as image:
            return Orientation.from_exif(image.getexif().get(_EXIF_TAG, 1))
    except Exception:  # Pillow raises errors of every kind
        # handled: EXIF data that cannot be read turn nothing, as in viewers; the pixels are checked elsewhere
        return UPRIGHT
