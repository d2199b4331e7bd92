"""The report's pictures, opened again and looked at."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from framecast.report.filmstrip import filmstrips
from framecast.report.pictures import Clips, animation, data_address, strip, thinned


def frames(count: int, value: int, channels: int = 1, size: int = 24) -> np.ndarray:
    """(T, C, H, W), each frame a little brighter than the one before."""
    clip_TCHW = np.full((count, channels, size, size), value, np.uint8)
    return clip_TCHW + np.arange(count, dtype=np.uint8)[:, None, None, None]


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_a_strip_holds_the_frames_from_left_to_right_with_gaps_that_show_the_page(channels: int) -> None:
    pixels = np.asarray(opened(strip(frames(3, 100, channels))).convert("RGBA"))
    assert pixels.shape == (24, 3 * 24 + 2, 4)
    assert [tuple(pixels[0, at]) for at in (0, 25, 50)] == [(v, v, v, 255) for v in (100, 101, 102)]
    assert pixels[0, 24, 3] == 0


def test_colour_stays_colour() -> None:
    red = np.zeros((1, 3, 8, 8), np.uint8)
    red[:, 0] = 200
    assert opened(strip(red)).convert("RGB").getpixel((4, 4)) == (200, 0, 0)


@pytest.mark.parametrize(
    ("length", "most", "kept"), [(3, 10, [0, 1, 2]), (30, 4, [0, 10, 19, 29]), (5, 2, [0, 4])]
)
def test_a_long_clip_is_thinned_evenly_from_its_first_to_its_last_frame(
    length: int, most: int, kept: list[int]
) -> None:
    assert thinned(length, most) == kept


def test_the_animation_has_a_picture_for_each_frame_and_loops() -> None:
    gif = opened(animation(frames(3, 10), frames(4, 200), frames(4, 100)))
    assert gif.n_frames == 3 + 4  # type: ignore[attr-defined]
    assert gif.info["loop"] == 0


def test_the_animation_shows_the_truth_left_and_the_prediction_right() -> None:
    gif = opened(animation(frames(3, 10), frames(4, 200), frames(4, 100)))
    gif.seek(6)
    last = np.asarray(gif.convert("RGB")).astype(int)
    assert np.allclose(last[0, 0], 203, atol=3)
    assert np.allclose(last[0, -1], 103, atol=3)


def test_the_animations_bar_takes_the_models_colour_once_it_predicts() -> None:
    gif = opened(animation(frames(3, 10), frames(4, 200), frames(4, 100)))
    colours = []
    for time in (2, 3):
        gif.seek(time)
        red, _, blue = np.asarray(gif.convert("RGB")).astype(int)[-1, 0]
        colours.append(blue - red > 100)
    assert colours == [False, True]


def test_three_clips_with_losses_are_the_best_the_median_and_the_worst() -> None:
    context, target, prediction = (np.stack([frames(count, 50)] * 3) for count in (2, 12, 12))
    shown = filmstrips(Clips(context, target, prediction, losses=np.array([0.1, 0.2, 0.3])))
    assert [clip.name for clip in shown] == ["best", "median", "worst"]
    assert [clip.note for clip in shown] == ["loss 0.1000", "loss 0.2000", "loss 0.3000"]
    assert shown[0].seen == [-1, 0]
    assert len(shown[0].predicted) == 10
    assert (shown[0].predicted[0], shown[0].predicted[-1]) == (1, 12)


def test_content_becomes_an_address() -> None:
    assert data_address(b"abc", "image/png") == "data:image/png;base64,YWJj"
