"""What the training period tells of each channel: lowest, highest, mean, deviation; and whether there are gaps."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

import framecast
from framecast_gridded.periods import periods
from framecast_gridded.settings import GriddedSettings
from framecast_gridded.source import Source

BLOCK_BYTES = 64 * 2**20


class Statistics(NamedTuple):
    """Of the training period, each (C,), in the data's own units; `gaps`: some point at some time is not known."""

    lowest: np.ndarray
    highest: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray
    gaps: bool

    def normalisation(self, how: str) -> framecast.data.Normalisation:
        """A channel that never changes keeps its scale."""
        nothing, one = np.zeros_like(self.mean), np.ones_like(self.mean)
        offset, scale = {
            "range": (self.lowest, self.highest - self.lowest),
            "standard": (self.mean, self.deviation),
            "none": (nothing, one),
        }[how]
        scale = np.where(scale > 0, scale, 1.0)
        return framecast.data.Normalisation(tuple(offset.tolist()), tuple(scale.tolist()))


@lru_cache(maxsize=8)
def statistics_of(path: str, settings_json: str) -> Statistics:
    """Once in a process, block by block, so that memory does not grow with the data.

    Raises InputError for a channel that is nowhere known in the training period.
    """
    settings = GriddedSettings.model_validate_json(settings_json)
    source = Source(settings)
    begin, end = periods(len(source), settings)["train"]
    channels = len(source.channels)
    lowest, highest = np.full(channels, np.inf), np.full(channels, -np.inf)
    count, total, squares = np.zeros(channels), np.zeros(channels), np.zeros(channels)
    shift: np.ndarray | None = None
    gaps = False
    block = max(1, BLOCK_BYTES // (4 * channels * source.shape[0] * source.shape[1]))
    for start in range(0, len(source), block):
        fields = source.read(start, min(start + block, len(source))).astype(np.float64)
        known = ~np.isnan(fields)
        gaps |= not known.all()
        training = slice(max(0, begin - start), max(0, end - start))
        fields, known = fields[training], known[training]
        if not known.any():
            continue
        lowest = np.minimum(lowest, np.where(known, fields, np.inf).min((0, 2, 3)))
        highest = np.maximum(highest, np.where(known, fields, -np.inf).max((0, 2, 3)))
        number = known.sum((0, 2, 3))
        if shift is None:  # near the mean: squares of large numbers would swallow the deviation
            shift = np.where(known, fields, 0).sum((0, 2, 3)) / np.maximum(number, 1)
        off = np.where(known, fields - shift[:, None, None], 0)
        count, total, squares = count + number, total + off.sum((0, 2, 3)), squares + (off**2).sum((0, 2, 3))
    empty = [name for name, known_points in zip(source.channels, count, strict=True) if not known_points]
    if empty or shift is None:
        raise framecast.InputError(
            f"data.path: {', '.join(empty)} in {path} is nowhere a number in the training period ({end} steps)"
        )
    mean = total / count
    return Statistics(lowest, highest, shift + mean, np.sqrt(np.maximum(squares / count - mean**2, 0)), gaps)
