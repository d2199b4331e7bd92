"""Gridded data: weather, radar, ocean and physics fields over time, from NetCDF, Zarr and NumPy files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import framecast
from framecast_gridded.settings import GriddedSettings

if TYPE_CHECKING:
    import numpy as np


def _build(settings: GriddedSettings, split: str, frames: int) -> framecast.ClipDataset:
    from framecast_gridded.clips import FieldClips

    return FieldClips(settings, split, frames)


def _ready(settings: GriddedSettings) -> None:
    from framecast_gridded.fields import Fields

    Fields.open(settings)


def _count_clips(settings: GriddedSettings, split: str, frames: int) -> int:
    from framecast_gridded.clips import cut_clips
    from framecast_gridded.fields import Recording

    return len(cut_clips(Recording.open(settings), settings, split, frames).windows)


def _sample_shape(settings: GriddedSettings, frames: int) -> framecast.SampleShape:
    from framecast_gridded.fields import frame_size

    channels, height, width = frame_size(settings)
    return framecast.SampleShape(frames, channels, *settings.augmentation.size(height, width))


def _read_source(
    settings: GriddedSettings, path: Path, trained: framecast.data.Normalisation, start: int, most: int
) -> np.ndarray:
    from framecast_gridded.source import read_source

    return read_source(settings, path, trained, start, most)


def _source_notes(
    settings: GriddedSettings, path: Path, trained: framecast.data.Normalisation
) -> list[framecast.DataNote]:
    from framecast_gridded.source import source_notes

    return source_notes(settings, path, trained)


@framecast.hookimpl
def framecast_datasets() -> Iterator[framecast.Dataset[GriddedSettings]]:
    yield framecast.Dataset(
        name="gridded",
        summary="Fields over time from NetCDF, Zarr or NumPy files, several variables as channels",
        settings=GriddedSettings,
        build=_build,
        sample_shape=_sample_shape,
        value_range=lambda settings: settings.scale,
        bounded=lambda settings: False,
        ready=_ready,
        count_clips=_count_clips,
        frame_step=lambda settings: settings.frame_step,
        read_source=_read_source,
        source_notes=_source_notes,
        colours=False,
    )
