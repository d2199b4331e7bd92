"""What reading fields found and assumed, a line for each thing, and what of it is probably a mistake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

import framecast
from framecast_gridded.fields import Fields, Recording
from framecast_gridded.handles import HANDLES
from framecast_gridded.orientation import Axis
from framecast_gridded.packing import Packing, is_default_fill
from framecast_gridded.statistics import Statistics
from framecast_gridded.time_steps import describe_breaks, describe_steps, duration

if TYPE_CHECKING:
    import xarray

_MOST_NAMED = 5


def notes_of(recording: Recording, periods: dict[str, range], statistics: Statistics) -> list[framecast.DataNote]:
    """The same for every split, from headers and from the statistics of the training period."""
    return [
        *_variables(recording.fields, statistics),
        *_time(recording, periods),
        *_space(recording.fields),
        *_pictures(recording.fields),
        *_left_out(recording.fields),
    ]


def _variables(fields: Fields, statistics: Statistics) -> Iterator[framecast.DataNote]:
    grid = fields.grid
    dataset = HANDLES[fields.files[0]]
    for channel, packing in enumerate(fields.packings()):
        name = grid.variables[channel]
        attributes = dataset[name].attrs
        low, high, masked = (each[channel] for each in (statistics.minimum, statistics.maximum, statistics.masked))
        title = str(attributes.get("long_name") or attributes.get("standard_name") or "")
        units = grid.units[channel]
        facts = [
            f"channel {channel}" if len(grid.variables) > 1 else "",
            title if title != name else "",
            units or "no units",
            f"{low + 0.0:.6g} to {high + 0.0:.6g} in the training period",
            _masked_text(masked, statistics.unwritten[channel], packing) if masked else "",
            *packing.describe(),
            _zarr_zero(dataset[name].encoding.get("fill_value"), packing.fills, low),
        ]
        yield framecast.DataNote(name, ", ".join(fact for fact in facts if fact))
        for warning in _suspicious(channel, statistics):
            yield framecast.DataNote(name, warning, warning=True)
        if statistics.unwritten[channel] and not _declares_fill(dataset[name], packing):
            yield framecast.DataNote(
                name,
                f"{_percent(statistics.unwritten[channel])} of its values are netCDF's default fill value "
                f"({packing.default_fill:.7g}), which the file does not declare: they are taken as never written "
                "(masked)",
                warning=True,
            )


def _masked_text(masked: float, unwritten: float, packing: Packing) -> str:
    """The share of values that are missing, and of it what netCDF's default fill value makes up."""
    text = f"{_percent(masked)} masked"
    if not unwritten:
        return text
    share = "" if unwritten == masked else f"{_percent(unwritten)} of all: "
    return f"{text} ({share}netCDF's default fill value {packing.default_fill:.7g})"


def _declares_fill(variable: xarray.DataArray, packing: Packing) -> bool:
    """Whether the file itself says that netCDF's default fill value stands for nothing."""
    if "undeclared_fill" in variable.encoding:
        return False
    said = (variable.attrs.get(key) for key in ("_FillValue", "missing_value"))
    numbers = [number for each in said if each is not None for number in np.atleast_1d(np.asarray(each)).ravel()]
    return any(isinstance(each, np.number) and is_default_fill(float(each), packing.stored) for each in numbers)


def _suspicious(channel: int, statistics: Statistics) -> Iterator[str]:
    suspects = statistics.sentinels[channel]
    if suspects:
        found = " and ".join(f"{each.value:.7g} ({each.times:,} times)" for each in suspects[:_MOST_NAMED])
        stored = ", ".join(f"{each.stored:.7g}" for each in suspects[:_MOST_NAMED])
        yield (
            f"{found} looks like a missing value that the file does not declare; to mask it: "
            f"'data.missing=[{stored}]'"
        )
    if statistics.masked[channel] > 0.5:
        yield f"{_percent(statistics.masked[channel])} of its values are missing (masked)"
    if statistics.infinite[channel]:
        yield f"{framecast.plural(statistics.infinite[channel], 'infinite value')}, masked"
    if empty := statistics.empty_frames[channel]:
        yield f"{framecast.plural(empty, 'frame')} without any value"
    if statistics.minimum[channel] == statistics.maximum[channel]:
        yield f"has one value only, {statistics.minimum[channel]:.6g}, in the training period"


