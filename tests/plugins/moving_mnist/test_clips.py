"""The generator: clips that are what a plain loop draws, and that depend on their key alone."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
import torch

from framecast_moving_mnist.clips import MovingMNIST, made, shrunk
from framecast_moving_mnist.digits import load_digits
from framecast_moving_mnist.settings import MovingMNISTSettings
from tests.plugins.moving_mnist.plain_loop import plain_clip


@pytest.mark.parametrize("size", [28, 14, 7])
def test_shrunk_digits_are_the_mean_of_square_tiles(size):
    digit = np.arange(28 * 28).reshape(1, 28, 28) % 256
    tile = 28 // size

    small = shrunk(digit.astype(np.uint8), size)

    assert small.shape == (1, size, size)
    assert small.dtype == np.uint8
    assert small[0, 2, 3] == round(digit[0, 2 * tile : 3 * tile, 3 * tile : 4 * tile].mean())


DIGITS = load_digits(None, "train")[:50]


def clips(split="train", frames=6, **settings):
    return MovingMNIST(MovingMNISTSettings(**settings), split, frames, DIGITS)


def same(one, other):
    return torch.equal(one["frames"], other["frames"])


def test_a_clip_is_what_the_rule_written_out_in_plain_python_draws():
    # the draws are pinned too: a changed stream would change every data set that has been trained on
    seed, split, epoch, index = 7, 1, 0, 4
    key = np.random.SeedSequence([seed, split, epoch, index])
    numbers = np.random.Generator(np.random.Philox(key)).random((2, 4))

    drawn = clips("validation", frames=20, seed=seed)[index]["frames"]

    assert drawn.dtype == torch.uint8
    assert drawn.shape == (20, 1, 64, 64)
    assert np.array_equal(drawn[:, 0].numpy(), plain_clip(numbers, DIGITS, 20, 64, 0.1))


@pytest.mark.parametrize(
    ("digits", "size", "digit_size", "step"),
    [(2, 64, 28, 0.1), (5, 40, 14, 0.3), (3, 8, 7, 1.0), (1, 64, 28, 0.01)],
)
def test_a_batch_is_bit_for_bit_what_the_plain_loop_draws(digits, size, digit_size, step):
    numbers = np.random.default_rng(0).random((16, digits, 4))
    shapes = shrunk(DIGITS, digit_size)

    batch = made(numbers, shapes, 30, size, step)

    assert np.array_equal(batch, [plain_clip(clip, shapes, 30, size, step) for clip in numbers])


@pytest.mark.parametrize(
    ("split", "frames", "epoch", "settings", "sha256"),
    [
        ("train", 20, 0, {}, "7aef26d656df4e76f2bc118e900fc731926e7227369fc2824dc7cc0b5f955cc4"),
        ("validation", 20, 0, {}, "c0c662d695868a09255047a0afec1470b7c8cc1c4f749c94174d83728ffc4fa6"),
        ("test", 40, 0, {}, "f75993479aa695bf16502e164f7e49338b95a13ecb7524482ef34a495c71d5a8"),
        (
            "train",
            20,
            3,
            {"fresh": True, "seed": 2**40},
            "4ada75a9ab2c9d4f07f24ea8ed1b8cbdaa072132b01dfdc6d1aa139296f05bad",
        ),
        (
            "train",
            20,
            0,
            {"digits": 3, "size": 32, "digit_size": 14, "step": 0.25},
            "3d04ea9bf1b7c611b77fffb355bdc77c5400c12fe02e60e1bc33b4ee6b2480c8",
        ),
        (
            "train",
            20,
            0,
            {"digits": 20, "size": 80, "digit_size": 7, "seed": 5},
            "dd2894b14169367177d08bf9a1ea63b265d1e478644c7ed10d6d4338847feb71",
        ),
    ],
)
def test_clips_are_those_of_the_first_release(split, frames, epoch, settings, sha256):
    # taken from the loop over clips, digits and frames that the drawing by batch replaced
    digits = load_digits(None, "test" if split == "test" else "train")
    dataset = MovingMNIST(MovingMNISTSettings(**settings), split, frames, digits)
    dataset.set_epoch(epoch)

    pixels = b"".join(clip["frames"].numpy().tobytes() for clip in dataset.__getitems__(range(8)))

    assert hashlib.sha256(pixels).hexdigest() == sha256


# (x, y) of a digit's corner, of 36 pixels of travel; a diagonal step of 0.25 is 6.36 pixels each way
@pytest.mark.parametrize(
    ("x", "y", "direction", "corners"),
    [
        pytest.param(0.9, 0.51, 0, [(36, 18), (27, 18), (18, 18)], id="right wall"),
        pytest.param(0.51, 0.9, 1 / 4, [(18, 36), (18, 27), (18, 18)], id="lower wall"),
        pytest.param(0.1, 0.51, 1 / 2, [(0, 18), (9, 18), (18, 18)], id="left wall"),
        pytest.param(0.51, 0.1, 3 / 4, [(18, 0), (18, 9), (18, 18)], id="upper wall"),
        pytest.param(0.9, 0.95, 1 / 8, [(36, 36), (29, 29), (23, 23)], id="lower right corner"),
        pytest.param(0.1, 0.95, 3 / 8, [(0, 36), (6, 29), (12, 23)], id="lower left corner"),
        pytest.param(0.1, 0.05, 5 / 8, [(0, 0), (6, 6), (12, 12)], id="upper left corner"),
        pytest.param(0.9, 0.05, 7 / 8, [(36, 0), (29, 6), (23, 12)], id="upper right corner"),
    ],
)
def test_frame_by_frame_a_digit_bounces_off_each_wall_and_corner(x, y, direction, corners):
    digit = DIGITS[:1]
    expected = np.zeros((3, 64, 64), np.uint8)
    for frame, (left, top) in zip(expected, corners, strict=True):
        frame[top : top + 28, left : left + 28] = digit[0]

    clip = made(np.array([[[0, x, y, direction]]]), digit, 3, 64, 0.25)[0]

    assert np.array_equal(clip, expected)


def test_digits_reach_all_four_walls_and_never_leave_the_frame():
    # a digit of one bright pixel at its corner shows where it is
    dot = np.zeros((1, 28, 28), np.uint8)
    dot[0, 0, 0] = 255
    flight = MovingMNIST(MovingMNISTSettings(digits=1), "train", 100, dot)

    positions = torch.cat([flight[index]["frames"].nonzero()[:, 2:] for index in range(5)])

    assert len(positions) == 500
    assert positions.min(0).values.tolist() == [0, 0]
    assert positions.max(0).values.tolist() == [36, 36]


def test_small_digits_on_a_small_frame_travel_as_far_as_they_fit():
    frames = clips(size=32, digit_size=14, frames=100)[0]["frames"]

    lit = frames.nonzero()[:, 2:]
    assert frames.shape == (100, 1, 32, 32)
    assert (lit.max(0).values - lit.min(0).values > 24).all()  # well beyond the 14 of one digit at rest


def test_a_clip_is_the_same_singly_in_a_batch_and_in_any_order():
    dataset = clips()
    singly = [dataset[index] for index in range(5)]
    batch = dataset.__getitems__([3, 0, 4])
    again = [dataset[index] for index in (4, 3, 2, 1, 0)]

    assert all(same(clip, singly[index]) for clip, index in zip(batch, (3, 0, 4), strict=True))
    assert all(same(clip, singly[index]) for clip, index in zip(again, (4, 3, 2, 1, 0), strict=True))


def test_a_clip_is_the_same_in_a_fresh_process():
    code = """
