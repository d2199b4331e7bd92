"""The range of a data set's frames."""

from __future__ import annotations


class ValueRange(tuple[float, float]):
    """(low, high): the scale of frames, which PSNR, SSIM and pictures use.

    `bounded` says that no true value can lie outside, as for pictures. Metrics clamp bounded frames where their
    protocol does; fields (temperature, rain) are not bounded, and are never clamped: a truth beyond the range of
    the training period is still the truth.
    """

    bounded: bool

    def __new__(cls, low: float, high: float, bounded: bool = True) -> ValueRange:
        made = super().__new__(cls, (low, high))
        made.bounded = bounded
        return made

    def __getnewargs__(self) -> tuple[float, float, bool]:  # for pickle
        return self[0], self[1], self.bounded
