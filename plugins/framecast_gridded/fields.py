"""Fields over time: one or many files as one sequence, read in slices."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

import framecast
from framecast_gridded.files import FieldFile, find_files, first_line
from framecast_gridded.grid import Grid, grid_of
from framecast_gridded.handles import HANDLES
from framecast_gridded.settings import GriddedSettings


@dataclass(frozen=True)
class Fields:
    """Files joined along time; `ends[i]` is the number of frames up to the end of file i. Holds no data."""

    files: tuple[FieldFile, ...]
    ends: tuple[int, ...]
    grid: Grid

    @classmethod
    def open(cls, settings: GriddedSettings) -> Fields:
        """Reads every header. Raises InputError where files cannot be read, do not agree, or time goes back."""
        return _joined(tuple(find_files(settings.path)), settings)

    @property
    def frames(self) -> int:
        return self.ends[-1]

    def read(self, start: int, count: int, step: int = 1) -> np.ndarray:
        """Frames start, start + step, ..., (count, C, H, W) floats in physical units, not a number where nothing
        is known.

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
            parts.append(self._part(self.files[number], slice(here[0] - first, here[-1] - first + 1, step)))
            wanted = wanted[len(here) :]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _part(self, file: FieldFile, frames: slice) -> np.ndarray:
        dataset = HANDLES[file]
        try:
            return self.grid.read(dataset, frames)
        except (OSError, RuntimeError, ValueError) as error:
            raise framecast.InputError(
                f"data.path: frames {frames.start} to {frames.stop - 1} of {file.path} cannot be read: "
                f"{first_line(error)}"
            ) from None


def frame_size(settings: GriddedSettings) -> tuple[int, int, int]:
    """Channels, height and width, from the header of one file."""
    grid = _grid(find_files(settings.path)[0], settings)
    return len(grid.variables), grid.height, grid.width


@dataclass(frozen=True)
class _Span:
    file: FieldFile
    grid: Grid
    frames: int
    first: Any
    last: Any


@lru_cache(maxsize=8)  # every split asks, and files may be many
def _joined(files: tuple[FieldFile, ...], settings: GriddedSettings) -> Fields:
    spans: list[_Span] = []
    for file in files:
        grid = _grid(file, settings)
        if spans and grid != spans[0].grid:
            raise framecast.InputError(
                f"data.path: {file.path} differs from {spans[0].file.path}: {_difference(grid, spans[0].grid)}"
            )
        dataset = HANDLES[file]
        spans.append(_Span(file, grid, dataset.sizes[grid.time], *_ends(file, grid.times(dataset))))
    spans = _in_order(spans)
    ends = tuple(accumulate(span.frames for span in spans))
    return Fields(tuple(span.file for span in spans), ends, spans[0].grid)


def _grid(file: FieldFile, settings: GriddedSettings) -> Grid:
    try:
        return grid_of(HANDLES[file], settings)
    except framecast.InputError as error:
        said = str(error)
        raise framecast.InputError(said if str(file.path) in said else f"{said} ({file.path})") from None


def _ends(file: FieldFile, times: np.ndarray | None) -> tuple[Any, Any]:
    """The first and the last time, which must increase in between."""
    if times is None or not len(times):
        return None, None
    back = np.flatnonzero(~(times[1:] > times[:-1]))
    if len(back):
        one, other = times[back[0]], times[back[0] + 1]
        raise framecast.InputError(
            f"data.path: time does not increase in {file.path}: frame {back[0] + 1} is of {other}, after {one}"
        )
    return times[0], times[-1]


def _in_order(spans: list[_Span]) -> list[_Span]:
    """By their times where all have one, else by name. Raises InputError where they overlap."""
    spans = [span for span in spans if span.frames] or spans[:1]
    if any(span.first is None for span in spans):
        return spans
    try:
        spans = sorted(spans, key=lambda span: span.first)
        overlap = next(((one, other) for one, other in pairwise(spans) if not other.first > one.last), None)
    except TypeError:
        raise framecast.InputError("data.path: the files count time by different calendars") from None
    if overlap:
        one, other = overlap
        raise framecast.InputError(
            f"data.path: time does not increase from {one.file.path}, which ends at {one.last}, to "
            f"{other.file.path}, which begins at {other.first}"
        )
    return spans


def _difference(grid: Grid, other: Grid) -> str:
    return "; ".join(
        f"{name} {mine} instead of {its}"
        for name, mine, its in zip(Grid._fields, grid, other, strict=True)
        if mine != its
    )
