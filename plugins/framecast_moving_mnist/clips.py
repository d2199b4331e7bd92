"""The generator of Moving-MNIST-2 (Su et al. 2020), one clip from one seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

import framecast
from framecast_moving_mnist.drawing import drawn
from framecast_moving_mnist.settings import MovingMNISTSettings
from framecast_moving_mnist.trajectories import trajectories

if TYPE_CHECKING:
    from torch import Tensor

_SPLITS = {"train": 0, "validation": 1, "test": 2}


class MovingMNIST(framecast.ClipDataset):
    """Clips `{"frames": (T, 1, H, W) uint8}`.

    A clip is a pure function of (seed, split, index), and of the epoch if `fresh`: the same in any order, on
    any number of workers. `digits` are (K, 28, 28) uint8. Raises ValueError for an unknown split.
    """

    grouped_by = "clip"

    def __init__(self, settings: MovingMNISTSettings, split: str, frames: int, digits: np.ndarray) -> None:
        if split not in _SPLITS:
            raise ValueError(f"moving_mnist has the splits train, validation and test, not {split!r}")
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

        numbers_BN4 = np.stack([self._numbers(index) for index in indices])
        clips_BTHW = made(numbers_BN4, self._digits, self._frames, self._settings.size, self._settings.step)
        return [{"frames": torch.from_numpy(clip_THW[:, None])} for clip_THW in clips_BTHW]

    def _numbers(self, index: int) -> np.ndarray:
        """What is random about a clip, (N, 4)."""
        if not 0 <= index < self._clips:
            raise IndexError(f"clip {index} of {self._clips}")
        key = [self._settings.seed, self._split, self._epoch, index]
        generator = np.random.Generator(np.random.Philox(np.random.SeedSequence(key)))
        return generator.random((self._settings.digits, 4))


def made(numbers_BN4: np.ndarray, digits_KHW: np.ndarray, frames: int, size: int, step: float) -> np.ndarray:
    """Clips (B, T, size, size) uint8, from numbers in [0, 1) for each digit of a clip: which of the K digits,
    start x, start y, direction."""
    which_BN = (numbers_BN4[..., 0] * len(digits_KHW)).astype(np.int64)
    travel = size - digits_KHW.shape[-1]
    # truncated, as the paper's generator does
    corners_BNT2 = (travel * trajectories(numbers_BN4[..., 1:], frames, step)).astype(np.int64)
    return drawn(digits_KHW[which_BN], corners_BNT2, size)


def shrunk(digits_KHW: np.ndarray, size: int) -> np.ndarray:
    """Digits at `size` pixels: the mean of square tiles."""
    count, height, _ = digits_KHW.shape
    tile = height // size
    if tile == 1:
        return digits_KHW
    means_KHW: np.ndarray = digits_KHW.reshape(count, size, tile, size, tile).mean((2, 4))
    return means_KHW.round().astype(np.uint8)
