"""Something-Something V2 (Goyal et al. 2017): 220,847 short clips of hands that do something with something."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import framecast
from framecast_something_something.settings import SomethingSomethingSettings


def _build(settings: SomethingSomethingSettings, split: str, frames: int) -> framecast.ClipDataset:
    from framecast_something_something.clips import clips

    return clips(settings, split, frames)


def _prepare(settings: SomethingSomethingSettings, progress: Callable[[int, int], None]) -> framecast.Prepared:
    from framecast_something_something.prepare import prepare

    return prepare(settings, progress)


def _ready(settings: SomethingSomethingSettings) -> None:
    from framecast_something_something.classes import read_classes
    from framecast_something_something.place import command, store_folder

    classes = read_classes(settings)
    framecast.data.Store.prepared(store_folder(settings, classes), command(settings))


def _classes(settings: SomethingSomethingSettings) -> tuple[str, ...]:
    from framecast_something_something.classes import read_classes

    return tuple(read_classes(settings))


def _sample_shape(settings: SomethingSomethingSettings, frames: int) -> framecast.SampleShape:
    size = settings.augmentation.size(*settings.height_and_width)
    return framecast.SampleShape(frames, 3 if settings.colour else 1, *size)


@framecast.hookimpl
def framecast_datasets() -> Iterator[framecast.Dataset[SomethingSomethingSettings]]:
    yield framecast.Dataset(
        name="something_something",
        summary="Something-Something V2: labelled clips of 174 actions with everyday things",
        settings=SomethingSomethingSettings,
        build=_build,
        sample_shape=_sample_shape,
        classes=_classes,
        prepare=_prepare,
        frame_format=lambda settings: settings.format,
        ready=_ready,
        count_clips=lambda settings, split, frames: len(_build(settings, split, frames)),
    )
