"""Confidence intervals from the scores of single clips, in one pass and constant memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

RESAMPLINGS = 1000
_CLIPS_AT_ONCE = 256


class Bootstrap:
    """The Poisson bootstrap: in each resampling a clip counts Poisson(1) times.

    How often is a function of the clip's number alone. So two models scored on the same clips are resampled
    alike, and the difference of their means has an interval of its own.
    """

    def __init__(self, columns: int) -> None:
        self._sums = np.zeros((RESAMPLINGS, columns))
        self._counts = np.zeros((RESAMPLINGS, columns))

    @classmethod
    def of(cls, rows: Iterable[Sequence[float]], columns: int) -> Bootstrap:
        """From the clips' values, one row for each clip, in the order of the clips."""
        bootstrap, chunk, number = cls(columns), [], 0
        for row in rows:
            chunk.append(row)
            if len(chunk) == _CLIPS_AT_ONCE:
                bootstrap._add(np.array(chunk, np.float64), number)
                chunk, number = [], number + 1
        if chunk:
            bootstrap._add(np.array(chunk, np.float64), number)
        return bootstrap

    @property
    def means(self) -> np.ndarray:
        """(RESAMPLINGS, columns)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self._sums / self._counts

    def interval(self) -> np.ndarray:
        """(columns, 2): the 95 % interval of each column's mean; not a number where there are no values."""
        return interval_of(self.means)

    def _add(self, values: np.ndarray, number: int) -> None:
        random = np.random.Generator(np.random.Philox(np.random.SeedSequence([0, number])))
        weights = random.poisson(1.0, (RESAMPLINGS, _CLIPS_AT_ONCE))[:, : len(values)]
        known = ~np.isnan(values)
        self._sums += weights @ np.where(known, values, 0.0)
        self._counts += weights @ known


def interval_of(means: np.ndarray) -> np.ndarray:
    """(columns, 2): from the 2.5th to the 97.5th percentile over resamplings."""
    nothing = [np.nan, np.nan]
    known = [column[~np.isnan(column)] for column in means.T]
    return np.array([np.percentile(column, [2.5, 97.5]) if len(column) else nothing for column in known])


def differences(first: Bootstrap, other: Bootstrap, names: Sequence[str]) -> dict[str, list[float]]:
    """The interval of `other` minus `first` for each column."""
    found = interval_of(other.means - first.means)
    return dict(zip(names, found.tolist(), strict=True))
