"""What the channels hold, counted in blocks of time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

import framecast
from framecast_gridded.fields import Fields
from framecast_gridded.grid import SeeStored
from framecast_gridded.sentinels import Sentinels, Suspect

BLOCK = 2**23
"""Bytes of float64 that are looked at in one go."""


class Statistics(NamedTuple):
    """One number for each channel, in physical units; what is not finite is left out.

    Of the training period are `minimum`, `maximum`, `mean` and `deviation`, which normalise. Of all frames are the
    rest: `masked`, the share of values that are not finite; `infinite`, how many of them are infinite;
    `unwritten`, the share that is stored as netCDF's default fill value; `empty_frames`, how many frames have no
    value at all; and `sentinels`, values at the ends of a channel's range that look like missing ones.
    """

    minimum: tuple[float, ...]
    maximum: tuple[float, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    masked: tuple[float, ...]
    infinite: tuple[int, ...]
    unwritten: tuple[float, ...]
    empty_frames: tuple[int, ...]
    sentinels: tuple[tuple[Suspect, ...], ...]

    @property
    def gaps(self) -> bool:
        """Whether any value of any period is not finite."""
        return any(self.masked)

    def normalisation(self, kind: str, fill: str | float) -> framecast.data.Normalisation:
        """`range`, `standard` or `none`. A channel that never changes keeps its scale; gaps become `fill`."""
        filled = (float(fill),) * len(self.mean) if fill != "mean" else self.mean
        if kind == "none":
            return framecast.data.Normalisation((0.0,) * len(self.mean), (1.0,) * len(self.mean), filled)
        spread = np.subtract(self.maximum, self.minimum)
        # by the spread, for rounding gives a constant a deviation just above 0
        scale = np.where(spread > 0, spread if kind == "range" else self.deviation, 1.0)
        offset = self.minimum if kind == "range" else self.mean
        return framecast.data.Normalisation(offset, tuple(scale.tolist()), filled)


@lru_cache(maxsize=8)
def statistics_of(fields: Fields, training: int) -> Statistics:
    """Reads all frames once, of which the first `training` are for training. Kept, for each split asks again.

    Raises InputError for a channel without a single number in the training period.
    """
    counts = _Counts(fields)
    moments = _Moments(len(fields.grid.variables))
    for block_TCHW in _blocks(fields, 0, training, counts.see_stored):
        known_TCHW = np.isfinite(block_TCHW)
        low_C, high_C = counts.add(block_TCHW, known_TCHW)
        moments.add(block_TCHW, known_TCHW, low_C, high_C)
    for name, number in zip(fields.grid.variables, moments.count_C, strict=True):
        if not number:
            raise framecast.InputError(
                f"data.variables: {name} has no number in the training period, its first {training} frames: "
                "leave it out"
            )
    for block_TCHW in _blocks(fields, training, fields.frames, counts.see_stored):
        counts.add(block_TCHW, np.isfinite(block_TCHW))
    deviation_C = np.sqrt(moments.squares_C / moments.count_C)
    of_training = (moments.low_C, moments.high_C, moments.mean_C, deviation_C)
    low, high, mean, deviation = (tuple(each_C.tolist()) for each_C in of_training)
    return Statistics(
        low,
        high,
        mean,
        deviation,
        tuple((counts.masked_C / max(counts.total, 1)).tolist()),
        tuple(counts.infinite_C.tolist()),
        tuple((counts.unwritten_C / max(counts.total, 1)).tolist()),
        tuple(counts.empty_C.tolist()),
        tuple(found.suspects() for found in counts.sentinels),
    )


class _Moments:
    """Range, mean and sum of squares about the mean of each channel, block by block."""

    def __init__(self, channels: int) -> None:
        self.low_C, self.high_C = np.full(channels, np.inf), np.full(channels, -np.inf)
        self.count_C, self.mean_C, self.squares_C = np.zeros(channels), np.zeros(channels), np.zeros(channels)

    def add(self, block_TCHW: np.ndarray, known_TCHW: np.ndarray, low_C: np.ndarray, high_C: np.ndarray) -> None:
        number_C = known_TCHW.sum((0, 2, 3)).astype(np.float64)
        self.low_C, self.high_C = np.minimum(self.low_C, low_C), np.maximum(self.high_C, high_C)
        block_mean_C = np.where(known_TCHW, block_TCHW, 0).sum((0, 2, 3)) / np.maximum(number_C, 1)
        off_TCHW = np.where(known_TCHW, block_TCHW - block_mean_C[:, None, None], 0)
        # Chan, Golub and LeVeque 1979: squares about the mean of two parts, without cancellation
        total_C = np.maximum(self.count_C + number_C, 1)
        shift_C = block_mean_C - self.mean_C
        self.squares_C += np.square(off_TCHW).sum((0, 2, 3)) + shift_C**2 * self.count_C * number_C / total_C
        self.mean_C += shift_C * number_C / total_C
        self.count_C += number_C


class _Counts:
    """What of each channel has no value, or a value that looks like none, block by block."""

    def __init__(self, fields: Fields) -> None:
        channels = len(fields.grid.variables)
        self.total = 0
        self.masked_C, self.infinite_C, self.unwritten_C, self.empty_C = (
            np.zeros(channels, np.int64) for _ in range(4)
        )
        self._packings = fields.packings()
        self.sentinels = [Sentinels(packing) for packing in self._packings]

    def see_stored(self, channel: int, stored_THW: np.ndarray) -> None:
        """Counts what the netCDF library wrote where nobody had written."""
        self.unwritten_C[channel] += self._packings[channel].count_default_fills(stored_THW)

    def add(self, block_TCHW: np.ndarray, known_TCHW: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The lowest and the highest known value of each channel (C,); infinite where there is none."""
        self.total += block_TCHW[:, 0].size
        if not known_TCHW.all():
            self.masked_C += (~known_TCHW).sum((0, 2, 3))
            self.infinite_C += np.isinf(block_TCHW).sum((0, 2, 3))
            self.empty_C += (~known_TCHW.any((2, 3))).sum(0)
        low_C = np.where(known_TCHW, block_TCHW, np.inf).min((0, 2, 3))
        high_C = np.where(known_TCHW, block_TCHW, -np.inf).max((0, 2, 3))
        for channel, found in enumerate(self.sentinels):
            if low_C[channel] <= high_C[channel]:
                found.see(block_TCHW[:, channel], float(low_C[channel]), float(high_C[channel]))
        return low_C, high_C


def _blocks(fields: Fields, begin: int, end: int, see: SeeStored) -> Iterator[np.ndarray]:
    grid = fields.grid
    frames = max(1, BLOCK // (8 * len(grid.variables) * grid.height * grid.width))
    for start in range(begin, end, frames):
        yield fields.read(start, min(frames, end - start), see=see).astype(np.float64)
