"""Reading videos: every container, folders of images, and what is damaged."""

import io

import pytest

from framecast.data import DamagedVideo, FrameFormat, images_in, read_video
from real_clips import encoded, grey, painted, real_frames, real_video

SMALL = FrameFormat(32, 32)


def pixels(file, format=SMALL):
    return [frame.pixels for frame in read_video(file, format)]


@pytest.mark.parametrize("kind", ["avi", "mp4", "mkv", "webm", "gif"])
def test_a_video_of_any_format_gives_all_its_frames(tmp_path, kind):
    file = tmp_path / f"clip.{kind}"
    file.write_bytes(real_video(kind))
    frames = list(read_video(file, SMALL))

    assert [frame.pixels.shape for frame in frames] == [(1, 32, 32)] * 12
    assert kind == "gif" or {frame.rate for frame in frames} == {25.0}, "a GIF has delays, not a rate"
    original = tmp_path / "one.png"
    original.write_bytes(encoded(real_frames()[:1], "png"))
    (tmp_path / "images").mkdir()
    original.rename(tmp_path / "images" / "0.png")
    (expected,) = pixels(tmp_path / "images")
    assert abs(frames[0].pixels.astype(int) - expected).mean() < 8, "lossy, but the same picture"


@pytest.mark.parametrize("kind", ["avi", "mp4", "mkv", "webm"])
@pytest.mark.parametrize("channels", [1, 3])
def test_black_and_white_of_video_become_0_and_255(tmp_path, kind, channels):
    file = tmp_path / f"clip.{kind}"
    file.write_bytes(encoded([grey(16)] * 3 + [grey(235)] * 3, kind))
    frames = pixels(file, FrameFormat(32, 40, channels))

    assert (frames[0] == 0).all()
    assert (frames[-1] == 255).all()


def test_images_are_taken_in_the_order_that_people_count_in(tmp_path):
    for level in (10, 2, 1, 30):
        (tmp_path / f"frame{level}.png").write_bytes(encoded([painted(level, level, level)], "png"))
    (tmp_path / "frame².png").write_bytes(encoded([painted(99, 99, 99)], "png"))
    (tmp_path / "notes.txt").write_text("not an image")
    frames = list(read_video(tmp_path, SMALL))

    assert [int(frame.pixels.mean()) for frame in frames] == [1, 2, 10, 30, 99]
    assert {frame.rate for frame in frames} == {None}


def test_images_of_one_number_have_an_order_too(tmp_path):
    for name in ("1.png", "001.png", "01.png", "0.png"):
        (tmp_path / name).touch()

    assert [file.name for file in images_in(tmp_path)] == ["0.png", "001.png", "01.png", "1.png"]


def zero_bytes(file):
    file.touch()


def text(file):
    file.write_text("only text\n" * 500)


def directory(file):
    file.mkdir()


def cut_short(file):
    content = real_video("avi", frames=40)
    file.write_bytes(content[: len(content) // 2])


def promises_more(file):
    content = real_video("avi")
    place = content.index(b"strh") + 8 + 32  # dwLength of the stream's header
    file.write_bytes(content[:place] + (500).to_bytes(4, "little") + content[place + 4 :])


def changes_size(file):
    small = [grey(100, 32, 32)] * 3
    file.write_bytes(encoded([grey(100)] * 3, "mpg") + encoded(small, "mpg"))


def images_change_size(file):
    file.mkdir()
    (file / "1.png").write_bytes(encoded([painted(1, 2, 3)], "png"))
    (file / "2.png").write_bytes(encoded([painted(1, 2, 3, 16, 16)], "png"))


def broken_image(file):
    file.mkdir()
    (file / "1.png").write_bytes(encoded([painted(1, 2, 3)], "png"))
    (file / "2.png").write_bytes(b"no image")


@pytest.mark.parametrize(
    ("spoil", "because"),
    [
        (zero_bytes, r"it is empty \(0 bytes\)"),
        (text, "it cannot be decoded: Invalid data"),
        (directory, "it has no frames"),
        (cut_short, "it (ends early|cannot be decoded)"),
        (promises_more, "it ends early: 12 frames where its header promises 500"),
        (changes_size, r"it changes size at frame \d, from 64x48 to 32x32"),
        (images_change_size, r"it changes size at 2\.png, from 64x48 to 16x16"),
        (broken_image, r"its image 2\.png cannot be decoded"),
    ],
)
def test_a_damaged_video_says_why(tmp_path, spoil, because):
    file = tmp_path / "clip.avi"
    spoil(file)

    with pytest.raises(DamagedVideo, match=because):
        pixels(file)


def test_a_single_frame_is_a_video(tmp_path):
    (tmp_path / "clip.avi").write_bytes(real_video("avi", frames=1))

    assert len(pixels(tmp_path / "clip.avi")) == 1


@pytest.mark.parametrize("kind", ["webm", "mkv"])
def test_a_video_whose_header_counts_no_frames_is_missed_by_its_duration(kind: str) -> None:
    whole = real_video(kind, 40)
    assert len(list(read_video(io.BytesIO(whole), FrameFormat(16, 16)))) == 40
    with pytest.raises(DamagedVideo, match=r"ends early|cannot be decoded"):
        list(read_video(io.BytesIO(whole[: len(whole) // 2]), FrameFormat(16, 16)))
