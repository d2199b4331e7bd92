"""How frames of another shape are made to fit."""

import av
import numpy as np
import pytest

from framecast.data.fitting import Fitting
from framecast.plugin.frame_format import FrameFormat
from tests.real_clips import painted


def striped():
    """100 wide, 50 high: black, with white bands of 25 pixels on the left and on the right."""
    pixels = np.zeros((50, 100, 3), np.uint8)
    pixels[:, :25] = pixels[:, 75:] = 255
    return av.VideoFrame.from_ndarray(pixels, format="rgb24")


def test_stretching_keeps_the_whole_picture():
    fitted = Fitting(FrameFormat(20, 20))(striped())

    assert fitted.shape == (1, 20, 20)
    assert (fitted[:, :, [0, -1]] == 255).all()
    assert (fitted[:, :, 9:11] == 0).all()


def test_cropping_keeps_proportions_and_loses_both_sides_alike():
    fitted = Fitting(FrameFormat(50, 50, crop=True))(striped())

    assert fitted.shape == (1, 50, 50)
    assert (fitted == 0).all()


@pytest.mark.parametrize(
    ("height", "width", "scaled"),
    [(120, 160, (60, 80)), (160, 120, (80, 60)), (61, 7, (523, 60)), (60, 60, (60, 60))],
)
def test_what_is_cropped_from_is_never_smaller_than_wanted(height, width, scaled):
    assert FrameFormat(60, 60, crop=True).scaled_size(height, width) == scaled


def test_colour_is_red_green_blue():
    fitted = Fitting(FrameFormat(24, 32, channels=3))(painted(200, 100, 50))

    assert fitted.shape == (3, 24, 32)
    assert fitted.flags.c_contiguous
    assert [int(plane.mean()) for plane in fitted] == [200, 100, 50]


def test_grey_weighs_colours_as_the_eye_does():
    bright, dark = (Fitting(FrameFormat(8, 8))(painted(*colour)).mean() for colour in [(0, 255, 0), (0, 0, 255)])

    assert bright > 3 * dark > 0


def test_two_channels_are_refused():
    with pytest.raises(ValueError, match=r"grey .1 channel. or colour .3., not of 2"):
        FrameFormat(8, 8, channels=2)
