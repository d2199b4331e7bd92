"""Where channels, time and space are in a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import framecast
from framecast_gridded.packing import Packing
from framecast_gridded.settings import GriddedSettings
from framecast_gridded.time_axis import is_time

if TYPE_CHECKING:
    import xarray


SeeStored = Callable[[int, np.ndarray], None]
"""Takes the number of a channel and its stored values (T, H, W)."""


class Grid(NamedTuple):
    """Variables that are channels with their units, the dimensions of time and space, and a frame's size."""

    variables: tuple[str, ...]
    units: tuple[str, ...]
    time: str
    y: str
    x: str
    height: int
    width: int

    def read(
        self, dataset: xarray.Dataset, frames: slice, missing: tuple[float, ...], see: SeeStored | None = None
    ) -> np.ndarray:
        """Those frames of the file as stored there, (T, C, H, W) in physical units; not a number where nothing is
        known. `missing` are stored numbers that stand for nothing, further to those that the file declares. `see`
        gets each channel as it is stored."""
        packings = self.packings(dataset, missing)
        channels = []
        for channel, (name, packing) in enumerate(zip(self.variables, packings, strict=True)):
            variable = dataset[name].isel({self.time: frames})
            others = [each for each in variable.dims if each not in (self.time, self.y, self.x)]
            stored = variable.isel(dict.fromkeys(others, 0)).transpose(self.time, self.y, self.x).to_numpy()
            if see is not None:
                see(channel, stored)
            channels.append(packing.unpack(stored))
        return np.stack(channels, axis=1)

    def packings(self, dataset: xarray.Dataset, missing: tuple[float, ...]) -> list[Packing]:
        """How each channel is stored in this file. Raises InputError for attributes that make no sense."""
        return [Packing.of(name, dataset[name].dtype, dataset[name].attrs, missing) for name in self.variables]

    def left_out(self, dataset: xarray.Dataset) -> list[tuple[str, str]]:
        """Variables of two dimensions and more that are no channels, with the reason."""
        return [
            (str(name), _reason(variable, self))
            for name, variable in dataset.data_vars.items()
            if name not in self.variables and variable.ndim >= 2
        ]


def grid_of(dataset: xarray.Dataset, settings: GriddedSettings) -> Grid:
    """Raises InputError, naming what there is, where dimensions or variables are not found or do not fit."""
    time = _time(dataset, settings)
    names = settings.variables or _over_time_and_space(dataset, time, settings)
    if not names:
        raise framecast.InputError(
            f"data.variables: no variable is over {time} and two more dimensions; the file has {_text(dataset)}"
        )
    y, x = "", ""
    for name in names:
        if name not in dataset.variables:
            known = framecast.did_you_mean(name, map(str, dataset.data_vars))
            raise framecast.InputError(f"data.variables: there is no {name}{known}")
        found = _space(dataset[name], time, settings)
        if (y, x) not in (("", ""), found):
            raise framecast.InputError(
                f"data.variables: {name} is over {', '.join(found)}, but {names[0]} over {y}, {x}: name variables "
                "that share one grid"
            )
        y, x = found
    kinds = {name: dataset[name].dtype for name in names}
    for name, kind in kinds.items():
        if kind.kind not in "biuf":
            raise framecast.InputError(
                f"data.variables: {name} holds {kind}, not real numbers: name the variables to take"
            )
    units = tuple(str(dataset[name].attrs.get("units", "")) for name in names)
    return Grid(tuple(names), units, time, y, x, dataset.sizes[y], dataset.sizes[x])


def time_coordinate(dataset: xarray.Dataset, time: str) -> xarray.DataArray | None:
    """What says when frames are: the coordinate of the dimension, else a variable over it alone that is time."""
    if time in dataset.coords:
        return dataset[time]
    others = [dataset[name] for name, each in dataset.variables.items() if each.dims == (time,)]
    words = [each for each in others if each.dtype.kind in "SUT" and "time" in str(each.name).lower()]
    return next(iter([each for each in others if is_time(each)] or words), None)


def _time(dataset: xarray.Dataset, settings: GriddedSettings) -> str:
    dimensions = [str(name) for name in dataset.dims]
    if settings.time:
        if settings.time not in dimensions:
            raise framecast.InputError(
                f"data.time: there is no dimension {settings.time}; the file has {_text(dataset)}"
            )
        return settings.time
    named = [name for wanted in ("time", "t") for name in dimensions if name.lower() == wanted]
    said = named or [name for name in dimensions if name in dataset.coords and is_time(dataset[name])]
    if not said:
        raise framecast.InputError(
            f"data.time: which dimension is time is unknown; the file has {_text(dataset)}: name it"
        )
    return said[0]


def _over_time_and_space(dataset: xarray.Dataset, time: str, settings: GriddedSettings) -> tuple[str, ...]:
    needed = {time, settings.y or time, settings.x or time}
    names = [
        str(name)
        for name, variable in dataset.data_vars.items()
        if len(variable.dims) >= 3 and needed <= set(variable.dims)
    ]
    return tuple(name for name in names if dataset[name].dtype.kind in "biuf") or tuple(names)


def _reason(variable: xarray.DataArray, grid: Grid) -> str:
    if grid.time not in variable.dims:
        return f"not over {grid.time}"
    if variable.dtype.kind not in "biuf":
        return f"holds {variable.dtype}, not real numbers"
    return f"over {_text(variable)}, not over two dimensions of space"


def _space(variable: xarray.DataArray, time: str, settings: GriddedSettings) -> tuple[str, str]:
    """The dimensions y and x of a variable; others may only have length 1."""
    sizes = {str(name): size for name, size in variable.sizes.items()}
    text = f"{variable.name} is over {_text(variable)}"
    for key, name in (("time", time), ("y", settings.y), ("x", settings.x)):
        if name and name not in sizes:
            raise framecast.InputError(f"data.{key}: {text}, not over {name}")
    if len({time, settings.y or "the last but one", settings.x or "the last"}) < 3:
        raise framecast.InputError(f"data.y: time, y and x must be three dimensions; {text}")
    free = [name for name in sizes if name not in (time, settings.y, settings.x)]
    missing = 2 - bool(settings.y) - bool(settings.x)
    for name in [name for name in free if sizes[name] == 1]:
        if len(free) > missing:
            free.remove(name)
    if len(free) < missing:
        raise framecast.InputError(f"data.variables: {text}: two dimensions of space besides {time} are needed")
    if len(free) > missing:
        raise framecast.InputError(
            f"data.variables: {text}: besides time and two of space only dimensions of length 1 can be taken; "
            f"select one of {' and '.join(free[: len(free) - missing])} beforehand "
            f"(xarray: dataset.isel({free[0]}=0).to_netcdf(...)), or name time, y and x"
        )
    x = settings.x or free.pop()
    return settings.y or free.pop(), x


def _text(data: xarray.Dataset | xarray.DataArray) -> str:
    return ", ".join(f"{name} ({size})" for name, size in data.sizes.items()) or "no dimensions"
