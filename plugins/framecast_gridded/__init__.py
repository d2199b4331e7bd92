"""Fields on a grid over time, from NetCDF, Zarr or NumPy files: weather, radar, simulations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import framecast
from framecast_gridded.settings import GriddedSettings


def _build(settings: GriddedSettings, split: str, frames: int) -> Any:
    from framecast_gridded.clips import GriddedClips

    return GriddedClips(settings, split, frames)


def _sample_shape(settings: GriddedSettings, frames: int) -> framecast.SampleShape:
    from framecast_gridded.source import Source

    source = Source(settings)
    return framecast.SampleShape(frames, len(source.channels), *settings.augmentation.size(*source.shape))


@framecast.hookimpl
def framecast_datasets() -> Iterator[framecast.Dataset]:
    yield framecast.Dataset(
        name="gridded",
        summary="Fields on a grid over time: NetCDF, Zarr or NumPy files of weather, radar, simulations",
        settings=GriddedSettings,
        build=_build,
        sample_shape=_sample_shape,
        value_range=lambda settings: settings.range_of_values,
    )
