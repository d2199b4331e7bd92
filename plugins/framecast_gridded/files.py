"""Which files a path means, and how each kind is opened."""

from __future__ import annotations

import glob
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import framecast

if TYPE_CHECKING:
    import xarray

NETCDF = (".nc", ".nc4", ".cdf")
ARRAYS = (".npy", ".npz")
LARGEST_ARCHIVE = 512 * 2**20
"""Bytes of arrays in a .npz file, which can be read only whole."""


class FieldFile(NamedTuple):
    """A file or a Zarr folder; `version` changes when it is written anew."""

    path: Path
    version: int


def find_files(path: str) -> list[FieldFile]:
    """The files of a path or a pattern, in the order that people count in (2 before 10).

    Raises InputError where there is none, or one that is empty or of another kind.
    """
    place = Path(path)
    found = [place] if place.exists() else _matching(place)
    if not found:
        missing = "no file fits this pattern" if glob.has_magic(path) else "no such file or folder"
        raise framecast.InputError(f"data.path: {path}: {missing}")
    return [FieldFile(each, _checked(each)) for each in sorted(found, key=_natural)]


def _matching(pattern: Path) -> list[Path]:
    """The files that fit. The folders that exist are meant as they are named: `[2024]` may be one."""
    literal = next(each for each in pattern.parents if each.is_dir())
    rest = pattern.relative_to(literal)
    return [literal / name for name in glob.glob(str(rest), root_dir=literal, recursive=True)]


def open_file(path: Path) -> xarray.Dataset:
    """The file as a lazy data set: its header is read, its fields are not.

    Raises InputError where it cannot be read.
    """
    import xarray

    # what coordinates point to (bounds of cells, say) is theirs, not a field; durations are numbers like others
    lazily: dict[str, Any] = {"decode_coords": "all", "decode_timedelta": False, "cache": False, "chunks": None}
    try:
        if path.suffix.lower() in ARRAYS:
            return xarray.Dataset(_channels(path))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of coordinates that point to nothing, and unusual calendars
            engine = "zarr" if path.is_dir() else "netcdf4"
            try:
                opened = xarray.open_dataset(path, engine=engine, **lazily)
            except ValueError:  # units of time that are no calendar's, such as months: numbers in order do
                opened = xarray.open_dataset(path, engine=engine, decode_times=False, **lazily)
        # Zarr lists variables in another order each time, and channels must not change places
        return opened[sorted(opened.data_vars, key=str)] if engine == "zarr" else opened
    except framecast.InputError:
        raise
    except Exception as error:  # the libraries below raise whatever they please about files that are damaged
        raise framecast.InputError(f"data.path: {path} cannot be read: {first_line(error)}") from None


def first_line(error: Exception) -> str:
    """What an error of another library says, on one line."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _channels(path: Path) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """Each channel of (T, H, W) or (T, C, H, W) arrays, with its dimensions."""
    loaded = np.load(path, mmap_mode="r")
    if isinstance(loaded, np.ndarray):
        arrays = {"": loaded[:, None] if loaded.ndim == 3 else loaded}
    else:
        size = sum(entry.file_size for entry in loaded.zip.infolist())
        if size > LARGEST_ARCHIVE:
            raise framecast.InputError(
                f"data.path: {path} holds {size // 2**20} MiB, and .npz is read whole: save its array as .npy"
            )
        arrays = dict(loaded)
    channels: dict[str, tuple[tuple[str, ...], np.ndarray]] = {}
    for name, array in arrays.items():
        if array.ndim not in (3, 4):
            what = f"{name} of shape" if name else "an array of shape"
            raise framecast.InputError(
                f"data.path: {path} holds {what} {array.shape}, not (T, H, W) or (T, C, H, W)"
            )
        dimensions = ("time", "y", "x")
        if array.ndim == 3:
            channels[name] = dimensions, array
            continue
        for channel in range(array.shape[1]):
            channels[f"{name}.{channel}".lstrip(".")] = dimensions, array[:, channel]
    return channels


def _checked(path: Path) -> int:
    if path.is_dir():
        marks = [path / mark for mark in ("zarr.json", ".zmetadata", ".zgroup") if (path / mark).is_file()]
        if not marks:
            raise framecast.InputError(
                f"data.path: {path} is a folder and no Zarr group: for the files in it write {path}/*.nc"
            )
        return max(mark.stat().st_mtime_ns for mark in marks)
    if path.suffix.lower() not in (*NETCDF, *ARRAYS):
        known = ", ".join((*NETCDF, *ARRAYS))
        raise framecast.InputError(f"data.path: {path} is none of {known}, or a Zarr folder")
    if not path.stat().st_size:
        raise framecast.InputError(f"data.path: {path} is empty (0 bytes)")
    return path.stat().st_mtime_ns


def _natural(path: Path) -> tuple[list[tuple[int, str]], str]:
    parts = re.split(r"(\d+)", str(path))
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], str(path)
