"""Arrays of frames that users hand to a model: which axis is which, and which value is white.

Dimensions: B clips, T frames, C channels, H W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from framecast.bounded.array_file import map_array, read_arrays
from framecast.counting import plural
from framecast.errors import InputError
from framecast.plugin.sample_shape import SampleShape

ARRAYS = (".npy", ".npz")
_BARELY_ABOVE = 2
"""Floats up to this are no grey levels of 255: values in [0, 1] that a filter overshot look like that."""


class OrderedFrames(NamedTuple):
    """`frames` (T, C, H, W) of any type, and what was assumed, in words."""

    frames: np.ndarray
    assumptions: tuple[str, ...]


def load_array(file: Path) -> np.ndarray:
    """The one array in a .npy or .npz file, of any numbers. Raises InputError where there is no such array."""
    try:
        if file.suffix.lower() == ".npy":
            return map_array(file)
        arrays = read_arrays(file)
    except FileNotFoundError:
        raise InputError(f"{file}: no such file or folder") from None
    if len(arrays) != 1:
        held = ", ".join(arrays) or "nothing"
        raise InputError(f"{file} holds {plural(len(arrays), 'array')} ({held}): save the one of frames alone")
    return next(iter(arrays.values()))


def order_axes(array: np.ndarray, shape: SampleShape, where: str) -> OrderedFrames:
    """(T, C, H, W) of `array` for a model of clips of that `shape`. A view of the same numbers.

    Accepted are (T, H, W) for one channel, (T, C, H, W), (T, H, W, C), and each as the only clip of a batch.
    Raises InputError, which begins with `where`, for other shapes and where several readings are possible.
    """
    if array.dtype.kind not in "buif":
        raise _wrong(array, shape, where, "is complex" if array.dtype.kind == "c" else "holds no numbers")
    readings = _readings(array.shape, shape)
    if len(readings) > 1:  # frames of the size that was trained on are the likely ones
        fitting = {
            name: axes
            for name, axes in readings.items()
            if tuple(array.shape[axis] for axis in axes[2:]) == shape.image[1:]
        }
        if len(fitting) != 1:
            raise _wrong(array, shape, where, f"can be read as {' or '.join(readings)}")
        readings = fitting
    if not readings:
        several = array.ndim == 5 and array.shape[0] > 1 and _readings((1, *array.shape[1:]), shape)
        reason = f"is a batch of {plural(array.shape[0], 'clip')}: hand over one" if several else ""
        raise _wrong(array, shape, where, reason)
    ((name, axes),) = readings.items()
    batch = tuple(axis for axis in range(array.ndim) if axis not in axes)
    frames_TCHW = np.transpose(array, (*batch, *(axis for axis in axes if axis >= 0)))
    frames_TCHW = frames_TCHW[(0,) * len(batch)]
    if axes[1] < 0:
        frames_TCHW = frames_TCHW[:, None]
    is_usual = name == "(T, C, H, W)" or (name == "(T, H, W)" and shape.channels == 1)
    return OrderedFrames(frames_TCHW, () if is_usual else (f"shape {array.shape} is taken as {name}",))


def _readings(found: Sequence[int], shape: SampleShape) -> dict[str, tuple[int, int, int, int]]:
    """Every way to read a shape: by name, the axes of T, C, H and W, -1 for a channel that has no axis."""
    channels, ndim = shape.channels, len(found)
    readings: dict[str, tuple[int, int, int, int]] = {}
    for batch in (0, 1):
        if ndim - batch not in (3, 4) or (batch and found[0] != 1):
            continue
        prefix = "(1, " if batch else "("
        if ndim - batch == 3:
            if channels == 1 and not (batch and 1 in (found[1], found[3])):  # those are (T, C, H, W) and so on
                readings[f"{prefix}T, H, W)"] = (batch, -1, batch + 1, batch + 2)
            continue
        if found[batch + 1] == channels:
            readings[f"{prefix}T, C, H, W)"] = (batch, batch + 1, batch + 2, batch + 3)
        if found[batch + 3] == channels:
            readings[f"{prefix}T, H, W, C)"] = (batch, batch + 3, batch + 1, batch + 2)
    return readings


class PictureScale(NamedTuple):
    """value -> offset + factor * value, and what was assumed, in words."""

    factor: float
    offset: float = 0.0
    assumptions: tuple[str, ...] = ()

    def apply(self, array: np.ndarray) -> np.ndarray:
        """float32."""
        return (self.offset + self.factor * array.astype(np.float32)).astype(np.float32)


def picture_scale(array: np.ndarray, value_range: tuple[float, float], where: str) -> PictureScale:
    """From pictures of any type to the data set's `value_range`: (0, 1) where its frames come from videos.

    uint8 is 0 to 255 and bool black and white; uint16 that uses its upper half is 0 to 65535; floats are in the
    range, or in 0 to 255. Raises InputError, which begins with `where`, for all that could mean several things.
    """
    low, high = value_range
    kind = array.dtype.name
    if not array.size:
        raise InputError(f"{where} holds no numbers: its shape is {array.shape}")
    least, most, missing = _extent(array)
    if missing:
        values = plural(missing, "value that is", "values that are")
        raise InputError(f"{where} has {values} no number, and pictures have none: replace them")
    found = f"{kind} from {least:g} to {most:g}"
    wanted = f"the model takes uint8, or floats from {low:g} to {high:g}"
    if kind == "bool":
        return PictureScale(high - low, low, ("bool is taken as black and white",))
    if kind == "uint8":
        return PictureScale(1 / 255, 0.0, (f"{found}: 255 is white, so all of it is black",) if most == 1 else ())
    if (array.dtype.kind == "f" and low <= least and most <= high) or most == least == 0:
        return PictureScale(1.0)
    if (low, high) == (0.0, 1.0) and least >= 0:
        if kind == "uint16" and most >= 2**15:
            return PictureScale(1 / 65535, 0.0, (f"{found} is taken as 0 to 65535",))
        if kind != "uint16" and _BARELY_ABOVE < most <= 255:
            return PictureScale(1 / 255, 0.0, (f"{found} is taken as 0 to 255",))
    raise InputError(f"{where} holds {found}, which does not tell what is white; {wanted}: scale it")


def _extent(array: np.ndarray) -> tuple[float, float, int]:
    """The smallest and the largest value, and how many are no number; a frame at a time, as a mapped array may be
    larger than memory."""
    missing, least, most = 0, np.inf, -np.inf
    for frame in array:
        if array.dtype.kind == "f":
            missing += int(np.count_nonzero(~np.isfinite(frame)))
        least, most = min(least, float(frame.min())), max(most, float(frame.max()))
    return least, most, missing


def _wrong(array: np.ndarray, shape: SampleShape, where: str, reason: str) -> InputError:
    channels = shape.channels
    others = "(T, H, W)" if channels == 1 else f"(T, H, W, {channels})"
    because = f"; this array {reason}" if reason else ""
    return InputError(
        f"{where} holds {array.dtype} of shape {array.shape}, the model needs (T, {channels}, H, W) numbers, or "
        f"{others}{because}"
    )
