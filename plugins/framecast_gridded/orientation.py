"""Which way up a file's fields are: rows from north to south, columns from west to east."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import xarray

_LATITUDE = ("lat", "latitude", "nav_lat", "xlat", "rlat")
_LONGITUDE = ("lon", "longitude", "nav_lon", "xlong", "rlon")
_NORTH = {"degrees_north", "degree_north", "degree_n", "degrees_n", "degreen", "degreesn"}
_EAST = {"degrees_east", "degree_east", "degree_e", "degrees_e", "degreee", "degreese"}
_METRES = {"m", "km", "metre", "metres", "meter", "meters", "kilometre", "kilometres", "kilometer", "kilometers"}


class Axis(NamedTuple):
    """One dimension of space: what its coordinate is called, where it begins and ends as read, and whether reading
    turns it around. `kind` is latitude, longitude, northing or easting; empty where nothing says so."""

    kind: str
    begin: float
    end: float
    turned: bool

    def differs(self, other: Axis) -> bool:
        """Whether the two cannot be one grid, up to rounding."""
        size = max(abs(self.end - self.begin), 1e-9)
        return (
            self.kind != other.kind or max(abs(self.begin - other.begin), abs(self.end - other.end)) > 1e-3 * size
        )


class Orientation(NamedTuple):
    """How a file's rows and columns lie."""

    y: Axis
    x: Axis

    @classmethod
    def of(cls, dataset: xarray.Dataset, y: str, x: str, north_up: bool) -> Orientation:
        """From the coordinates of the dimensions y and x, else from latitudes and longitudes over both."""
        return cls(
            _axis(dataset, y, x, ("latitude", "northing"), turn=north_up),
            _axis(dataset, x, y, ("longitude", "easting"), turn=north_up),
        )

    def turn(self, frames_TCHW: np.ndarray) -> np.ndarray:
        """Frames as stored, or turned back as they were: the same for both."""
        if self.y.turned:
            frames_TCHW = frames_TCHW[:, :, ::-1]
        return frames_TCHW[..., ::-1] if self.x.turned else frames_TCHW


def _axis(dataset: xarray.Dataset, name: str, other: str, kinds: tuple[str, str], turn: bool) -> Axis:
    found = _positions(dataset, name, other, kinds)
    if found is None:
        return Axis("", 0.0, 0.0, False)
    kind, positions = found
    steps = np.diff(positions)
    wrong = (steps > 0) if kind in ("latitude", "northing") else (steps < 0)
    turned = turn and kind in kinds and len(steps) > 0 and bool(wrong.all())
    begin, end = float(positions[0]), float(positions[-1])
    return Axis(kind, end, begin, True) if turned else Axis(kind, begin, end, False)


def _positions(
    dataset: xarray.Dataset, name: str, other: str, kinds: tuple[str, str]
) -> tuple[str, np.ndarray] | None:
    """Where each row or column is, and what that number means."""
    if name in dataset.coords and dataset[name].dtype.kind in "iuf" and dataset[name].size:
        return _kind(dataset[name]), dataset[name].to_numpy().astype(np.float64)
    for label, variable in dataset.variables.items():
        if not {name, other} <= set(variable.dims) or variable.ndim > 3 or variable.dtype.kind != "f":
            continue
        if _kind(dataset[label]) != kinds[0]:
            continue
        others = [each for each in variable.dims if each not in (name, other)]
        grid = variable.isel(dict.fromkeys(others, 0)).transpose(name, other).to_numpy().astype(np.float64)
        if np.isfinite(grid).all():
            steps = np.sign(np.diff(grid, axis=0))
            if grid.shape[0] > 1 and (steps == steps.flat[0]).all():
                return kinds[0], grid.mean(1)
    return None


def _kind(coordinate: xarray.DataArray) -> str:
    """latitude, longitude, northing, easting by the CF conventions or by name; else empty."""
    attributes = {key: str(coordinate.attrs.get(key, "")).lower() for key in ("standard_name", "units", "axis")}
    name = str(coordinate.name).lower()
    standard, units = attributes["standard_name"], attributes["units"]
    if "latitude" in standard or units in _NORTH or name in _LATITUDE:
        return "latitude"
    if "longitude" in standard or units in _EAST or name in _LONGITUDE:
        return "longitude"
    if standard == "projection_y_coordinate" or (attributes["axis"] == "y" and units in _METRES):
        return "northing"
    if standard == "projection_x_coordinate" or (attributes["axis"] == "x" and units in _METRES):
        return "easting"
    if units in _METRES and name in ("y", "x"):
        return {"y": "northing", "x": "easting"}[name]
    return {"y": "latitude", "x": "longitude"}.get(attributes["axis"], "") if "degree" in units else ""
