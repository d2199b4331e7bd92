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

    An array has no names: its channels are taken in order. The only variable of a file is the only one of a model,
    whatever its name. Raises InputError where the file cannot be read, or its channels or units are not the
    model's.
    """
    recording = _open(settings, path, trained)
    fields, channels = recording.fields, len(trained.offset)
    first = start * settings.frame_step
    run = next((run for run in recording.steps.runs if first in run), range(0))
    wanted_frames = run[first - run.start :: settings.frame_step][:most]
    if not wanted_frames:
        return np.zeros((0, channels, fields.grid.height, fields.grid.width), fields.numbers)
    return fields.read(first, len(wanted_frames), settings.frame_step)


def source_notes(
    settings: GriddedSettings, path: Path, trained: framecast.data.Normalisation
) -> list[framecast.DataNote]:
    """Which channels of the file are taken for variables of another name. Raises InputError as `read_source`."""
    found = _open(settings, path, trained).fields.grid.variables
    pairs = [f"{name} is taken as {own}" for name, own in zip(found, trained.names, strict=False) if name != own]
    return [framecast.DataNote(path.name, ", ".join(pairs))] if pairs else []


def _open(settings: GriddedSettings, path: Path, trained: framecast.data.Normalisation) -> Recording:
    channels = len(trained.offset)
    is_array = path.suffix.lower() in ARRAYS
    if is_array and not path.exists():
        raise framecast.InputError(f"{path}: no such file or folder")
    every = settings.model_copy(
        update={
            "path": str(path),
            "variables": None,
            "layout": (layout_of(path, channels) if is_array else None) or settings.layout,
        }
    )
    named = every.model_copy(update={"variables": None if is_array else trained.names or settings.variables})
    try:
        recording = (_of_one_variable(every) if channels == 1 else None) or Recording.open(named)
    except framecast.InputError as error:  # values for the other keys can be given with the source
        raise framecast.InputError(re.sub(r"^data\.(path|variables): ", "", str(error))) from None
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
    return recording


def _of_one_variable(settings: GriddedSettings) -> Recording | None:
    """The file where it has a single variable, else None."""
    try:
        recording = Recording.open(settings)
    except framecast.InputError:  # handled: the caller opens it by the model's names, and says what is wrong
        return None
    return recording if len(recording.fields.grid.variables) == 1 else None
