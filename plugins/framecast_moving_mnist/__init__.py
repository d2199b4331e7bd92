"""Moving-MNIST by the paper's generator: digits that fly straight and bounce off the walls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import framecast
from framecast_moving_mnist.settings import MovingMNISTSettings


def _build(settings: MovingMNISTSettings, split: str, frames: int) -> Any:
    from framecast_moving_mnist.clips import MovingMNIST
    from framecast_moving_mnist.digits import load_digits

    digits = load_digits(settings.root, "test" if split == "test" else "train")
    return MovingMNIST(settings, split, frames, digits)


@framecast.hookimpl
def framecast_datasets() -> Iterator[framecast.Dataset]:
    yield framecast.Dataset(
        name="moving_mnist",
        summary="Moving digits, made as they are needed; real MNIST digits come with the package",
        settings=MovingMNISTSettings,
        build=_build,
        sample_shape=lambda settings, frames: framecast.SampleShape(frames, 1, settings.size, settings.size),
    )
