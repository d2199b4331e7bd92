"""Fields over time: one or many files as one sequence, read in slices."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np

import framecast
from framecast_gridded.files import FieldFile, find_files, first_line
from framecast_gridded.grid import Grid, SeeStored, grid_of, time_coordinate
from framecast_gridded.handles import HANDLES
from framecast_gridded.orientation import Orientation
from framecast_gridded.packing import Packing
from framecast_gridded.settings import GriddedSettings
from framecast_gridded.time_axis import TimeAxis
from framecast_gridded.time_steps import TimeSteps


@dataclass(frozen=True)
class Fields:
    """Files joined along time; `ends[i]` is the number of frames up to the end of file i, `orientations[i]` which
    way up it is. Holds no data.

    `missing` are stored numbers that stand for nothing; `numbers` is the type that holds all channels.
    """

    files: tuple[FieldFile, ...]
    ends: tuple[int, ...]
    orientations: tuple[Orientation, ...]
    grid: Grid
    missing: tuple[float, ...]
    numbers: str

    @classmethod
    def open(cls, settings: GriddedSettings) -> Fields:
        """Reads every header. Raises InputError where files cannot be read, do not agree, or time goes back."""
        return Recording.open(settings).fields

    @property
    def frames(self) -> int:
        return self.ends[-1]

    def read(self, start: int, count: int, step: int = 1, see: SeeStored | None = None) -> np.ndarray:
        """Frames start, start + step, ..., (count, C, H, W) floats in physical units, not a number where nothing
        is known. `see` gets what is stored.

        Raises IndexError beyond the frames, InputError where a file cannot be read.
        """
        wanted = range(start, start + count * step, step)
        if not 0 <= start <= wanted[-1] < self.frames:
            raise IndexError(f"frames {start} to {wanted[-1]} of {self.frames}")
        parts = []
        while wanted:
            number = bisect_right(self.ends, wanted[0])
            first = self.ends[number - 1] if number else 0
            here = wanted[: len(range(wanted[0], min(self.ends[number], wanted.stop), step))]
            parts.append(self._part(number, slice(here[0] - first, here[-1] - first + 1, step), see))
            wanted = wanted[len(here) :]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def packings(self) -> list[Packing]:
        """How the first file stores each channel."""
        return self.grid.packings(HANDLES[self.files[0]], self.missing)

    def _part(self, number: int, frames: slice, see: SeeStored | None) -> np.ndarray:
        file = self.files[number]
        dataset = HANDLES[file]
        try:
            stored_TCHW = self.grid.read(dataset, frames, self.missing, see)
        except framecast.InputError as error:
            raise framecast.InputError(f"data.path: {error}") from None
        except Exception as error:  # the libraries below raise whatever they please about files that are damaged
            raise framecast.InputError(
                f"data.path: frames {frames.start} to {frames.stop - 1} of {file.path} cannot be read: "
                f"{first_line(error)}"
            ) from None
        return self.orientations[number].turn(stored_TCHW).astype(self.numbers, copy=False)


class Recording(NamedTuple):
    """Fields, and when their frames are: `axis` is None where no file says so."""

    fields: Fields
    axis: TimeAxis | None
    steps: TimeSteps

    @classmethod
    def open(cls, settings: GriddedSettings) -> Recording:
        """As `Fields.open`."""
        return _joined(tuple(find_files(settings.path, settings.layout)), settings)


def frame_size(settings: GriddedSettings) -> tuple[int, int, int]:
    """Channels, height and width, from the header of one file."""
    grid = _grid(find_files(settings.path, settings.layout)[0], settings)
    return len(grid.variables), grid.height, grid.width


class _Span(NamedTuple):
    file: FieldFile
    grid: Grid
    orientation: Orientation
    numbers: str
    frames: int
    axis: TimeAxis | None

    @property
    def first(self) -> float:
        return float(self.axis.numbers[0]) if self.axis else 0.0

    @property
    def last(self) -> float:
        return float(self.axis.numbers[-1]) if self.axis else 0.0


@lru_cache(maxsize=8)  # every split asks, and files may be many
def _joined(files: tuple[FieldFile, ...], settings: GriddedSettings) -> Recording:
    spans: list[_Span] = []
    for file in files:
        span = _span(file, settings)
        if spans:
            _ensure_same_grid(span, spans[0])
        spans.append(span)
    spans, axis = _in_order([span for span in spans if span.frames] or spans[:1])
    fields = Fields(
        tuple(span.file for span in spans),
        tuple(accumulate(span.frames for span in spans)),
        tuple(span.orientation for span in spans),
        spans[0].grid,
        settings.missing,
        str(np.result_type(*(span.numbers for span in spans))),
    )
    return Recording(fields, axis, TimeSteps.of(axis) if axis else TimeSteps.even(fields.frames))


def _grid(file: FieldFile, settings: GriddedSettings) -> Grid:
    with _named(file):
        return grid_of(HANDLES[file], settings)


@contextmanager
def _named(file: FieldFile) -> Iterator[None]:
    """What is refused within names the file."""
    try:
        yield
    except framecast.InputError as error:
        text = str(error)
        raise framecast.InputError(text if str(file.path) in text else f"{text} ({file.path})") from None
    except (LookupError, TypeError, ValueError, ArithmeticError) as error:  # a header that contradicts itself
        raise framecast.InputError(f"data.path: {file.path} cannot be read: {first_line(error)}") from None


def _span(file: FieldFile, settings: GriddedSettings) -> _Span:
    grid = _grid(file, settings)
    dataset = HANDLES[file]
    with _named(file):
        numbers = str(np.result_type(*(each.values for each in grid.packings(dataset, settings.missing))))
        coordinate = time_coordinate(dataset, grid.time)
        axis = TimeAxis.of(coordinate) if coordinate is not None else None
    if axis is not None:
        axis = _increasing(file, grid.time, axis)
    frames = len(axis.numbers) if axis is not None else dataset.sizes[grid.time]
    return _Span(file, grid, Orientation.of(dataset, grid.y, grid.x, settings.north_up), numbers, frames, axis)


def _increasing(file: FieldFile, name: str, axis: TimeAxis) -> TimeAxis:
    """Without frames at the end whose time nobody wrote. Raises InputError where time does not increase."""
    known = np.flatnonzero(np.isfinite(axis.numbers))
    axis = TimeAxis(axis.numbers[: known[-1] + 1], axis.calendar, axis.units)
    if len(known) < len(axis.numbers):
        place = int(np.flatnonzero(~np.isfinite(axis.numbers))[0])
        raise framecast.InputError(
            f"data.path: frame {place} of {file.path} has no time, while later ones have: give it one, or "
            "leave the frame out"
        )
    back = np.flatnonzero(~(np.diff(axis.numbers) > 0))
    if len(back):
        before, after = (axis.label(float(axis.numbers[back[0] + each])) for each in (0, 1))
        order = f"also of {after}" if before == after else f"of {after}, after {before}"
        raise framecast.InputError(
            f"data.path: time does not increase in {file.path}: frame {back[0] + 1} is {order} "
            f"({framecast.plural(len(back), 'such place')}): write it in order and without doubles, with "
            f'xarray: dataset.drop_duplicates("{name}").sortby("{name}").to_netcdf(...)'
        )
    return axis


def _in_order(spans: list[_Span]) -> tuple[list[_Span], TimeAxis | None]:
    """By their times where all have one, else by name. Raises InputError where they overlap."""
    axes = [span.axis for span in spans if span.axis is not None]
    if len(axes) < len(spans):
        return spans, None
    if len({(axis.calendar, axis.units) for axis in axes}) > 1:
        counted = ", ".join(dict.fromkeys(axis.calendar or axis.units or "plain numbers" for axis in axes))
        raise framecast.InputError(f"data.path: the files count time by different calendars ({counted})")
    spans = sorted(spans, key=lambda span: span.first)
    for one, other in pairwise(spans):
        if not other.first > one.last:
            raise framecast.InputError(
                f"data.path: time does not increase from {one.file.path}, which ends at {axes[0].label(one.last)}"
                f", to {other.file.path}, which begins at {axes[0].label(other.first)}: leave one of them out, or "
                "write one file in which each time stands once"
            )
    numbers = np.concatenate([span.axis.numbers for span in spans if span.axis is not None])
    return spans, TimeAxis(numbers, axes[0].calendar, axes[0].units)


def _ensure_same_grid(span: _Span, other: _Span) -> None:
    differences = [
        f"{name} {mine} instead of {its}"
        for name, mine, its in zip(Grid._fields, span.grid, other.grid, strict=True)
        if mine != its
    ] or [
        f"{mine.kind or its.kind} from {mine.begin:g} to {mine.end:g} instead of {its.begin:g} to {its.end:g}"
        for mine, its in zip(span.orientation, other.orientation, strict=True)
        if mine.differs(its)
    ]
    if differences:
        raise framecast.InputError(
            f"data.path: {span.file.path} differs from {other.file.path}: {'; '.join(differences)}"
        )
