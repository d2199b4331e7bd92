"""Moving-MNIST by the paper's generator: digits that fly straight and bounce off the walls.

For other plugins: the digits, and how they are drawn. Resolved on first use, so that listing plugins loads little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import framecast
from framecast_moving_mnist.settings import DIGIT_SIZES, MovingMNISTSettings

if TYPE_CHECKING:
    from framecast_moving_mnist.clips import shrunk
    from framecast_moving_mnist.digits import digits_file, load_digits
    from framecast_moving_mnist.drawing import drawn

__all__ = ["DIGIT_SIZES", "MovingMNISTSettings", "digits_file", "drawn", "load_digits", "shrunk"]

__getattr__ = framecast.lazy_exports(__name__)


def _build(settings: MovingMNISTSettings, split: str, frames: int) -> framecast.ClipDataset:
    from framecast_moving_mnist.clips import MovingMNIST
    from framecast_moving_mnist.digits import load_digits
    from framecast_moving_mnist.sequences import FixedSequences

    if split == "test" and settings.test_sequences and settings.root is not None:
        return FixedSequences(Path(settings.root), frames)
    digits = load_digits(settings.root, "test" if split == "test" else "train")
    return MovingMNIST(settings, split, frames, digits)


def _prepare(settings: MovingMNISTSettings, progress: Callable[[int, int], None]) -> framecast.Prepared:
    from framecast_moving_mnist.prepare import prepare

    return prepare(settings, progress)


def _ready(settings: MovingMNISTSettings) -> None:
    from framecast_moving_mnist.digits import digits_file
    from framecast_moving_mnist.sequences import open_sequences

    if settings.root is None:
        return
    digits_file(settings.root, "train")
    if settings.test_sequences:
        open_sequences(Path(settings.root))
    else:
        digits_file(settings.root, "test")


_SCORES = ("mse", "ssim", "lpips")
_PUBLISHED = tuple(
    framecast.PublishedResult(
        model,
        10,
        frames_out,
        dict(zip(_SCORES, scores, strict=True)),
        "conv-tt-lstm",
        "Su et al. 2020, the authors' tables on Moving-MNIST-2",
        (64, 64),
    )
    for model, frames_out, scores in (
        ("ConvLSTM", 10, (18.17, 0.882, 67.13)),
        ("ConvLSTM, optimised code", 10, (15.15, 0.902, 49.87)),
        ("Conv-TT-LSTM", 10, (12.96, 0.915, 40.54)),
        ("Conv-TT-LSTM, optimised code", 10, (14.09, 0.907, 46.03)),
        ("ConvLSTM", 30, (33.08, 0.806, 140.1)),
        ("ConvLSTM, optimised code", 30, (27.21, 0.822, 117.3)),
        ("Conv-TT-LSTM", 30, (25.81, 0.840, 90.38)),
        ("Conv-TT-LSTM, optimised code", 30, (28.15, 0.834, 99.83)),
    )
)


@framecast.hookimpl
def framecast_datasets() -> Iterator[framecast.Dataset[MovingMNISTSettings]]:
    yield framecast.Dataset(
        name="moving_mnist",
        summary="Moving digits, made as they are needed; real MNIST digits come with the package",
        settings=MovingMNISTSettings,
        build=_build,
        sample_shape=lambda settings, frames: framecast.SampleShape(frames, 1, settings.size, settings.size),
        prepare=_prepare,
        ready=_ready,
        count_clips=lambda settings, split, frames: getattr(settings, f"{split}_clips"),
        published=_PUBLISHED,
    )
