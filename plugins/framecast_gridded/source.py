"""Fields as they lie on disk: which files, which dimensions, and time steps read when they are asked for.

Dimensions: T time, C channels (variables), Y X space.
"""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import Any

import numpy as np

import framecast
from framecast_gridded.settings import GriddedSettings

TIME_NAMES = ("time", "t", "valid_time", "date")
CHANNEL = "channel"


class Source:
    """All files as one series of fields (T, C, Y, X). Holds no fields; each process opens the files for itself.

    Raises InputError where files are missing, damaged or do not fit together.
    """

    def __init__(self, settings: GriddedSettings) -> None:
        self._settings = settings
        self._paths = _paths(settings.path)
        self._open: dict[int, list[Any]] = {}
        self._owner = os.getpid()
        lengths, self.channels = [], tuple[str, ...]()
        self.shape = (0, 0)
        last_time: Any = None
        for number, path in enumerate(self._paths):
            arrays = self._arrays(number)
            names = tuple(str(array.name) for array in arrays)
            shape = (arrays[0].shape[1], arrays[0].shape[2])
            if number and (names, shape) != (self.channels, self.shape):
                raise _wrong(
                    f"{path} holds {', '.join(names)} of {shape[0]}x{shape[1]}, {self._paths[0]} "
                    f"{', '.join(self.channels)} of {self.shape[0]}x{self.shape[1]}: they are no one series"
                )
            self.channels, self.shape = names, shape
            times = _times(arrays[0])
            if times is not None and len(times):
                if last_time is not None and not times[0] > last_time:
                    raise _wrong(
                        f"{path} begins at {times[0]}, not after {last_time}, where the file before it ends"
                    )
                if not (times[1:] > times[:-1]).all():
                    raise _wrong(f"the times in {path} do not increase")
                last_time = times[-1]
            lengths.append(arrays[0].shape[0])
        self._ends = np.cumsum(lengths)

    def __len__(self) -> int:
        """Time steps, over all files."""
        return int(self._ends[-1])

    def read(self, start: int, stop: int, step: int = 1) -> np.ndarray:
        """Fields start, start + step, ... before stop: (T, C, Y, X) float32, NaN where nothing is known."""
        parts = []
        wanted = np.arange(start, stop, step)
        for number, end in enumerate(self._ends):
            begin = int(self._ends[number - 1]) if number else 0
            own = wanted[(wanted >= begin) & (wanted < end)] - begin
            if len(own):
                chosen = slice(int(own[0]), int(own[-1]) + 1, step)
                read = [np.asarray(array[chosen].values, np.float32) for array in self._arrays(number)]
                parts.append(np.stack(read, 1))
        fields = np.concatenate(parts)
        fields[np.isinf(fields)] = np.nan
        return fields

    def _arrays(self, number: int) -> list[Any]:
        """The variables of a file, (time, y, x) each, opened lazily."""
        if self._owner != os.getpid():  # forked: HDF5's handles are the parent's
            self._open, self._owner = {}, os.getpid()
        if number not in self._open:
            self._open[number] = _opened(self._paths[number], self._settings)
        return self._open[number]

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_open": {}, "_owner": 0}


def _paths(pattern: str) -> list[Path]:
    paths = sorted(Path(path) for path in glob.glob(os.path.expanduser(pattern)))
    if not paths:
        raise _wrong(f"{pattern}: no such file")
    return paths


def _opened(path: Path, settings: GriddedSettings) -> list[Any]:
    import xarray

    try:
        if path.suffix == ".npy":
            found = _of_numpy(np.load(path, mmap_mode="r"), path)
        elif path.is_dir():
            found = xarray.open_zarr(path, consolidated=None)
        else:
            found = xarray.open_dataset(path, cache=False)
    except framecast.InputError:
        raise
    except Exception as error:  # each of xarray's many readers raises its own
        reason = " ".join(str(error).split()).split(".")[0]
        raise _wrong(f"{path} cannot be read as a NetCDF, Zarr or NumPy file: {reason[:120]}") from None
    names = settings.variables or _with_space(found, settings)
    missing = [name for name in names if name not in found]
    if missing:
        known = ", ".join(map(str, found.data_vars))
        raise framecast.InputError(f"data.variables: {path} has no {', '.join(missing)}; it has {known}")
    if not names:
        listed = ", ".join(
            f"{name} ({', '.join(map(str, array.dims))})" for name, array in found.data_vars.items()
        )
        raise _wrong(f"{path} has no variable with a time and two spatial dimensions; it has {listed or 'none'}")
    return [_field(found[name], path, settings) for name in names]


def _of_numpy(array: np.ndarray, path: Path) -> Any:
    import xarray

    if array.ndim not in (3, 4):
        raise _wrong(f"{path} has the shape {array.shape}, not (time, y, x) or (time, channel, y, x)")
    channels = [array] if array.ndim == 3 else [array[:, number] for number in range(array.shape[1])]
    return xarray.Dataset(
        {f"{CHANNEL}{number}": (("time", "y", "x"), channel) for number, channel in enumerate(channels)}
    )


def _with_space(found: Any, settings: GriddedSettings) -> tuple[str, ...]:
    return tuple(
        name
        for name, array in found.data_vars.items()
        if sum(size > 1 for size in array.shape) >= 2
        and array.ndim >= 3
        and array.dtype.kind in "uif"
        and _time_of(array, settings) is not None
    )


def _time_of(array: Any, settings: GriddedSettings) -> str | None:
    """The time dimension's name."""
    if settings.time is not None:
        return settings.time if settings.time in array.dims else None
    by_name = [name for name in array.dims if str(name).lower() in TIME_NAMES]
    by_dates = [name for name in array.dims if name in array.coords and array.coords[name].dtype.kind in "MO"]
    return next(iter([*by_name, *by_dates]), None)


def _field(array: Any, path: Path, settings: GriddedSettings) -> Any:
    """As (time, y, x): what is 1 long beside these is dropped."""
    if array.dtype.kind not in "uif":
        raise _wrong(f"{array.name} in {path} holds {array.dtype}, not numbers")
    dims = ", ".join(f"{name} ({size})" for name, size in array.sizes.items())
    time = _time_of(array, settings)
    if time is None:
        raise framecast.InputError(f"data.time: {array.name} in {path} has no time among {dims}: name it")
    others = [
        name for name in array.dims if name != time and (array.sizes[name] > 1 or name in (settings.y, settings.x))
    ]
    y = settings.y or next(iter([name for name in others if name != settings.x][-2:]), None)
    x = settings.x or next(iter([name for name in others if name != y][-1:]), None)
    for key, name in (("y", y), ("x", x)):
        if name not in array.dims:
            raise framecast.InputError(
                f"data.{key}: {array.name} in {path} has no {name or 'such'} among {dims}: name it"
            )
    surplus = [str(name) for name in others if name not in (y, x)]
    if surplus:
        raise _wrong(f"{array.name} in {path} has also {', '.join(surplus)}: choose one level beforehand ({dims})")
    single = {name: 0 for name in array.dims if name not in (time, y, x)}
    return array.isel(single).transpose(time, y, x)


def _times(array: Any) -> np.ndarray | None:
    name = array.dims[0]
    return np.asarray(array.coords[name].values) if name in array.coords else None


def _wrong(message: str) -> framecast.InputError:
    return framecast.InputError(f"data.path: {message}")
