"""Digit motions: motion tells the class, nothing else does, and clips are what their settings say."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from framecast_digit_motions.clips import DigitMotions
from framecast_digit_motions.settings import DigitMotionsSettings
from framecast_moving_mnist.digits import load_digits

DIGITS = load_digits(None, "train")[:64]
DOT = np.full((1, 28, 28), 255, np.uint8)
"""A digit that is white all over: where it is can be read off the pixels."""
CLEAN = {"jitter": 0.0, "occluded": 0.0, "noise": 0.0}


def clips(split="train", frames=20, digits=DIGITS, **settings):
    return DigitMotions(DigitMotionsSettings(**{"size": 24, "digit_size": 7, **settings}), split, frames, digits)


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def across(clip):
    """The digit's left edge in each frame."""
    return [int(frame.any(0).nonzero()[0]) for frame in clip["frames"][:, 0]]


def points_passed(clip, positions, travel):
    """Points from each frame to the next, round the line."""
    points = [round(left * (positions - 1) / travel) for left in across(clip)]
    return {(after - before) % positions for before, after in pairwise(points)}


@pytest.mark.parametrize(
    ("positions", "size", "strides"), [(20, 26, [1, -1, 3, -3]), (9, 31, [2, 4, -4]), (13, 31, [6, 1])]
)
def test_a_clips_label_is_the_stride_of_its_digit(positions, size, strides):
    dataset = clips(digits=DOT, positions=positions, size=size, strides=strides, **CLEAN)
    for index in range(12):
        clip = dataset[index]

        assert clip["label"].dtype == torch.int64
        assert points_passed(clip, positions, size - 7) == {strides[clip["label"]] % positions}


def in_order(frames_TCHW):
    """The frames in an order that does not know when they were shown."""
    return sorted(frame.numpy().tobytes() for frame in frames_TCHW)


def test_a_clip_of_another_class_has_the_same_frames_in_another_order():
    # clip 0 is of the first stride, whatever it is; all else about it is drawn without looking
    as_class = {stride: clips(strides=[stride, 7])[0]["frames"] for stride in (1, -1, 3, -3)}

    frames = [in_order(clip) for clip in as_class.values()]
    assert all(each == frames[0] for each in frames)
    assert len({clip.numpy().tobytes() for clip in as_class.values()}) == 4
    assert all(torch.equal(clip[0], as_class[1][0]) for clip in as_class.values())  # also the first is the same


def test_at_every_time_each_class_shows_every_point_equally_often():
    # over all starting points, which are equally likely: so a single frame, at whatever time, tells no class
    dataset = clips(train_clips=8000, frames=3, digits=DOT, **CLEAN, size=26)
    seen = np.zeros((4, 3, 20))
    for clip in dataset.__getitems__(range(8000)):
        for time, left in enumerate(across(clip)):
            seen[clip["label"], time, left] += 1

    expected = seen.sum((0, 2))[:, None] / 20 / 4
    chi_squared = ((seen - expected) ** 2 / expected).sum((0, 2))
    assert (seen > 0).all()
    assert (chi_squared < 136).all()  # of 79 degrees of freedom: all three stay below with probability 0.9998


def test_strides_that_go_left_and_right_meet_the_same_pictures_on_average():
    # with noise, jitter and occlusion too: the mean frame of a class differs from another's by sampling alone
    dataset = clips(train_clips=4000)
    sums, squares = torch.zeros(4, 24, 24), torch.zeros(4, 24, 24)
    for clip in dataset.__getitems__(range(4000)):
        frame = clip["frames"][7, 0].float()
        sums[clip["label"]] += frame
        squares[clip["label"]] += frame**2

    means = sums / 1000
    deviations = (squares / 1000 - means**2).clamp(min=1e-6).sqrt() / 1000**0.5
    for one in range(4):
        for other in range(one):
            apart = (means[one] - means[other]) / (deviations[one] ** 2 + deviations[other] ** 2).sqrt()
            assert apart.abs().max() < 5.5  # 3,456 comparisons: beyond with probability 1.3e-4


