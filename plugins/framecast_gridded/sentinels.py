"""Values that look like missing ones though no file says so: -9999 under temperatures, 1e20 over rain."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from framecast_gridded.packing import Packing

_BELOW = (99.0, 99.9, 999.0, 999.9, 9999.0, 9999.9, 99999.0, 999999.0, 32768.0, 32767.0)
_ABOVE = (999.0, 9999.0, 99999.0, 999999.0, 32767.0, 65535.0)
USUAL = (*(-value for value in _BELOW), *_ABOVE)
"""What people write where there is no value."""

ABSURD = 1e15
"""No physical field of this world has numbers of this size; 1e20 and 1e30 are written for missing ones."""


class Suspect(NamedTuple):
    """A value that looks like a missing one: in physical units, as it is stored, and how often."""

    value: float
    stored: float
    times: int


class Sentinels:
    """Counts usual fill values of one channel, and keeps the range of its other values, block by block.

    Fill values are stored numbers: those of bytes are usual there, though too often true values to be masked.
    """

    def __init__(self, packing: Packing) -> None:
        self._scale = 1.0 if packing.scale is None else packing.scale
        self._offset = packing.offset or 0.0
        bytes_only = {"u": (255.0,), "i": (-127.0, -128.0)}.get(packing.stored.kind, ())
        usual = USUAL + (bytes_only if packing.stored.itemsize == 1 else ())
        self._usual = np.array(usual) * self._scale + self._offset
        self._counts: dict[float, int] = {}
        self._low, self._high = np.inf, -np.inf

    def see(self, values: np.ndarray, low: float, high: float) -> None:
        """Takes a block of values, whose finite ones go from `low` to `high`; cheap where neither end is usual."""
        if not self._is_usual(np.array([low, high])).any():
            self._low, self._high = min(self._low, low), max(self._high, high)
            return
        found, counts = np.unique(values[np.isfinite(values)], return_counts=True)
        usual = self._is_usual(found)
        for value, count in zip(found[usual].tolist(), counts[usual].tolist(), strict=True):
            self._counts[value] = self._counts.get(value, 0) + count
        others = found[~usual]
        if len(others):
            self._low, self._high = min(self._low, float(others[0])), max(self._high, float(others[-1]))

    def suspects(self) -> tuple[Suspect, ...]:
        """Those that lie far from all other values, from the most frequent on."""
        found = [
            Suspect(value, float(f"{(value - self._offset) / self._scale:.7g}"), count)
            for value, count in self._counts.items()
            if self._is_far(value)
        ]
        return tuple(sorted(found, key=lambda each: -each.times))

    def _is_usual(self, values: np.ndarray) -> np.ndarray:
        near = np.abs(values[:, None] - self._usual) <= 1e-6 * np.abs(self._usual) + 1e-9
        usual: np.ndarray = (np.abs(values) >= ABSURD) | near.any(1)
        return usual

    def _is_far(self, value: float) -> bool:
        if abs(value) >= ABSURD:
            return True
        if self._low > self._high:
            return False  # nothing else is there: a channel that has one value only is said to be constant
        least = max(0.5 * (self._high - self._low), 10.0 * abs(self._scale))
        if value < self._low:
            return self._low >= 0 or self._low - value > least
        return value - self._high > least
