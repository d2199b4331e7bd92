"""Drawing a batch: each digit at its corner, the brighter pixel where digits overlap."""

import numpy as np

from framecast_moving_mnist.drawing import drawn


def test_overlapping_digits_keep_the_brighter_pixel():
    digits = np.array([[[[100, 100], [100, 100]], [[50, 200], [50, 200]]]], np.uint8)
    corners = np.array([[[[0, 0], [2, 2]], [[1, 0], [2, 2]]]])

    clip = drawn(digits, corners, 4)[0]

    assert clip.dtype == np.uint8
    assert clip[0].tolist() == [[100, 100, 200, 0], [100, 100, 200, 0], [0] * 4, [0] * 4]
    assert clip[1].tolist() == [[0] * 4, [0] * 4, [0, 0, 100, 200], [0, 0, 100, 200]]


def test_a_corner_is_given_as_column_then_row():
    clip = drawn(np.ones((1, 1, 1, 1), np.uint8), np.array([[[[3, 1]]]]), 4)[0]

    assert np.argwhere(clip[0]).tolist() == [[1, 3]]


def test_digits_in_all_four_corners_of_a_frame_stay_in_their_frame():
    corners = np.array([[[[0, 0], [2, 0]], [[2, 2], [0, 2]]]] * 2)  # alike in both clips
    digits = np.full((2, 2, 2, 2), 9, np.uint8)

    clips = drawn(digits, corners, 4)

    assert clips.shape == (2, 2, 4, 4)
    for clip in clips:
        assert clip[0].tolist() == [[9, 9, 0, 0], [9, 9, 0, 0], [0, 0, 9, 9], [0, 0, 9, 9]]
        assert clip[1].tolist() == [[0, 0, 9, 9], [0, 0, 9, 9], [9, 9, 0, 0], [9, 9, 0, 0]]


def test_each_clip_of_a_batch_gets_its_own_digits():
    digits = np.array([[[[1]]], [[[2]]]], np.uint8)

    clips = drawn(digits, np.zeros((2, 1, 1, 2), int), 2)

    assert clips[:, 0, 0, 0].tolist() == [1, 2]
