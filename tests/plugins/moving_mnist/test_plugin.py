"""The declaration: what the platform gets to see."""

import struct

import numpy as np
import pytest

from framecast_moving_mnist import framecast_datasets

(DATASET,) = framecast_datasets()


@pytest.mark.parametrize("size", [64, 32])
def test_the_shape_told_beforehand_is_that_of_the_clips(size):
    settings = DATASET.settings(size=size, digit_size=size // 32 * 14)

    assert DATASET.build(settings, "train", 5)[0]["frames"].shape == DATASET.sample_shape(settings, 5)


def write_idx(path, brightness):
    path.write_bytes(struct.pack(">IIII", 2051, 1, 28, 28) + np.full(784, brightness, np.uint8).tobytes())


@pytest.mark.parametrize(("split", "brightness"), [("train", 100), ("validation", 100), ("test", 200)])
def test_validation_takes_training_digits_and_test_takes_test_digits(tmp_path, split, brightness):
    write_idx(tmp_path / "train-images-idx3-ubyte", 100)
    write_idx(tmp_path / "t10k-images-idx3-ubyte", 200)

    clip = DATASET.build(DATASET.settings(root=str(tmp_path)), split, 3)[0]["frames"]

    assert clip.max() == brightness
