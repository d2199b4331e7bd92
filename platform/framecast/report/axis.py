"""An axis of a chart: its range, its round marks, and where a value lies on it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from framecast.report.numbers import tick

_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)
_MOST_DECADES = 30
_LEAST, _LEAST_SPAN = 1e-300, 1e-9


@dataclass(frozen=True)
class Axis:
    """From `low` to `high`, linear or logarithmic, drawn from pixel `start` to pixel `end`."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    @classmethod
    def around(
        cls, values: Iterable[float], start: float, end: float, log: bool = False, margin: float = 0.06
    ) -> Axis:
        """Holds all finite `values` and a little more; a logarithm only of positive ones not too far apart."""
        finite = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
        low, high = min(finite), max(finite)
        log = log and low > _LEAST and math.log10(high) - math.log10(low) < _MOST_DECADES
        if log:
            low, high = (low / 1.3, high * 1.3) if low == high else (low, high)
            room = (high / low) ** margin
            return cls(low / room, high * room, start, end, True)
        if high - low <= max(_LEAST, _LEAST_SPAN * max(abs(low), abs(high))):
            low, high = low - (abs(low) / 10 or 1), high + (abs(high) / 10 or 1)
        room = margin * (high - low)
        return cls(low - room, high + room, start, end)

    def at(self, value: float) -> float:
        """Where `value` is drawn."""
        if self.log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int, whole: bool = False) -> list[tuple[float, str]]:
        """At most about `most` round values within the range, each with its text."""
        if self.log and (found := self._decades(most)):
            return [(value, tick(value, value)) for value in found]
        step = _round_step((self.high - self.low) / most)
        step = max(1.0, float(round(step))) if whole else step
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [(each * step, tick(each * step, _shown_step(step))) for each in range(first, last + 1)]

    def _decades(self, most: int) -> list[float]:
        """1, 2, 5, 10, ... where they fit, else powers of ten; nothing where the range holds too few of either."""
        exponents = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for digits in ((1, 2, 5), (1, 3), (1,)):
            found = [
                digit * 10.0**power
                for power in exponents
                for digit in digits
                if self.low <= digit * 10.0**power <= self.high
            ]
            if len(found) <= most + 2:
                return found if len(found) > 2 or len(digits) == 1 < len(found) else []
        return found[:: math.ceil(len(found) / most)]


def _round_step(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return power * next(digit for digit in _ROUND if digit * power >= step * (1 - 1e-9))


def _shown_step(step: float) -> float:
    """2.5 times a power of ten needs one decimal more than its size says."""
    mantissa = step / 10.0 ** math.floor(math.log10(step) + 1e-9)
    return step / 10 if abs(mantissa - 2.5) < 1e-6 else step
