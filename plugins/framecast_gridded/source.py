"""A new file for a trained model, read as training read its own."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

import framecast
from framecast_gridded.arrays import layout_of
from framecast_gridded.fields import Recording
from framecast_gridded.files import ARRAYS
from framecast_gridded.settings import GriddedSettings


def read_source(
    settings: GriddedSettings, path: Path, trained: framecast.data.Normalisation, start: int, most: int
) -> np.ndarray:
    """At most `most` frames (T, C, H, W) in physical units, `frame_step` apart, from the model's frame `start` on,
    up to a break in time: the variables that the model was trained on, in their order.

    An array has no names: its channels are taken in order. Raises InputError where the file cannot be read, or its
    channels or units are not the model's.
    """
    channels = len(trained.offset)
    is_array = path.suffix.lower() in ARRAYS
    if is_array and not path.exists():
        raise framecast.InputError(f"{path}: no such file or folder")
    update = {
        "path": str(path),
        "variables": None if is_array else trained.names or settings.variables,
        "layout": (layout_of(path, channels) if is_array else None) or settings.layout,
    }
    try:
        recording = Recording.open(settings.model_copy(update=update))
    except framecast.InputError as error:
        raise framecast.InputError(re.sub(r"^data\.\w+: ", "", str(error))) from None
    grid = recording.fields.grid
    if len(grid.variables) != channels:
        wanted = f" ({', '.join(trained.names)})" if trained.names else ""
        raise framecast.InputError(
            f"{path} has {framecast.plural(len(grid.variables), 'channel')} ({', '.join(grid.variables)}), "
            f"the model sees {channels}{wanted}"
        )
    for name, unit, expected in zip(grid.variables, grid.units, trained.units, strict=False):
        if unit and expected and unit != expected:
            raise framecast.InputError(
                f"{path}: {name} is in {unit}, the model was trained on {expected}: convert it"
            )
    first = start * settings.frame_step
    run = next((run for run in recording.steps.runs if first in run), range(0))
    wanted_frames = run[first - run.start :: settings.frame_step][:most]
    if not wanted_frames:
        return np.zeros((0, channels, grid.height, grid.width), recording.fields.numbers)
    return recording.fields.read(first, len(wanted_frames), settings.frame_step)
