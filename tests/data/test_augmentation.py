"""Variations of clips: drawn for one key, and each setting's draws its own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framecast.data import Augmentation

CLIP = np.random.default_rng(0).integers(0, 256, (5, 2, 20, 30), np.uint8)
KEYS = [(0, 0, index) for index in range(200)]


def drawn(key, **settings):
    return Augmentation(**settings).drawn(key, 20, 30)


def test_a_key_draws_the_same_again_and_others_draw_others():
    settings = {"crop": 10, "flip": "both", "reverse": True, "brightness": 0.5}

    assert drawn((1, 2, 3), **settings) == drawn((1, 2, 3), **settings)
    assert len({drawn(key, **settings) for key in [(1, 2, 3), (1, 2, 4), (1, 3, 3), (2, 2, 3)]}) == 4


def test_one_setting_never_shifts_anothers_draws():
    for key in KEYS:
        every = drawn(key, crop=10, flip="both", reverse=True, brightness=0.5)
        assert (drawn(key, crop=10).top, drawn(key, crop=10).left) == (every.top, every.left)
        assert drawn(key, flip="horizontal").mirrored == every.mirrored
        assert drawn(key, flip="vertical").upside_down == every.upside_down
        assert drawn(key, reverse=True).backwards == every.backwards
        assert drawn(key, brightness=0.5).brightness == every.brightness


def test_about_half_of_the_clips_are_turned():
    every = [drawn(key, flip="both", reverse=True) for key in KEYS]

    for turned in ("mirrored", "upside_down", "backwards"):
        assert 70 < sum(getattr(variation, turned) for variation in every) < 130


def test_crops_lie_within_the_frame_and_reach_its_edges():
    every = [drawn(key, crop=18) for key in KEYS]

    assert {variation.top for variation in every} == {0, 1, 2}
    assert {variation.left for variation in every} == set(range(13))
    assert all(variation.placed(CLIP).shape == (5, 2, 18, 18) for variation in every)


def test_validation_is_the_middle_and_nothing_else():
    variation = drawn(None, crop=10, flip="both", reverse=True, brightness=0.9)

    assert (variation.placed(CLIP) == CLIP[:, :, 5:15, 10:20]).all()
    assert variation.lit(CLIP) is CLIP


def test_turning_is_what_it_is_called():
    found = {}
    for key in KEYS:
        variation = drawn(key, flip="both", reverse=True)
        found[variation.mirrored, variation.upside_down, variation.backwards] = variation.placed(CLIP)

    assert (found[True, False, False] == CLIP[..., ::-1]).all()
    assert (found[False, True, False] == CLIP[..., ::-1, :]).all()
    assert (found[False, False, True] == CLIP[::-1]).all()
    assert (found[False, False, False] == CLIP).all()


@given(st.integers(0, 2**63), st.integers(0, 10_000), st.integers(0, 10**9))
def test_a_mask_is_placed_as_its_frames_are(seed, epoch, index):
    variation = drawn((seed, epoch, index), crop=12, flip="both", reverse=True)
    mask = CLIP > 127

    assert (variation.placed(mask) == (variation.placed(CLIP) > 127)).all()


def test_brightness_stays_between_black_and_white():
    factors = [drawn(key, brightness=0.4).brightness for key in KEYS]
    brightest = drawn(KEYS[int(np.argmax(factors))], brightness=0.4)
    lit = brightest.lit(np.array([0, 100, 250], np.uint8))

    assert 0.6 <= min(factors) < 0.65
    assert 1.35 < max(factors) <= 1.4
    assert lit.dtype == np.uint8
    assert lit.tolist() == [0, round(100 * brightest.brightness), 255]


def test_a_crop_larger_than_the_frames_is_refused():
    with pytest.raises(ValueError, match=r"augmentation\.crop is 21, but the frames are 20x30"):
        Augmentation(crop=21).size(20, 30)
