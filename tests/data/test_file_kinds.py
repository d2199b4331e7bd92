"""Images of a folder, in the order that people count in."""

from __future__ import annotations

from framecast.data import FrameFormat, VideoReader, images_in
from tests.real_clips import encoded, painted

SMALL = FrameFormat(32, 32)


def test_images_are_taken_in_the_order_that_people_count_in(tmp_path):
    for level in (10, 2, 1, 30):
        (tmp_path / f"frame{level}.png").write_bytes(encoded([painted(level, level, level)], "png"))
    (tmp_path / "frame².png").write_bytes(encoded([painted(99, 99, 99)], "png"))
    (tmp_path / "notes.txt").write_text("not an image")
    frames = list(VideoReader(tmp_path, SMALL))

    assert [int(frame.pixels.mean()) for frame in frames] == [1, 2, 10, 30, 99]
    assert {frame.rate for frame in frames} == {None}


def test_images_of_one_number_have_an_order_too(tmp_path):
    for name in ("1.png", "001.png", "01.png", "0.png"):
        (tmp_path / name).touch()

    assert [file.name for file in images_in(tmp_path)] == ["0.png", "001.png", "01.png", "1.png"]
