"""The step of time, and where it breaks."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

import framecast
from framecast_gridded.time_axis import TimeAxis

_DAY = 86400.0
_UNITS = ((365 * _DAY, "year"), (_DAY, "day"), (3600.0, "hour"), (60.0, "minute"), (1.0, "second"))


@dataclass(frozen=True)
class TimeSteps:
    """`step` is the usual distance of two frames, `runs` the frames between breaks: no clip may span a break.

    A step of more than half as much again, or of less than half, is a break: months and years of unequal length,
    and clocks that are seconds late, are none. `leap_days` counts those that a calendar of 365 days leaves out.
    """

    step: float
    shortest: float
    longest: float
    runs: tuple[range, ...]
    leap_days: int

    @classmethod
    def of(cls, axis: TimeAxis) -> TimeSteps:
        """From times that increase."""
        steps = np.diff(axis.numbers)
        if not len(steps):
            return cls(0.0, 0.0, 0.0, (range(len(axis.numbers)),), 0)
        step = _usual(steps)
        regular = _near(steps, step)
        leap = 0
        for index in np.flatnonzero(~regular) if _without_leap_days(axis) else ():
            if _is_leap_day(axis, float(steps[index]), step, float(axis.numbers[index])):
                regular[index] = True
                leap += 1
        bounds = [0, *(np.flatnonzero(~regular) + 1).tolist(), len(axis.numbers)]
        runs = tuple(range(begin, end) for begin, end in pairwise(bounds))
        near = steps[_near(steps, step)]
        return cls(step, float(near.min()), float(near.max()), runs, leap)

    @classmethod
    def even(cls, frames: int) -> TimeSteps:
        """Of files that do not say when their frames are."""
        return cls(0.0, 0.0, 0.0, (range(frames),), 0)


def describe_steps(axis: TimeAxis, steps: TimeSteps) -> str:
    """The usual step in words, and how far others differ from it."""
    usual = duration(axis, steps.step)
    if steps.longest - steps.shortest <= 0.01 * steps.step or _is_calendar(axis, steps):
        return f"every {usual}"
    return f"every {usual} ({duration(axis, steps.shortest)} to {duration(axis, steps.longest)})"


def describe_breaks(axis: TimeAxis, steps: TimeSteps, most: int = 3) -> str | None:
    """Where time breaks and by how much, in one line; None where it does not."""
    if len(steps.runs) < 2:
        return None
    places = []
    for run in steps.runs[: min(most, len(steps.runs) - 1)]:
        before, after = float(axis.numbers[run.stop - 1]), float(axis.numbers[run.stop])
        gap, _, unit = duration(axis, after - before).partition(" ")
        usual, _, usual_unit = duration(axis, steps.step).partition(" ")
        same = unit.rstrip("s") == usual_unit.rstrip("s")
        instead = usual if same else f"{usual} {usual_unit}"
        places.append(f"after {axis.label(before)} ({gap} {unit} instead of {instead})".replace(" )", ")"))
    more = len(steps.runs) - 1 - len(places)
    if more:
        places.append(f"and at {framecast.plural(more, 'more place')}")
    return f"time breaks {', '.join(places)}"


def duration(axis: TimeAxis, seconds: float) -> str:
    """5 minutes, 1 month, 2.5 hours; without a calendar in the file's units."""
    if not axis.calendar:
        return f"{seconds:.6g} {axis.units}".strip()
    months = round(seconds / (30.4 * _DAY))
    if 1 <= months < 12 and 29.5 * months <= seconds / _DAY <= 31 * months:
        return _counted(months, "month")
    length, unit = next(((length, unit) for length, unit in _UNITS if seconds >= 0.95 * length), (1.0, "second"))
    if unit == "year":
        return _counted(round(seconds / (365.25 * _DAY), 1), unit)
    return _counted(seconds / length, unit)


def _usual(steps: np.ndarray) -> float:
    """The step that most others are near to; of equals the shortest."""
    ordered = np.sort(steps)
    near = np.searchsorted(ordered, 1.5 * ordered, "right") - np.searchsorted(ordered, 0.5 * ordered, "left")
    around = ordered[np.argmax(near)]
    return float(np.median(ordered[(ordered >= 0.5 * around) & (ordered <= 1.5 * around)]))


def _near(steps: np.ndarray, step: float) -> np.ndarray:
    found: np.ndarray = (steps >= 0.5 * step) & (steps <= 1.5 * step)
    return found


def _is_leap_day(axis: TimeAxis, gap: float, step: float, before: float) -> bool:
    """Whether all that is missing is a 29th of February."""
    if step > 1.5 * _DAY or not axis.calendar or abs(gap - step - _DAY) > 0.01 * _DAY:
        return False
    return axis.date(before + step) == (2, 29) and axis.date(before + gap) == (3, 1)


def _without_leap_days(axis: TimeAxis) -> bool:
    """Whether no frame is of a 29th of February, though the calendar has them."""
    if axis.calendar != "standard":
        return False
    years = (
        np.array([axis.numbers[0], axis.numbers[-1]], "datetime64[s]").astype("datetime64[Y]").astype(int) + 1970
    )
    leap = [year for year in range(years[0], years[1] + 1) if calendar.isleap(year)]
    days = np.array([f"{year:04}-02-29" for year in leap], "datetime64[s]").astype(np.int64)
    return bool((np.searchsorted(axis.numbers, days) == np.searchsorted(axis.numbers, days + _DAY)).all())


def _is_calendar(axis: TimeAxis, steps: TimeSteps) -> bool:
    """Whether the steps differ only as months and years do."""
    if not axis.calendar:
        return False
    return any(
        count * low <= steps.shortest / _DAY <= steps.longest / _DAY <= count * high
        for low, high, most in ((28, 31, 11), (365, 366, 100))
        for count in range(1, most + 1)
    )


def _counted(count: float, unit: str) -> str:
    text = f"{count:.4g}"
    return f"{text} {unit}{'' if text == '1' else 's'}"
