"""The classic fixed test set of Moving-MNIST (Srivastava et al. 2015), `mnist_test_seq.npy`.

Dimensions: T frames, B clips, H W pixels: time comes first in the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import framecast
from framecast_moving_mnist.settings import SEQUENCE_SIZE

if TYPE_CHECKING:
    from torch import Tensor

FILE = "mnist_test_seq.npy"
SITE = "http://www.cs.toronto.edu/~nitish/unsupervised_video/"
_SHAPE = (20, 10_000, SEQUENCE_SIZE, SEQUENCE_SIZE)


class FixedSequences(framecast.ClipDataset):
    """The 10,000 clips, `{"frames": (T, 1, 64, 64) uint8}`, read as they are asked for.

    Clips of fewer than 20 frames are the beginnings. Raises InputError where more are asked for, or where the file
    in `folder` is missing or not sound.
    """

    grouped_by = "clip"

    def __init__(self, folder: Path, frames: int) -> None:
        if frames > _SHAPE[0]:
            raise framecast.InputError(
                f"data.test_sequences: the clips of {FILE} have {_SHAPE[0]} frames, the task needs {frames}: "
                "ask for fewer frames, or set test_sequences=false"
            )
        self._folder = folder
        self._frames = frames
        self._sequences_TBHW = open_sequences(folder)

    def __len__(self) -> int:
        return _SHAPE[1]

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        import torch

        if not 0 <= index < len(self):
            raise IndexError(f"clip {index} of {len(self)}")
        clip_THW = np.array(self._sequences_TBHW[: self._frames, index])
        return {"frames": torch.from_numpy(clip_THW[:, None])}

    def __reduce__(self) -> tuple[type[FixedSequences], tuple[Path, int]]:
        # a mapped array would travel to a loader's process as 800 MB of pixels
        return FixedSequences, (self._folder, self._frames)


def open_sequences(folder: Path) -> np.ndarray:
    """The file's array (20, 10000, 64, 64) uint8, mapped into memory and not read. Raises InputError where it is
    missing, cannot be read or is another array."""
    file = folder / FILE
    try:
        sequences_TBHW = framecast.bounded.map_array(file)
    except FileNotFoundError:
        raise _wrong(f"{file} is not there: get it from {SITE}") from None
    except framecast.InputError as error:
        raise _wrong(f"{error}: get it anew from {SITE}") from None
    if sequences_TBHW.shape != _SHAPE or sequences_TBHW.dtype != np.uint8:
        found = f"{sequences_TBHW.dtype} of shape {sequences_TBHW.shape}"
        raise _wrong(f"{file} holds {found}, expected uint8 of shape {_SHAPE}: get it from {SITE}")
    return sequences_TBHW


def _wrong(message: str) -> framecast.InputError:
    return framecast.InputError(f"data.test_sequences: {message}")