def _time(recording: Recording, periods: dict[str, range]) -> Iterator[framecast.DataNote]:
    axis, steps = recording.axis, recording.steps
    count = framecast.plural(recording.fields.frames, "frame")
    if axis is None:
        yield framecast.DataNote("time", f"{count}; no time coordinate: frames taken as evenly spaced")
        return
    ends = axis.label(float(axis.numbers[0])), axis.label(float(axis.numbers[-1]))
    calendar = "" if axis.calendar in ("standard", "") else f", calendar {axis.calendar}"
    every = f", {describe_steps(axis, steps)}" if steps.step else ""
    yield framecast.DataNote("time", f"{ends[0]} to {ends[1]}, {count}{every}{calendar}")
    spans = [
        f"{split} {axis.label(float(axis.numbers[period[0]]))} to {axis.label(float(axis.numbers[period[-1]]))}"
        for split, period in periods.items()
        if period
    ]
    yield framecast.DataNote("periods", ", ".join(spans))
    if steps.leap_days:
        yield framecast.DataNote("time", f"{steps.leap_days} leap days are left out, which is no break")
    breaks = describe_breaks(axis, steps)
    if breaks is None:
        return
    yield framecast.DataNote("time", f"{breaks}: no clip spans a break", warning=True)
    gaps = np.diff(axis.numbers)
    odd = gaps[(gaps < 0.5 * steps.step) | (gaps > 1.5 * steps.step)]
    if len(odd) > 0.1 * len(gaps):
        usual, *others = (duration(axis, float(each)) for each in (steps.step, odd.min(), odd.max()))
        yield framecast.DataNote(
            "time",
            f"steps are mixed: {len(odd):,} of {len(gaps):,} are not {usual} "
            f"but {' to '.join(dict.fromkeys(others))}",
            warning=True,
        )


def _space(fields: Fields) -> Iterator[framecast.DataNote]:
    grid = fields.grid
    y, x = fields.orientations[0]
    known = y.kind or x.kind
    yield framecast.DataNote(
        "grid",
        f"{grid.height} rows along {_axis_text(grid.y, y, 'north up')}, "
        f"{grid.width} columns along {_axis_text(grid.x, x, 'west on the left')}"
        + ("" if known else "; nothing says where they lie: taken as in the file"),
    )
    layouts = HANDLES[fields.files[0]].attrs.get("layouts") if grid.time == "time" else None
    if layouts and str(fields.files[0].path).endswith((".npy", ".npz")):
        axes = {"TCHW": "(time, channels, rows, columns)", "THWC": "(time, rows, columns, channels)"}
        yield framecast.DataNote("layout", ", ".join(f"{each}: {axes[each]}" for each in layouts))


def _pictures(fields: Fields) -> Iterator[framecast.DataNote]:
    variables = fields.grid.variables
    if len(variables) > 1:
        yield framecast.DataNote("pictures", f"show {variables[0]}, the first of {len(variables)} channels")


def _axis_text(name: str, axis: Axis, turned: str) -> str:
    if not axis.kind:
        return name
    named = "" if name == axis.kind else f"{axis.kind} "
    order = f", the file's order turned around: {turned}" if axis.turned else ""
    return f"{name} ({named}{axis.begin:.6g} to {axis.end:.6g}{order})"


def _left_out(fields: Fields) -> Iterator[framecast.DataNote]:
    dataset = HANDLES[fields.files[0]]
    found = [f"{name} ({reason})" for name, reason in fields.grid.left_out(dataset)]
    found += dataset.attrs.get("left_out", []) if str(fields.files[0].path).endswith(".npz") else []
    if found:
        more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
        yield framecast.DataNote("left out", f"{', '.join(found[:_MOST_NAMED])}{more}")


def _zarr_zero(fill: object, fills: tuple[float, ...], low: float) -> str:
    """Zarr's fill_value of 0, which xarray masks in version 2, where there are zeros to be read."""
    zero = isinstance(fill, int | float | np.number) and fill == 0 and 0.0 not in fills and low <= 0
    return "zeros are values (Zarr's fill_value 0 masks nothing)" if zero else ""


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.001 else "under 0.1 %"
