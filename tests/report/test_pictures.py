"""The report's pictures, opened again and looked at."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from framecast.report.pictures import Clips, animation, data_address, filmstrip


def clips(channels: int = 1, batch: int = 2, seen: int = 3, future: int = 4, size: int = 16) -> Clips:
    shape = (channels, size, size)
    return Clips(
        context=np.full((batch, seen, *shape), 255, np.uint8),
        target=np.full((batch, future, *shape), 200, np.uint8),
        prediction=np.full((batch, future, *shape), 100, np.uint8),
    )


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_a_filmstrip_shows_seen_frames_and_the_true_above_the_predicted_future(channels: int) -> None:
    strip = np.asarray(opened(filmstrip(clips(channels), 0)).convert("RGB")).astype(int)
    upper, lower = strip[: len(strip) // 2], strip[len(strip) // 2 :]
    assert (upper == 255).all(-1).sum() == 3 * 64 * 64  # three seen frames at four times their size
    assert (upper == 200).all(-1).sum() == 4 * 64 * 64
    assert (lower == 100).all(-1).sum() == 4 * 64 * 64


def test_a_long_clip_is_thinned_to_what_fits() -> None:
    assert opened(filmstrip(clips(future=100), 0, most=5)).width < opened(filmstrip(clips(future=100), 0)).width


def test_the_animation_has_a_picture_for_each_frame_and_loops() -> None:
    moving = clips()
    for time in range(4):  # pictures that are alike would be merged into one
        moving.target[:, time, :, 0, 0] = 10 * time
        moving.context[:, time % 3, :, 0, 0] = 50 * (time % 3)
    gif = opened(animation(moving))
    assert gif.n_frames == 3 + 4  # type: ignore[attr-defined]
    assert gif.info["loop"] == 0
    gif.seek(6)
    last = np.asarray(gif.convert("RGB")).astype(int)
    assert np.isclose(last, 200, atol=3).all(-1).any()
    assert np.isclose(last, 100, atol=3).all(-1).any()


def test_content_becomes_an_address() -> None:
    assert data_address(b"abc", "image/png") == "data:image/png;base64,YWJj"
