"""NumPy arrays as fields: which axis is time, which the channels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import framecast

if TYPE_CHECKING:
    import xarray

_COLOURS = 4
"""Channels that arrays have last at most where nobody says so: those of pictures."""

_NARROWEST = 16
"""Columns below which a last axis may as well be channels."""


def open_arrays(path: Path, layout: str | None) -> xarray.Dataset:
    """Each channel of an array (T, H, W), (T, C, H, W) or (T, H, W, C) as a variable over time, y and x.

    `layout` is TCHW, THWC, or None to tell by the sizes; the attribute `layouts` says which were taken. Of an
    archive, arrays of another number of dimensions are left out if others remain; the attribute `left_out` lists
    them. Raises InputError where nothing remains, or where the sizes fit both layouts.
    """
    import xarray

    try:
        arrays = _read(path)
    except framecast.InputError as error:
        raise framecast.InputError(f"data.path: {error}") from None
    others = {name: array.shape for name, array in arrays.items() if array.ndim not in (3, 4)}
    if len(others) == len(arrays):
        name, shape = next(iter(others.items()), ("", ()))
        what = f"{name} of shape" if name else "an array of shape"
        raise framecast.InputError(f"data.path: {path} holds {what} {shape}, not (T, H, W) or (T, C, H, W)")
    channels = {}
    layouts = []
    for name, array in arrays.items():
        if name in others:
            continue
        if array.ndim == 3:
            channels[name or "0"] = ("time", "y", "x"), array
            continue
        found = layout or _layout(path, name, array.shape)
        layouts.append(found)
        stacked = np.moveaxis(array, 3, 1) if found == "THWC" else array
        for channel in range(stacked.shape[1]):
            channels[f"{name}.{channel}".lstrip(".")] = ("time", "y", "x"), stacked[:, channel]
    left_out = [f"{name} of shape {shape}" for name, shape in others.items()]
    return xarray.Dataset(channels, attrs={"layouts": list(dict.fromkeys(layouts)), "left_out": left_out})


def layout_of(path: Path, channels: int) -> str | None:
    """The layout in which an array has so many channels; None where both or neither fit, or without four axes.

    Raises InputError where the array cannot be read.
    """
    loaded = _read(path).get("")
    if loaded is None or loaded.ndim != 4 or (loaded.shape[1] == loaded.shape[3]):
        return None
    return {loaded.shape[1]: "TCHW", loaded.shape[3]: "THWC"}.get(channels)


def _read(path: Path) -> dict[str, np.ndarray]:
    """The arrays by name; the one of an .npy file has none."""
    if path.suffix.lower() == ".npy":
        return {"": framecast.bounded.map_array(path)}
    return framecast.bounded.read_arrays(path)


def _layout(path: Path, name: str, shape: tuple[int, ...]) -> str:
    """By the sizes of (T, first, middle, last)."""
    _, first, middle, last = shape
    if last <= _COLOURS < min(first, middle):
        return "THWC"
    few = last <= _COLOURS and first <= _COLOURS < middle
    narrow = _COLOURS < last <= _NARROWEST and 2 * last <= min(first, middle)
    if few or narrow:
        raise framecast.InputError(
            f"data.layout: {f'{name} in ' if name else ''}{path} has shape {shape}, which can be "
            f"{first} channels of {middle}x{last} or {last} channels of {first}x{middle}: "
            "say layout=TCHW or layout=THWC"
        )
    return "TCHW"
