"""KTH human actions (Schuldt et al. 2004): 25 persons boxing, clapping, waving, jogging, running and walking."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import framecast
from framecast_kth.settings import KTHSettings


def _build(settings: KTHSettings, split: str, frames: int) -> Any:
    from framecast_kth.clips import clips

    return clips(settings, split, frames)


def _prepare(settings: KTHSettings, progress: Callable[[int, int], None]) -> framecast.Prepared:
    from framecast_kth.prepare import prepare

    return prepare(settings, progress)


def _ready(settings: KTHSettings) -> None:
    from framecast_kth.clips import command

    framecast.data.Store.prepared(settings.store, command(settings))


def _sample_shape(settings: KTHSettings, frames: int) -> framecast.SampleShape:
    return framecast.SampleShape(frames, 1, *settings.augmentation.size(*settings.height_and_width))


@framecast.hookimpl
def framecast_datasets() -> Iterator[framecast.Dataset]:
    yield framecast.Dataset(
        name="kth",
        summary="KTH human actions: grey clips of 25 persons in six actions",
        settings=KTHSettings,
        build=_build,
        sample_shape=_sample_shape,
        prepare=_prepare,
        ready=_ready,
    )
