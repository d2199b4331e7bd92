"""What the channels hold, counted in blocks of time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

import framecast
from framecast_gridded.fields import Fields
from framecast_gridded.sentinels import Sentinels, Suspect

BLOCK = 2**23
"""Bytes of float64 that are looked at in one go."""


class Statistics(NamedTuple):
    """Of the training period, one number for each channel, in physical units; what is not finite is left out.

    `masked` is the share of values that are not finite, `infinite` how many of them are infinite, `empty_frames`
    how many frames have no value at all. `sentinels` are values at the end of a channel's range that look like
    missing ones. `gaps` says whether anything of the whole set, whatever the period, is not finite.
    """

    minimum: tuple[float, ...]
    maximum: tuple[float, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    masked: tuple[float, ...]
    infinite: tuple[int, ...]
    empty_frames: tuple[int, ...]
    sentinels: tuple[tuple[Suspect, ...], ...]
    gaps: bool

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
    """Reads the first `training` frames, then on until a gap is found. Kept, for each split asks again.

    Raises InputError for a channel without a single number in the training period.
    """
    channels = len(fields.grid.variables)
    low_C, high_C = np.full(channels, np.inf), np.full(channels, -np.inf)
    count_C, mean_C, squares_C = np.zeros(channels), np.zeros(channels), np.zeros(channels)
    total, infinite_C, empty_C = 0, np.zeros(channels, np.int64), np.zeros(channels, np.int64)
    sentinels = [Sentinels(packing) for packing in fields.packings()]
    for block_TCHW in _blocks(fields, 0, training):
        known_TCHW = np.isfinite(block_TCHW)
        total += block_TCHW[:, 0].size
        if not known_TCHW.all():
            infinite_C += np.isinf(block_TCHW).sum((0, 2, 3))
            empty_C += (~known_TCHW.any((2, 3))).sum(0)
        number_C = known_TCHW.sum((0, 2, 3)).astype(np.float64)
        block_low_C = np.where(known_TCHW, block_TCHW, np.inf).min((0, 2, 3))
        block_high_C = np.where(known_TCHW, block_TCHW, -np.inf).max((0, 2, 3))
        for channel, found in enumerate(sentinels):
            if number_C[channel]:
                found.see(block_TCHW[:, channel], float(block_low_C[channel]), float(block_high_C[channel]))
        low_C, high_C = np.minimum(low_C, block_low_C), np.maximum(high_C, block_high_C)
        block_mean_C = np.where(known_TCHW, block_TCHW, 0).sum((0, 2, 3)) / np.maximum(number_C, 1)
        off_TCHW = np.where(known_TCHW, block_TCHW - block_mean_C[:, None, None], 0)
        # Chan, Golub and LeVeque 1979: squares about the mean of two parts, without cancellation
        total_C = np.maximum(count_C + number_C, 1)
        shift_C = block_mean_C - mean_C
        squares_C += np.square(off_TCHW).sum((0, 2, 3)) + shift_C**2 * count_C * number_C / total_C
        mean_C += shift_C * number_C / total_C
        count_C += number_C
    for name, number in zip(fields.grid.variables, count_C, strict=True):
        if not number:
            raise framecast.InputError(
                f"data.variables: {name} has no number in the training period, its first {training} frames: "
                "leave it out"
            )
    gaps = bool((count_C < total).any())
    gaps = gaps or any(not np.isfinite(block).all() for block in _blocks(fields, training, fields.frames))
    deviation_C = np.sqrt(squares_C / count_C)
    low, high, mean, deviation = (tuple(each_C.tolist()) for each_C in (low_C, high_C, mean_C, deviation_C))
    masked = tuple((1 - count_C / max(total, 1)).tolist())
    infinite, empty = tuple(infinite_C.tolist()), tuple(empty_C.tolist())
    suspects = tuple(found.suspects() for found in sentinels)
    return Statistics(low, high, mean, deviation, masked, infinite, empty, suspects, gaps)


def _blocks(fields: Fields, begin: int, end: int) -> Iterator[np.ndarray]:
    grid = fields.grid
    frames = max(1, BLOCK // (8 * len(grid.variables) * grid.height * grid.width))
    for start in range(begin, end, frames):
        yield fields.read(start, min(frames, end - start)).astype(np.float64)
