"""Where digits are: the rule on flights that can be followed by hand."""

import math

import numpy as np
import pytest

from framecast_moving_mnist.trajectories import trajectories

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
    x, y = start
    np.testing.assert_allclose(fly(x, y, direction), path, atol=1e-12)


@pytest.mark.parametrize(
    ("corner", "direction"), [((1, 1), 1 / 8), ((0, 1), 3 / 8), ((0, 0), 5 / 8), ((1, 0), 7 / 8)]
)
def test_in_a_corner_both_directions_turn(corner, direction):
    corner = np.array(corner, float)
    x, y = np.abs(corner - 0.05)
    inwards = 0.1 * math.sqrt(0.5) * np.sign(0.5 - corner)

    path = fly(x, y, direction)

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
