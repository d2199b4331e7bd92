"""The generator of Moving-MNIST-2 (Su et al. 2020), one clip from one seed.

Dimensions: B clips, N digits in a clip, T frames, H W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from framecast_moving_mnist.settings import MovingMNISTSettings

_SPLITS = {"train": 0, "validation": 1, "test": 2}


class MovingMNIST:
    """A map-style data set of `{"frames": (T, 1, H, W) uint8}`.

    A clip is a pure function of (seed, split, index), and of the epoch if `fresh`: the same in any order, on
    any number of workers. `digits` are (K, 28, 28) uint8. Raises ValueError for an unknown split.
    """

    def __init__(self, settings: MovingMNISTSettings, split: str, frames: int, digits: np.ndarray) -> None:
        if split not in _SPLITS:
            raise ValueError(f"moving_mnist has the splits train, validation and test, not {split!r}")
        self._settings = settings
        self._split = _SPLITS[split]
        self._clips = getattr(settings, f"{split}_clips")
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
        count, size = self._settings.digits, self._settings.size
        drawn = np.empty((len(indices), count, 4))
        for row, index in enumerate(indices):
            drawn[row] = self._random(index).random((count, 4))
        which_BN = (drawn[..., 0] * len(self._digits)).astype(np.int64)
        travel = size - self._settings.digit_size
        corner_BNT2 = np.trunc(travel * trajectories(drawn[..., 1:], self._frames, self._settings.step)).astype(
            int
        )
        clips_BTHW = np.zeros((len(indices), self._frames, size, size), np.uint8)
        for clip, (digits, corners) in enumerate(zip(which_BN, corner_BNT2, strict=True)):
            for digit, corner in zip(digits, corners, strict=True):
                draw(clips_BTHW[clip], self._digits[digit], corner)
        return [{"frames": torch.from_numpy(clip[:, None])} for clip in clips_BTHW]

    def _random(self, index: int) -> np.random.Generator:
        if not 0 <= index < self._clips:
            raise IndexError(f"clip {index} of {self._clips}")
        key = [self._settings.seed, self._split, self._epoch, index]
        return np.random.Generator(np.random.Philox(np.random.SeedSequence(key)))


def trajectories(starts_BN3: np.ndarray, frames: int, step: float) -> np.ndarray:
    """Positions (B, N, T, 2) as x, y in [0, 1], from numbers in [0, 1): start x, start y, direction (in turns).

    Each frame first moves, then bounces: a coordinate at or beyond a wall is put on the wall and its velocity
    flips. So the first frame is already one step from the start.
    """
    position_BN2 = starts_BN3[..., :2].copy()
    angle_BN = 2 * np.pi * starts_BN3[..., 2]
    velocity_BN2 = np.stack([np.cos(angle_BN), np.sin(angle_BN)], -1)
    path = np.empty((*position_BN2.shape[:2], frames, 2))
    for time in range(frames):
        position_BN2 += step * velocity_BN2
        velocity_BN2[(position_BN2 <= 0) | (position_BN2 >= 1)] *= -1
        np.clip(position_BN2, 0, 1, out=position_BN2)
        path[:, :, time] = position_BN2
    return path


def draw(clip_THW: np.ndarray, digit_HW: np.ndarray, corner_T2: np.ndarray) -> None:
    """Lays a digit into every frame with its upper left corner at (x, y), keeping the brighter pixel."""
    height, width = digit_HW.shape
    for frame_HW, (x, y) in zip(clip_THW, corner_T2, strict=True):
        patch = frame_HW[y : y + height, x : x + width]
        np.maximum(patch, digit_HW, out=patch)


def shrunk(digits_KHW: np.ndarray, size: int) -> np.ndarray:
    """Digits at `size` pixels: the mean of square tiles."""
    count, height, _ = digits_KHW.shape
    tile = height // size
    if tile == 1:
        return digits_KHW
    return digits_KHW.reshape(count, size, tile, size, tile).mean((2, 4)).round().astype(np.uint8)