def test_shuffling_keeps_the_frames_and_takes_the_order():
    ordered, shuffled = clips()[0]["frames"], clips(shuffle=True)[0]["frames"]

    assert in_order(ordered) == in_order(shuffled)
    assert not torch.equal(ordered, shuffled)


def test_shuffled_clips_are_of_all_strides_alike():
    # whatever its label, a shuffled clip is the same: nothing in it knows the class
    assert torch.equal(
        clips(shuffle=True, strides=[1, 3])[0]["frames"], clips(shuffle=True, strides=[-3, 7])[0]["frames"]
    )


def test_labels_are_balanced():
    labels = [int(clip["label"]) for clip in clips(train_clips=40).__getitems__(range(40))]

    assert np.bincount(labels).tolist() == [10, 10, 10, 10]


def test_jitter_moves_the_digit_off_its_line():
    line = across(clips(digits=DOT, size=26, **CLEAN)[0])
    jittered = across(clips(digits=DOT, size=26, **{**CLEAN, "jitter": 2.0})[0])

    off = np.subtract(jittered, line)
    assert 0.5 < np.abs(off).mean() < 3
    assert min(jittered) >= 0
    assert max(jittered) <= 19


def test_occlusion_hides_the_digit_in_as_many_frames_as_asked_for():
    hidden = [
        not frame.any()
        for clip in clips(digits=DOT, **{**CLEAN, "occluded": 0.3}).__getitems__(range(100))
        for frame in clip["frames"]
    ]

    assert abs(np.mean(hidden) - 0.3) < 0.05  # 2,000 frames: five standard deviations


def test_noise_has_the_deviation_asked_for():
    empty = np.full((1, 28, 28), 128, np.uint8)
    grey = clips(digits=empty, size=8, frames=20, **{**CLEAN, "noise": 0.1}).__getitems__(range(50))
    inside = torch.cat([clip["frames"][..., 1:7, 1:7].flatten() for clip in grey]).float()

    assert abs(inside.std() / 255 - 0.1) < 0.005


def test_a_clip_is_the_same_singly_in_a_batch_and_in_any_order():
    dataset = clips()
    singly = [dataset[index] for index in range(5)]
    batch = dataset.__getitems__([3, 0, 4])

    assert all(same(clip, singly[index]) for clip, index in zip(batch, (3, 0, 4), strict=True))


def test_a_shorter_clip_is_the_beginning_of_a_longer_one():
    assert torch.equal(clips(frames=7)[2]["frames"], clips(frames=30)[2]["frames"][:7])


def test_another_index_seed_or_split_is_another_clip():
    clip = clips()[0]

    assert not same(clip, clips()[4])
    assert not same(clip, clips(seed=1)[0])
    assert not same(clip, clips("validation")[0])
    assert not same(clips("validation")[0], clips("test")[0])


def test_fresh_training_clips_are_new_every_epoch_and_come_back_with_it():
    dataset, scored = clips(fresh=True), clips("validation", fresh=True)
    first, first_scored = dataset[0], scored[0]
    for each in (dataset, scored):
        each.set_epoch(1)
    second = dataset[0]
    dataset.set_epoch(0)

    assert not same(first, second)
    assert same(dataset[0], first)
    assert same(first, clips()[0])
    assert same(scored[0], first_scored)


def test_clips_of_a_fixed_set_stay_the_same_every_epoch():
    dataset = clips()
    first = dataset[0]
    dataset.set_epoch(1)

    assert same(dataset[0], first)


def test_an_unknown_split_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="train, validation and test, not 'holdout'"):
        clips("holdout")


@pytest.mark.parametrize("index", [-1, 4])
def test_an_index_outside_of_the_split_is_an_index_error(index):
    with pytest.raises(IndexError, match=f"clip {index} of 4"):
        clips(train_clips=4)[index]
