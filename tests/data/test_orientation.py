"""Turning pictures, against Pillow and against what a display matrix means point by point."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageOps

from framecast.data.orientation import Orientation, image_orientation
from tests.made_videos import MATRICES, scene, turned


def packed(a, b, c, d):
    return struct.pack("=9i", *(round(65536 * value) for value in (a, b, 0, c, d, 0, 0, 0)), 1 << 30)


@pytest.mark.parametrize("number", range(1, 9))
@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff", "webp"])
def test_exif_of_every_format_turns_as_pillow_does(number, kind):
    exif = Image.Exif()
    exif[0x0112] = number
    file = io.BytesIO()
    Image.fromarray(scene()).save(file, kind, exif=exif, **({"lossless": True} if kind == "webp" else {}))
    found = image_orientation(file.getvalue())
    expected = np.asarray(ImageOps.exif_transpose(Image.open(file)))

    assert found == Orientation.from_exif(number)
    assert np.abs(found.apply(scene()).astype(int) - expected).max() < 25, "JPEG is lossy"
    assert (found.apply(scene()) == turned(scene(), number)).all()


@pytest.mark.parametrize("number", range(1, 9))
def test_a_matrix_moves_each_point_to_where_it_says(number):
    a, b, c, d = MATRICES[number]
    orientation = Orientation.from_matrix(packed(a, b, c, d))
    picture = scene()
    height, width = picture.shape[:2]
    x, y = 3.5 - width / 2, 5.5 - height / 2
    shown_height, shown_width = orientation.size(height, width)
    column, row = a * x + c * y + shown_width / 2 - 0.5, b * x + d * y + shown_height / 2 - 0.5

    assert orientation == Orientation.from_exif(number)
    assert orientation.apply(picture).shape[:2] == (shown_height, shown_width)
    picture[5, 3] = 255
    assert (orientation.apply(picture)[round(row), round(column)] == 255).all()


@pytest.mark.parametrize("number", range(1, 9))
def test_words_are_there_for_all_but_the_upright(number):
    assert bool(Orientation.from_exif(number).text) == (number != 1)


@pytest.mark.parametrize("value", [0, 9, -1, 274])
def test_exif_numbers_that_do_not_exist_turn_nothing(value):
    assert Orientation.from_exif(value) == Orientation()


def test_a_matrix_may_scale_and_be_slightly_off():
    assert Orientation.from_matrix(packed(0.001, -1.5, 1.5, 0.001)) == Orientation.from_exif(8)
    assert Orientation.from_matrix(packed(0, 0, 0, 0)) == Orientation()


def test_an_angle_that_is_no_right_one_is_refused():
    with pytest.raises(ValueError, match="turns it by 45 degrees"):
        Orientation.from_matrix(packed(0.7, 0.7, -0.7, 0.7))


def test_an_image_without_exif_and_one_with_damaged_exif_are_upright():
    file = io.BytesIO()
    Image.fromarray(scene()).save(file, "jpeg", exif=b"Exif\0\0not exif at all")

    assert image_orientation(file.getvalue()) == Orientation()
    assert image_orientation(b"") == Orientation()
