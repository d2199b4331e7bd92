"""The shape of a sample."""

from __future__ import annotations

from typing import NamedTuple


class SampleShape(NamedTuple):
    """What a sample is like: its `clip` (T, C, H, W) of frames, each an `image` (C, H, W), and how many `classes`
    its label is one of, 0 where there are no labels."""

    frames: int
    channels: int
    height: int
    width: int
    classes: int = 0

    @property
    def clip(self) -> tuple[int, int, int, int]:
        return self.frames, self.channels, self.height, self.width

    @property
    def image(self) -> tuple[int, int, int]:
        return self.channels, self.height, self.width
