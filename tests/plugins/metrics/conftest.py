"""Frames to score: real Moving-MNIST ones, and poor predictions of them."""

from typing import Any

import av
import numpy as np
import pytest
import torch

from framecast_moving_mnist import framecast_datasets
from tests import real_clips


@pytest.fixture(scope="session")
def target():
    """(4, 3, 1, 64, 64) in [0, 1]."""
    (declared,) = framecast_datasets()
    dataset: Any = declared.build(declared.settings(), "test", 3)
    return torch.stack([dataset[index]["frames"] for index in range(4)]).float() / 255


@pytest.fixture(scope="session")
def prediction(target):
    """The digits one frame late, under noise that leads well out of [0, 1]."""
    noise = torch.from_numpy(np.random.default_rng(0).normal(0, 0.2, target.shape)).float()
    return target.roll(1, 1) + noise


@pytest.fixture(scope="session")
def mask(target):
    """True on the left half and on all of the first frame; the last frame of the first clip is masked whole."""
    known = torch.zeros(target.shape, dtype=torch.bool)
    known[..., :32] = True
    known[:, 0] = True
    known[0, -1] = False
    return known


@pytest.fixture(scope="session")
def carphone():
    """(33, 2, 3, 64, 80): real frames in colour, in [0, 1]."""
    with av.open(str(real_clips.carphone())) as container:
        frames = [frame.reformat(80, 64, "rgb24").to_ndarray() for frame in container.decode(video=0)][:66]
    return torch.from_numpy(np.stack(frames)).permute(0, 3, 1, 2).float().div(255).unflatten(0, (33, 2))
