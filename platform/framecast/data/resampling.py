"""Frames shown at their own times, taken at equal distances in time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

import numpy as np

Payload = TypeVar("Payload")

LONGEST_HOLD = 10.0
"""Seconds that one frame may be repeated. A longer interval is a break: the clock jumped, or recording paused."""
_ROUNDING = 1e-9
"""Seconds within which two times are equal: they are sums of floats."""
_JITTER = 1.25
_FEW, _MANY = 0.02, 10
"""Share of the intervals that may be unusual at a constant rate; one may where there are more than so many."""


class Resampler(Generic[Payload]):
    """Takes the frame that a player shows at 0, 1 / rate, 2 / rate, ... seconds after the first one.

    Times are exact to half of `tick` (seconds): a frame that is due within that is shown. `breaks` are the numbers
    of the taken frames with which a new stretch of time begins.
    """

    def __init__(self, rate: float, tick: float) -> None:
        self.breaks: list[int] = []
        self._interval = 1 / rate
        self._tolerance = max(min(tick / 2, self._interval / 4), _ROUNDING)
        self._shown: tuple[float, Payload] | None = None
        self._origin = 0.0
        self._number = 0  # of the next frame to take, counted from the origin
        self._taken = 0
        self._usual = self._interval  # between the last two frames that were added

    def add(self, time: float, payload: Payload) -> Iterator[Payload]:
        """The frames that are taken before the one of this time."""
        if self._shown is None:
            self._origin = time
        elif 0 <= time - self._shown[0] <= LONGEST_HOLD:
            yield from self._take(time)
            self._usual = time - self._shown[0]
        else:
            yield from self.finish(self._usual)
            self._origin, self._number = time, 0
            self.breaks.append(self._taken)
        self._shown = time, payload

    def finish(self, duration: float) -> Iterator[Payload]:
        """The frames that are taken while the last one is shown, for so many seconds; one at least."""
        if self._shown is not None:
            held = min(duration, LONGEST_HOLD)
            held = held if self._number else max(held, self._interval)
            yield from self._take(self._shown[0] + held)

    def _take(self, until: float) -> Iterator[Payload]:
        assert self._shown is not None
        while self._origin + self._number * self._interval < until - self._tolerance:
            self._number += 1
            self._taken += 1
            yield self._shown[1]


def resample_times(
    times: Sequence[float], last_duration: float, rate: float, tick: float
) -> tuple[list[int], list[int]]:
    """Which frame is taken, by number, at each instant; and the breaks among those taken."""
    resampler: Resampler[int] = Resampler(rate, tick)
    taken: list[int] = []
    for number, time in enumerate(times):
        taken += resampler.add(time, number)
    taken += resampler.finish(last_duration)
    return taken, resampler.breaks


def find_time_breaks(times: Iterable[float]) -> list[int]:
    """Numbers of the frames before which the clock jumps: back, or by over a second and ten usual intervals."""
    intervals = np.diff(np.fromiter(times, np.float64))
    if not len(intervals):
        return []
    limit = max(1.0, 10 * float(np.median(intervals)))
    return [int(number) + 1 for number in np.flatnonzero((intervals < 0) | (intervals > limit))]


def rate_range(times: Sequence[float], breaks: Sequence[int]) -> tuple[float, float] | None:
    """The slowest and the fastest rate in frames a second, over all intervals but the breaks. Jitter by less than
    a quarter of the usual interval counts as constant, and so does a single frame that was lost. None where there
    is no interval."""
    intervals = np.delete(np.diff(np.asarray(times, np.float64)), [number - 1 for number in breaks])
    intervals = intervals[intervals > 0]
    if not len(intervals):
        return None
    usual = float(np.median(intervals))
    is_usual = (intervals < _JITTER * usual) & (intervals > usual / _JITTER)
    if len(intervals) - is_usual.sum() <= max(_FEW * len(intervals), len(intervals) > _MANY):
        # the mean, since single intervals are rounded to the container's clock
        return (1 / float(intervals[is_usual].mean()),) * 2
    return 1 / float(intervals.max()), 1 / float(intervals.min())
