"""Arrays as users hand them over: the same clip is the same frames, and what could mean two things is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from framecast import InputError, SampleShape
from framecast.evaluation.array_file import load_array, order_axes, picture_scale

GREY, COLOUR = SampleShape(8, 1, 32, 24), SampleShape(8, 3, 32, 24)
LEVELS = np.random.default_rng(0).integers(0, 256, (8, 1, 32, 24), np.uint8)
LEVELS[0, 0, 0, :2] = 0, 255
PICTURES = (0.0, 1.0)


@pytest.mark.parametrize(
    "array",
    [
        LEVELS,
        LEVELS.astype(np.float32),
        LEVELS.astype(np.float64),
        LEVELS.astype(np.float16),
        LEVELS.astype(np.int64),
        LEVELS.astype(np.int16),
        LEVELS / np.float32(255),
        LEVELS / 255,
        LEVELS.astype(np.uint16) * 257,
    ],
    ids=lambda array: f"{array.dtype} to {array.max():g}",
)
def test_equal_content_is_equal_frames(array: np.ndarray) -> None:
    frames = picture_scale(array, PICTURES, "a.npy").apply(array)
    assert frames.dtype == np.float32
    np.testing.assert_allclose(frames, LEVELS / 255, atol=1e-6)


def test_bool_is_black_and_white() -> None:
    frames = picture_scale(LEVELS > 99, PICTURES, "a.npy").apply(LEVELS > 99)
    assert np.array_equal(frames, (LEVELS > 99).astype(np.float32))


@pytest.mark.parametrize(
    ("array", "found"),
    [
        (LEVELS.astype(np.uint16), "uint16 from 0 to 255"),
        (LEVELS.astype(np.uint16) * 16, "uint16 from 0 to 4080"),
        (LEVELS.astype(np.float32) * 4, "float32 from 0 to 1020"),
        (LEVELS / 127.5 - 1, "float64 from -1 to 1"),
        (LEVELS / 250, "float64 from 0 to 1.02"),
        ((LEVELS > 9).astype(np.int64), "int64 from 0 to 1"),
        (LEVELS.astype(np.int32) - 128, "int32 from -128 to 127"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_tell_what_is_white_is_refused(array: np.ndarray, found: str) -> None:
    with pytest.raises(InputError, match=rf"a\.npy holds {found}, which does not tell what is white; .* scale it"):
        picture_scale(array, PICTURES, "a.npy")


def test_guesses_are_said_and_the_obvious_is_not() -> None:
    assert picture_scale(LEVELS, PICTURES, "").assumptions == ()
    assert picture_scale(LEVELS / 255, PICTURES, "").assumptions == ()
    assert picture_scale(LEVELS * 1.0, PICTURES, "").assumptions == ("float64 from 0 to 255 is taken as 0 to 255",)
    assert "all of it is black" in picture_scale(LEVELS // 255, PICTURES, "").assumptions[0]
    assert picture_scale(LEVELS * 0, PICTURES, "").assumptions == ()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_pictures_have_no_gaps(value: float) -> None:
    array = LEVELS / 255
    array[3, 0, 5, 5] = value
    with pytest.raises(InputError, match=r"has 1 value that is no number"):
        picture_scale(array, PICTURES, "a.npy")


def test_another_range_takes_floats_of_that_range_alone() -> None:
    array = LEVELS / 127.5 - 1
    assert np.allclose(picture_scale(array, (-1, 1), "").apply(array), array)
    with pytest.raises(InputError, match="floats from -1 to 1: scale it"):
        picture_scale(LEVELS * 1.0, (-1, 1), "a.npy")


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (LEVELS[:, 0], ""),
        (LEVELS, ""),
        (np.moveaxis(LEVELS, 1, 3), "(T, H, W, C)"),
        (LEVELS[None], "(1, T, C, H, W)"),
        (LEVELS[None, :, 0], "(1, T, H, W)"),
        (np.moveaxis(LEVELS, 1, 3)[None], "(1, T, H, W, C)"),
    ],
    ids=lambda value: str(getattr(value, "shape", value)),
)
def test_axes_of_grey_clips(array: np.ndarray, said: str) -> None:
    found = order_axes(array, GREY, "a.npy")
    assert np.array_equal(found.frames, LEVELS)
    assert found.assumptions == ((f"shape {array.shape} is taken as {said}",) if said else ())


@pytest.mark.parametrize("layout", ["TCHW", "THWC", "1TCHW", "1THWC"])
def test_axes_of_colour_clips(layout: str) -> None:
    clip = np.random.default_rng(0).random((8, 3, 32, 24))
    given = np.moveaxis(clip, 1, 3) if layout.endswith("C") else clip
    assert np.array_equal(order_axes(given[None] if "1" in layout else given, COLOUR, "").frames, clip)


def test_where_both_readings_fit_the_size_of_training_decides_or_it_is_refused() -> None:
    assert order_axes(np.zeros((8, 3, 32, 24)), SampleShape(8, 3, 32, 24), "").frames.shape == (8, 3, 32, 24)
    both = np.zeros((8, 3, 32, 3))
    assert order_axes(both, SampleShape(8, 3, 32, 3), "").frames.shape == (8, 3, 32, 3)
    assert order_axes(both, SampleShape(8, 3, 3, 32), "").frames.shape == (8, 3, 3, 32)
    with pytest.raises(InputError, match=r"can be read as \(T, C, H, W\) or \(T, H, W, C\)"):
        order_axes(both, COLOUR, "a.npy")


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (
            np.zeros((8, 32, 24)),
            r"float64 of shape \(8, 32, 24\), the model needs \(T, 3, H, W\) numbers, or \(T, H",
        ),
        (np.zeros((8, 1, 32, 24)), r"needs \(T, 3, H, W\) numbers"),
        (np.zeros((8, 32, 24, 4)), r"shape \(8, 32, 24, 4\)"),
        (np.zeros((3, 8, 32, 24)), r"shape \(3, 8, 32, 24\)"),
        (np.zeros((2, 8, 3, 32, 24)), r"is a batch of 2 clips: hand over one"),
        (np.zeros((32, 24)), r"shape \(32, 24\)"),
        (np.zeros((8, 3, 32, 24), complex), "is complex"),
        (np.array([["a"]]), "holds no numbers"),
    ],
    ids=lambda value: str(getattr(value, "shape", "")),
)
def test_other_shapes_are_refused_in_words(array: np.ndarray, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        order_axes(array, COLOUR, "a.npy")


def test_an_archive_holds_one_array(tmp_path: Path) -> None:
    np.savez(tmp_path / "one.npz", frames=LEVELS)
    np.savez(tmp_path / "two.npz", frames=LEVELS, mask=LEVELS > 3)
    assert np.array_equal(load_array(tmp_path / "one.npz"), LEVELS)
    with pytest.raises(
        InputError, match=r"two\.npz holds 2 arrays \(frames, mask\): save the one of frames alone"
    ):
        load_array(tmp_path / "two.npz")


@pytest.mark.parametrize("content", [b"", b"text", b"\x93NUMPY\x01\x00", b"PK\x03\x04garbage"])
def test_a_damaged_file_is_reported(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.npy cannot be read"):
        load_array(tmp_path / "a.npy")
    with pytest.raises(InputError, match="no such file or folder"):
        load_array(tmp_path / "none.npy")
