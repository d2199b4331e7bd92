"""When each frame is, in seconds of the file's calendar: read without the limits of any one date type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from framecast_gridded.packing import Packing, default_fill

if TYPE_CHECKING:
    import xarray

_SECONDS = {
    **dict.fromkeys(("microsecond", "microseconds", "microsec", "microsecs"), 1e-6),
    **dict.fromkeys(("millisecond", "milliseconds", "millisec", "millisecs", "msec", "msecs", "ms"), 1e-3),
    **dict.fromkeys(("second", "seconds", "sec", "secs", "s"), 1.0),
    **dict.fromkeys(("minute", "minutes", "min", "mins"), 60.0),
    **dict.fromkeys(("hour", "hours", "hr", "hrs", "h"), 3600.0),
    **dict.fromkeys(("day", "days", "d"), 86400.0),
    **dict.fromkeys(("week", "weeks"), 7 * 86400.0),
    **dict.fromkeys(("month", "months", "mon", "mons"), 30 * 86400.0),
    **dict.fromkeys(("year", "years", "yr", "yrs"), 360 * 86400.0),
}
_CALENDARS = {"gregorian": "standard", "365_day": "noleap", "366_day": "all_leap", "": "standard"}
_REFERENCE = "seconds since 1970-01-01"


@dataclass(frozen=True)
class TimeAxis:
    """The times of frames, as `numbers` (T,) float64: seconds since 1970 in `calendar`, or plain numbers in
    `units` where `calendar` is empty. Not a number where the file has none."""

    numbers: np.ndarray
    calendar: str
    units: str

    @classmethod
    def of(cls, coordinate: xarray.DataArray) -> TimeAxis | None:
        """From a coordinate as stored; None where it has no number at all."""
        stored, attributes = coordinate.to_numpy(), coordinate.attrs
        if stored.dtype.kind in "SUOT":
            return _of_text(stored)
        if stored.dtype.kind == "M":
            return cls(_since_1970(stored), "standard", "")
        fill = default_fill(stored.dtype)
        missing = () if fill is None or "_FillValue" in attributes else (fill,)
        numbers = Packing.of(str(coordinate.name), stored.dtype, attributes, missing).unpack(stored)
        axis = _of_numbers(numbers.astype(np.float64), attributes)
        return axis if np.isfinite(axis.numbers).any() else None

    def label(self, number: float) -> str:
        """A time in words, without what is zero: 2024-01-31, 2024-01-31 06:00."""
        if not self.calendar:
            return f"{number:.10g}{f' {self.units}' if self.units else ''}"
        import cftime

        date = cftime.num2date(round(number), _REFERENCE, self.calendar)
        day = f"{date.year:04}-{date.month:02}-{date.day:02}"
        if not (date.hour or date.minute or date.second):
            return day
        return f"{day} {date.hour:02}:{date.minute:02}{f':{date.second:02}' if date.second else ''}"

    def date(self, number: float) -> tuple[int, int]:
        """Month and day of a time; (0, 0) where there is no calendar."""
        if not self.calendar:
            return 0, 0
        import cftime

        found = cftime.num2date(round(number), _REFERENCE, self.calendar)
        return found.month, found.day


def is_time(coordinate: xarray.DataArray) -> bool:
    """Whether a coordinate says that it is time: by the CF conventions, or by the type of its values."""
    attributes = coordinate.attrs
    return (
        attributes.get("axis") == "T"
        or attributes.get("standard_name") == "time"
        or coordinate.dtype.kind == "M"
        or bool(re.search(r"\bsince\b|^day as %", str(attributes.get("units", ""))))
    )


def _of_numbers(numbers: np.ndarray, attributes: Mapping[str, Any]) -> TimeAxis:
    units = str(attributes.get("units", "")).strip()
    if units.startswith("day as %Y%m%d"):
        return _of_digits(numbers, 8) or TimeAxis(numbers, "", units)
    parts = re.fullmatch(r"(\w+)\s+since\s+(.+)", units)
    if not parts or parts[1].lower() not in _SECONDS:
        plain = not units or units == "1"
        return (plain and (_of_digits(numbers, 8) or _of_digits(numbers, 6))) or TimeAxis(numbers, "", units)
    import cftime

    calendar = str(attributes.get("calendar", "")).lower()
    calendar = _CALENDARS.get(calendar, calendar)
    if parts[1].lower().startswith(("mon", "year", "yr")):
        calendar = "360_day"  # of no fixed length elsewhere; as units they are meant to be equal
    try:
        start = cftime.num2date(0, f"days since {parts[2]}", calendar)
        begin = float(cftime.date2num(start, _REFERENCE, calendar))
    except (ValueError, OverflowError):
        # handled: a date or calendar that cftime does not know; the numbers order the fields, in their own unit
        return TimeAxis(numbers, "", units)
    seconds = begin + numbers * _SECONDS[parts[1].lower()]
    finite = seconds[np.isfinite(seconds)]
    # since 1582 both calendars are one, and files of either can be joined
    if calendar == "proleptic_gregorian" and len(finite) and finite.min() > -12_219_292_800:
        calendar = "standard"
    return TimeAxis(seconds, calendar, "")


def _of_digits(numbers: np.ndarray, digits: int) -> TimeAxis | None:
    """Dates written as 20240131 or 202401, with a fraction of the day; None where some are no dates."""
    known = np.isfinite(numbers)
    days = np.floor(numbers[known]).astype(np.int64)
    first, last = (18000101, 22001231) if digits == 8 else (180001, 220012)
    if not len(days) or days.min() < first or days.max() > last:
        return None
    if digits == 6:
        days = days * 100 + 1
    text = [f"{day // 10000:04}-{day // 100 % 100:02}-{day % 100:02}" for day in days]
    try:
        dates = np.array(text, "datetime64[D]")
    except ValueError:  # handled: no dates; read as numbers
        return None
    seconds = np.full(numbers.shape, np.nan)
    seconds[known] = _since_1970(dates) + np.round((numbers[known] % 1) * 86400, 3)
    return TimeAxis(seconds, "standard", "")


def _of_text(stored: np.ndarray) -> TimeAxis | None:
    """Dates in ISO 8601, also with an underscore, as WRF writes them; None where some are no dates."""
    words = [each.decode(errors="replace") if isinstance(each, bytes) else str(each) for each in stored.ravel()]
    try:
        dates = np.array([each.strip().replace("_", "T").rstrip("Z") for each in words], "datetime64[ms]")
    except ValueError:  # handled: no dates; the caller goes through other ways to read them
        return None
    axis = TimeAxis(_since_1970(dates), "standard", "")
    return axis if np.isfinite(axis.numbers).any() else None


def _since_1970(dates: np.ndarray) -> np.ndarray:
    milliseconds = dates.astype("datetime64[ms]").astype(np.int64).astype(np.float64)
    return np.where(np.isnat(dates), np.nan, milliseconds / 1000)
