"""Bouncing balls keep the contract of data sets, and the laws of mechanics."""

from __future__ import annotations

import numpy as np
import pytest
from bouncing_balls import Settings, build
from bouncing_balls.clips import collide

import framecast.testing

SMALL = {"size": 16, "train_clips": 40, "test_clips": 20}
TestBouncingBalls = framecast.testing.conformance("bouncing_balls", settings=SMALL)


def test_a_collision_keeps_momentum_and_energy() -> None:
    places = np.array([[0.4, 0.5], [0.5, 0.55]])
    speeds = np.array([[0.1, 0.02], [-0.05, 0.0]])
    before = speeds.copy()
    collide(places, speeds, 0, 1, radius=0.1)
    assert not np.allclose(speeds, before)
    np.testing.assert_allclose(speeds.sum(0), before.sum(0))
    np.testing.assert_allclose(np.square(speeds).sum(), np.square(before).sum())


def test_balls_that_part_go_on() -> None:
    speeds = np.array([[-0.1, 0.0], [0.1, 0.0]])
    collide(np.array([[0.4, 0.5], [0.5, 0.5]]), speeds, 0, 1, radius=0.1)
    np.testing.assert_array_equal(speeds, [[-0.1, 0.0], [0.1, 0.0]])


def test_large_balls_find_room_and_begin_apart() -> None:
    """Two of half the box's width: where the first one lies in the middle there is no place for the other."""
    clips = build(Settings(size=64, balls=2, radius=0.25), "train", 1)
    for index in range(20):
        covered = clips[index]["frames"].mean() / 255
        assert covered == pytest.approx(2 * np.pi * 0.25**2, rel=0.02)
