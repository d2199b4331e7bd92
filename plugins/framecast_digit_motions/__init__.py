"""Digit motions: clips whose class is how a digit moves and nothing else, to test early recognition honestly."""

from __future__ import annotations

from collections.abc import Iterator

import framecast
from framecast_digit_motions.settings import DigitMotionsSettings


def _build(settings: DigitMotionsSettings, split: str, frames: int) -> framecast.ClipDataset:
    from framecast_digit_motions.clips import DigitMotions
    from framecast_moving_mnist import load_digits

    return DigitMotions(
        settings, split, frames, load_digits(settings.root, "test" if split == "test" else "train")
    )


def _ready(settings: DigitMotionsSettings) -> None:
    from framecast_moving_mnist import digits_file

    if settings.root is not None:
        for split in ("train", "test"):
            digits_file(settings.root, split)


def _sample_shape(settings: DigitMotionsSettings, frames: int) -> framecast.SampleShape:
    return framecast.SampleShape(frames, 1, settings.size, settings.size, len(settings.strides))


@framecast.hookimpl
def framecast_datasets() -> Iterator[framecast.Dataset[DigitMotionsSettings]]:
    yield framecast.Dataset(
        name="digit_motions",
        summary="Digits that go left or right, slowly or fast: classes that only motion tells apart",
        settings=DigitMotionsSettings,
        build=_build,
        sample_shape=_sample_shape,
        classes=lambda settings: settings.classes,
        ready=_ready,
        count_clips=lambda settings, split, frames: getattr(settings, f"{split}_clips"),
    )
