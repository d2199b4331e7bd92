"""The generator: its rule on flights that can be followed by hand, and clips that depend on their key alone."""

import hashlib
import math
import subprocess
import sys

import numpy as np
import pytest
import torch

from framecast_moving_mnist.clips import MovingMNIST, draw, shrunk, trajectories
from framecast_moving_mnist.digits import load_digits
from framecast_moving_mnist.settings import MovingMNISTSettings

RIGHT, DOWN, LEFT, UP = 0.0, 0.25, 0.5, 0.75  # directions in turns; y grows downwards


def fly(x, y, direction, frames=3, step=0.1):
    """The (T, 2) path of one digit."""
    return trajectories(np.array([[[x, y, direction]]]), frames, step)[0, 0]


def test_the_first_frame_is_already_one_step_from_the_start():
    np.testing.assert_allclose(fly(0.2, 0.5, RIGHT), [[0.3, 0.5], [0.4, 0.5], [0.5, 0.5]])


def test_a_digit_flies_straight_at_the_same_speed_in_any_direction():
    turn = 0.1
    along = [0.1 * math.cos(2 * math.pi * turn), 0.1 * math.sin(2 * math.pi * turn)]

    np.testing.assert_allclose(np.diff(fly(0.3, 0.3, turn, frames=5), axis=0), [along] * 4)


@pytest.mark.parametrize(
    ("start", "direction", "path"),
    [
        # 0.05 too far is put on the wall, not reflected to 0.95 or 0.05
        ((0.95, 0.5), RIGHT, [[1.0, 0.5], [0.9, 0.5], [0.8, 0.5]]),
        ((0.05, 0.5), LEFT, [[0.0, 0.5], [0.1, 0.5], [0.2, 0.5]]),
        ((0.5, 0.95), DOWN, [[0.5, 1.0], [0.5, 0.9], [0.5, 0.8]]),
        ((0.5, 0.05), UP, [[0.5, 0.0], [0.5, 0.1], [0.5, 0.2]]),
    ],
)
def test_a_digit_is_stopped_at_each_wall_and_flies_back(start, direction, path):
    np.testing.assert_allclose(fly(*start, direction), path, atol=1e-12)


@pytest.mark.parametrize(
    ("corner", "direction"), [((1, 1), 1 / 8), ((0, 1), 3 / 8), ((0, 0), 5 / 8), ((1, 0), 7 / 8)]
)
def test_in_a_corner_both_directions_turn(corner, direction):
    corner = np.array(corner, float)
    start = np.abs(corner - 0.05)
    inwards = 0.1 * math.sqrt(0.5) * np.sign(0.5 - corner)

    path = fly(*start, direction)

    np.testing.assert_allclose(path, [corner, corner + inwards, corner + 2 * inwards], atol=1e-12)


def test_reaching_a_wall_exactly_counts_as_bouncing():
    path = fly(0.5, 0.5, RIGHT, frames=4, step=0.5)

    np.testing.assert_allclose(path[:, 0], [1, 0.5, 0, 0.5])


def test_a_wall_turns_only_its_own_direction():
    along = 0.1 * math.sqrt(0.5)

    # back from the right wall, and on downwards
    np.testing.assert_allclose(fly(0.95, 0.3, 1 / 8, frames=2), [[1, 0.3 + along], [1 - along, 0.3 + 2 * along]])


def test_starts_are_left_as_they_were():
    starts = np.full((2, 3, 3), 0.5)
    trajectories(starts, 5, 0.1)

    assert (starts == 0.5).all()


def test_overlapping_digits_keep_the_brighter_pixel():
    clip = np.zeros((2, 4, 4), np.uint8)
    draw(clip, np.full((2, 2), 100, np.uint8), np.array([[0, 0], [2, 2]]))
    draw(clip, np.array([[50, 200], [50, 200]], np.uint8), np.array([[1, 0], [2, 2]]))

    assert clip[0].tolist() == [[100, 100, 200, 0], [100, 100, 200, 0], [0] * 4, [0] * 4]
    assert clip[1].tolist() == [[0] * 4, [0] * 4, [0, 0, 100, 200], [0, 0, 100, 200]]


def test_a_corner_is_given_as_column_then_row():
    clip = np.zeros((1, 4, 4), np.uint8)
    draw(clip, np.ones((1, 1), np.uint8), np.array([[3, 1]]))

    assert np.argwhere(clip[0]).tolist() == [[1, 3]]


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
    expected = np.zeros((20, 64, 64), np.uint8)
    for which, x, y, direction in np.random.Generator(np.random.Philox(key)).random((2, 4)):
        digit = DIGITS[int(which * len(DIGITS))]
        vx, vy = math.cos(2 * math.pi * direction), math.sin(2 * math.pi * direction)
        for frame in expected:
            x, y = x + 0.1 * vx, y + 0.1 * vy
            if x <= 0 or x >= 1:
                x, vx = min(max(x, 0), 1), -vx
            if y <= 0 or y >= 1:
                y, vy = min(max(y, 0), 1), -vy
            left, top = int(36 * x), int(36 * y)  # truncated, not rounded
            for row in range(28):
                for column in range(28):
                    frame[top + row, left + column] = max(frame[top + row, left + column], digit[row, column])

    drawn = clips("validation", frames=20, seed=seed)[index]["frames"]

    assert drawn.dtype == torch.uint8
    assert drawn.shape == (20, 1, 64, 64)
    assert np.array_equal(drawn[:, 0].numpy(), expected)


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
