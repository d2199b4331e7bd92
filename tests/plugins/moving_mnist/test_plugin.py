"""The declaration: what the platform gets to see."""

import struct

import numpy as np
import pytest

import framecast
from framecast_moving_mnist import framecast_datasets

(DATASET,) = framecast_datasets()


@pytest.mark.parametrize("size", [64, 32])
def test_the_shape_told_beforehand_is_that_of_the_clips(size):
    settings = DATASET.settings(size=size, digit_size=size // 32 * 14)

    assert DATASET.build(settings, "train", 5)[0]["frames"].shape == DATASET.sample_shape(settings, 5).clip


def write_idx(path, brightness):
    path.write_bytes(struct.pack(">IIII", 2051, 1, 28, 28) + np.full(784, brightness, np.uint8).tobytes())


@pytest.mark.parametrize(("split", "brightness"), [("train", 100), ("validation", 100), ("test", 200)])
def test_validation_takes_training_digits_and_test_takes_test_digits(tmp_path, split, brightness):
    write_idx(tmp_path / "train-images-idx3-ubyte", 100)
    write_idx(tmp_path / "t10k-images-idx3-ubyte", 200)

    clip = DATASET.build(DATASET.settings(root=str(tmp_path)), split, 3)[0]["frames"]

    assert clip.max() == brightness


def ready(root, **settings):
    DATASET.ready(DATASET.settings(root=root and str(root), **settings))


def test_the_digits_in_the_package_are_always_ready():
    ready(None)


def test_a_root_is_ready_as_it_was_handed_out(tmp_path):
    write_idx(tmp_path / "train-images-idx3-ubyte", 1)
    write_idx(tmp_path / "t10k-images-idx3-ubyte", 1)

    ready(tmp_path)


@pytest.mark.parametrize("there", [[], ["train-images-idx3-ubyte"], ["t10k-images-idx3-ubyte"]])
def test_a_root_without_both_kinds_of_digits_names_the_command(tmp_path, there):
    for name in there:
        write_idx(tmp_path / name, 1)

    with pytest.raises(framecast.InputError, match=f"platform data prepare moving_mnist --root {tmp_path}"):
        ready(tmp_path)


def test_the_fixed_test_set_stands_in_for_test_digits(tmp_path):
    write_idx(tmp_path / "train-images-idx3-ubyte", 1)
    with pytest.raises(framecast.InputError, match=r"mnist_test_seq\.npy is not there"):
        ready(tmp_path, test_sequences=True)

    shape = (20, 10_000, 64, 64)
    np.lib.format.open_memmap(tmp_path / "mnist_test_seq.npy", mode="w+", dtype=np.uint8, shape=shape)

    ready(tmp_path, test_sequences=True)
