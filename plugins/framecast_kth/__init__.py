"""KTH human actions (Schuldt et al. 2004): 25 persons boxing, clapping, waving, jogging, running and walking."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import framecast
from framecast_kth.settings import KTHSettings


def _build(settings: KTHSettings, split: str, frames: int) -> framecast.data.StoredClips:
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


_SCORES = ("psnr", "ssim", "lpips")
_PUBLISHED = tuple(
    framecast.PublishedResult(
        model,
        10,
        frames_out,
        dict(zip(_SCORES, scores, strict=True)),
        "conv-tt-lstm",
        "Su et al. 2020, the authors' tables, frames of 128x128",
        (128, 128),
    )
    for model, frames_out, scores in (
        ("ConvLSTM", 20, (28.21, 0.903, 137.1)),
        ("ConvLSTM, optimised code", 20, (27.87, 0.899, 123.9)),
        ("Conv-TT-LSTM", 20, (28.36, 0.907, 133.4)),
        ("Conv-TT-LSTM, optimised code", 20, (28.44, 0.907, 150.5)),
        ("ConvLSTM", 40, (26.01, 0.876, 201.3)),
        ("ConvLSTM, optimised code", 40, (25.75, 0.870, 169.5)),
        ("Conv-TT-LSTM", 40, (26.11, 0.882, 191.2)),
        ("Conv-TT-LSTM, optimised code", 40, (26.49, 0.883, 211.8)),
    )
)


@framecast.hookimpl
def framecast_datasets() -> Iterator[framecast.Dataset[KTHSettings]]:
    yield framecast.Dataset(
        name="kth",
        summary="KTH human actions: grey clips of 25 persons in six actions",
        settings=KTHSettings,
        build=_build,
        sample_shape=_sample_shape,
        classes=lambda settings: settings.actions,
        prepare=_prepare,
        ready=_ready,
        count_clips=lambda settings, split, frames: len(_build(settings, split, frames)),
        frame_format=lambda settings: framecast.data.FrameFormat(*settings.height_and_width),
        frame_step=lambda settings: settings.frame_step,
        unchanged_by=lambda settings: ("horizontal", "vertical", "reverse"),
        published=_PUBLISHED,
    )
