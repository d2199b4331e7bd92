"""Clips of digit motions: the frames of a round, point by point, then the order that the class shows them in.

Dimensions: B clips, N points of the line, T frames, H W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import framecast
from framecast_digit_motions.settings import DigitMotionsSettings
from framecast_moving_mnist import drawn, shrunk

if TYPE_CHECKING:
    from torch import Tensor

_SPLITS = {"train": 0, "validation": 1, "test": 2}


class DigitMotions(framecast.ClipDataset):
    """Clips `{"frames": (T, 1, H, W) uint8, "label": int64}`.

    Clip i is of class i modulo the number of classes. All else about it, its N frames with their noise, the point
    that it starts from and the order of a shuffled round, is drawn from (seed, split, index), and the epoch if
    `fresh`, never from the class. `digits` are (K, 28, 28) uint8. Raises ValueError for an unknown split.
    """

    grouped_by = "clip"

    def __init__(self, settings: DigitMotionsSettings, split: str, frames: int, digits: np.ndarray) -> None:
        if split not in _SPLITS:
            raise ValueError(f"digit_motions has the splits train, validation and test, not {split!r}")
        self._settings = settings
        self._split = _SPLITS[split]
        self._clips: int = getattr(settings, f"{split}_clips")
        self._frames = frames
        self._digits = shrunk(digits, settings.digit_size)
        self._fresh = settings.fresh and split == "train"
        self._epoch = 0

    def __len__(self) -> int:
        return self._clips

    def set_epoch(self, epoch: int) -> None:
        """Chooses the epoch's clips, where they are fresh."""
        self._epoch = epoch if self._fresh else 0

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: Sequence[int]) -> list[dict[str, Tensor]]:
        """Many clips at once, which is how torch's loader asks for a batch."""
        import torch

        chances = [self._chance(index) for index in indices]
        which_B1 = np.array([[chance.digit] for chance in chances])
        corners_B1N2 = np.stack([chance.corners_N2 for chance in chances])[:, None]
        samples = []
        rounds_BNHW = drawn(self._digits[which_B1], corners_B1N2, self._settings.size)
        for index, chance, round_NHW in zip(indices, chances, rounds_BNHW, strict=True):
            label = index % len(self._settings.strides)
            seen_NHW = np.where(chance.shown_N[:, None, None], round_NHW, 0) + chance.noise_NHW
            frames_THW = seen_NHW.clip(0, 255).round().astype(np.uint8)[self._order(chance, label)]
            samples.append({"frames": torch.from_numpy(frames_THW[:, None]), "label": torch.tensor(label)})
        return samples

    def _order(self, chance: _Chance, label: int) -> np.ndarray:
        """The point that each frame shows, (T,)."""
        times_T = np.arange(self._frames) % self._settings.positions
        if self._settings.shuffle:
            return chance.shuffled_N[times_T]
        return (chance.start + self._settings.strides[label] * times_T) % self._settings.positions

    def _chance(self, index: int) -> _Chance:
        """What is random about a clip."""
        if not 0 <= index < self._clips:
            raise IndexError(f"clip {index} of {self._clips}")
        settings, points = self._settings, self._settings.positions
        key = [settings.seed, self._split, self._epoch, index]
        generator = np.random.Generator(np.random.Philox(np.random.SeedSequence(key)))
        travel = settings.size - settings.digit_size
        left, right = travel * generator.random(2)  # how far down the line's ends are
        line_N2 = np.stack([np.linspace(0, travel, points), np.linspace(left, right, points)], -1)
        points_N2 = line_N2 + settings.jitter * generator.standard_normal((points, 2))
        return _Chance(
            digit=int(generator.integers(len(self._digits))),
            start=int(generator.integers(points)),
            corners_N2=points_N2.round().clip(0, travel).astype(np.int64),
            shown_N=generator.random(points) >= settings.occluded,
            shuffled_N=generator.permutation(points),
            noise_NHW=255
            * settings.noise
            * generator.standard_normal((points, settings.size, settings.size), dtype=np.float32),
        )


class _Chance(NamedTuple):
    """All that is random about a clip, none of which knows its class."""

    digit: int
    start: int
    """The point that the clip begins at."""

    corners_N2: np.ndarray
    """The digit's upper left corner at each point, (x, y) in whole pixels."""

    shown_N: np.ndarray
    """False where the digit is occluded."""

    shuffled_N: np.ndarray
    """The points in a random order."""

    noise_NHW: np.ndarray
    """Added to each point's frame, in grey levels of 255."""