import hashlib
from framecast_moving_mnist import framecast_datasets
(declared,) = framecast_datasets()
clip = declared.build(declared.settings(seed=3), "test", 20)[11]["frames"]
print(hashlib.sha256(clip.numpy().tobytes()).hexdigest())
"""
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    here = MovingMNIST(MovingMNISTSettings(seed=3), "test", 20, load_digits(None, "test"))[11]["frames"]
    assert there.strip() == hashlib.sha256(here.numpy().tobytes()).hexdigest()


def test_a_shorter_clip_is_the_beginning_of_a_longer_one():
    assert torch.equal(clips(frames=20)[2]["frames"], clips(frames=40)[2]["frames"][:20])


def test_the_number_of_clips_in_a_split_does_not_change_them():
    assert same(clips(train_clips=5)[2], clips(train_clips=500)[2])


def test_another_index_seed_or_split_is_another_clip():
    clip = clips()[0]

    assert not same(clip, clips()[1])
    assert not same(clip, clips(seed=1)[0])
    assert not same(clip, clips("validation")[0])
    assert not same(clips("validation")[0], clips("test")[0])


def test_training_clips_stay_the_same_every_epoch():
    dataset = clips()
    first = dataset[0]
    dataset.set_epoch(1)

    assert same(dataset[0], first)


def test_fresh_training_clips_are_new_every_epoch_and_come_back_with_it():
    dataset = clips(fresh=True)
    first = dataset[0]
    dataset.set_epoch(1)
    second = dataset[0]
    dataset.set_epoch(0)

    assert not same(first, second)
    assert same(dataset[0], first)
    assert same(first, clips(fresh=False)[0])


@pytest.mark.parametrize("split", ["validation", "test"])
def test_clips_to_be_scored_are_never_fresh(split):
    dataset = clips(split, fresh=True)
    first = dataset[0]
    dataset.set_epoch(1)

    assert same(dataset[0], first)


@pytest.mark.parametrize(("split", "count"), [("train", 4), ("validation", 3), ("test", 2)])
def test_each_split_has_its_own_length(split, count):
    assert len(clips(split, train_clips=4, validation_clips=3, test_clips=2)) == count


def test_an_unknown_split_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="train, validation and test, not 'holdout'"):
        clips("holdout")


@pytest.mark.parametrize("index", [-1, 4])
def test_an_index_outside_of_the_split_is_an_index_error(index):
    with pytest.raises(IndexError, match=f"clip {index} of 4"):
        clips(train_clips=4)[index]


def test_a_clip_may_hold_any_number_of_digits():
    few, many = clips(digits=1)[0]["frames"], clips(digits=20)[0]["frames"]

    assert many.count_nonzero() > 3 * few.count_nonzero()
