"""Scores of clips, added up over what belongs together, in one pass and bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import islice
from typing import NamedTuple

import numpy as np

from framecast.plugin.clip_origin import ClipOrigin

MOST_CELLS = 4096
"""Beyond so many, neighbours are joined: groups in pairs, stretches of time to twice their length."""

_AT_ONCE = 1024
_PLACES = 2**40
"""A cell's key is its series times this, plus its place within."""


class ScoredClip(NamedTuple):
    """A clip's number and origin; its value of each column, and with what weight that counts in the column's mean,
    0 where it has no value."""

    number: int
    origin: ClipOrigin | None
    values: Sequence[float]
    weights: Sequence[float]


class CellSums:
    """The weighted sums of clips' values, cell by cell.

    `grouped_by` says what a cell is: `clip`, where clips are drawn independently; `time`, a stretch as long as a
    clip of a series; or the noun of what clips are cut from, such as `video`. Cells are the same for every model
    that is scored on the same clips.
    """

    def __init__(self, columns: int, grouped_by: str) -> None:
        self.grouped_by = grouped_by
        self._columns = columns
        self._cells: dict[int, np.ndarray] = {}
        self._ranks: dict[int | str, int] = {}
        self._width = 1
        self._clips = 0

    @classmethod
    def of(cls, clips: Iterable[ScoredClip], columns: int, grouped_by: str) -> CellSums:
        sums = cls(columns, grouped_by)
        remaining = iter(clips)
        while chunk := list(islice(remaining, _AT_ONCE)):
            numbers, origins, values, weights = zip(*chunk, strict=True)
            places = None if None in origins else origins
            sums.add(np.array(numbers), places, np.array(values, np.float64), np.array(weights, np.float64))
        return sums

    @property
    def groups(self) -> int:
        """Clips, or videos, persons, series, that were seen."""
        return len(self._ranks) or self._clips

    def add(
        self,
        numbers_N: np.ndarray,
        origins: Sequence[ClipOrigin] | None,
        values_NC: np.ndarray,
        weights_NC: np.ndarray,
    ) -> None:
        """Adds clips, before `values` or `weights` are looked at."""
        self._clips += len(numbers_N)
        keys_N = self._keys(numbers_N, origins)
        keys_U, cell_N = np.unique(keys_N, return_inverse=True)
        added_UXC = np.zeros((len(keys_U), 2, self._columns))
        known_NC = weights_NC > 0
        np.add.at(added_UXC, cell_N, np.stack([np.where(known_NC, values_NC, 0) * weights_NC, weights_NC], 1))
        for key, added_XC in zip(keys_U.tolist(), added_UXC, strict=True):
            self._cells[key] = self._cells[key] + added_XC if key in self._cells else added_XC
        while len(self._cells) > MOST_CELLS:
            self._join()

    @cached_property
    def values(self) -> np.ndarray:
        """(cells, columns): the weighted sums of values, in the order of groups and time."""
        return self._sorted[:, 0]

    @cached_property
    def weights(self) -> np.ndarray:
        """(cells, columns): what these sums have to be divided by."""
        return self._sorted[:, 1]

    @cached_property
    def _sorted(self) -> np.ndarray:
        if not self._cells:
            return np.zeros((0, 2, self._columns))
        return np.stack([self._cells[key] for key in sorted(self._cells)])

    def _keys(self, numbers_N: np.ndarray, origins: Sequence[ClipOrigin] | None) -> np.ndarray:
        if origins is None:
            return numbers_N // self._width
        ranks_N = np.array([self._ranks.setdefault(origin.group, len(self._ranks)) for origin in origins])
        if self.grouped_by != "time":
            return ranks_N // self._width
        starts_N, ends_N = (np.array([origin[at] for origin in origins], np.int64) for at in (1, 2))
        keys_N: np.ndarray = ranks_N * _PLACES + starts_N // (np.maximum(1, ends_N - starts_N) * self._width)
        return keys_N

    def _join(self) -> None:
        joined: dict[int, np.ndarray] = {}
        for key, sums in self._cells.items():
            wider = key // _PLACES * _PLACES + key % _PLACES // 2
            joined[wider] = joined[wider] + sums if wider in joined else sums
        self._cells = joined
        self._width *= 2
