"""What a job may not set, in words."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from framecast_something_something.settings import SomethingSomethingSettings


def test_frames_are_128_pixels_wide_and_high_in_colour_where_nothing_is_set():
    assert SomethingSomethingSettings(root="data").format.shape == (3, 128, 128)


def test_grey_frames_have_one_channel_and_one_number_is_height_and_width():
    assert SomethingSomethingSettings(root="data", size=64, colour=False).format.shape == (1, 64, 64)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"augmentation": {"reverse": True}}, "opening becomes closing"),
        ({"augmentation": {"crop": 100}, "size": 64}, "the frames are 64x64"),
        ({"frame_step": 2}, "has no effect with sampling=uniform: set sampling=step"),
    ],
)
def test_settings_that_contradict_are_refused(given, words):
    with pytest.raises(ValidationError, match=words):
        SomethingSomethingSettings(root="data", **given)
