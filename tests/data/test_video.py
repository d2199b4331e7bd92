"""Reading videos: every container, folders of images, and what is damaged."""

import io
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from framecast.data import DamagedVideo, FrameFormat, VideoReader
from tests.made_videos import MATRICES, scene, turned, with_edits, with_matrix, write_film
from tests.real_clips import encoded, grey, painted, real_frames, real_video

SMALL = FrameFormat(32, 32)


def pixels(file, format=SMALL):
    return [frame.pixels for frame in VideoReader(file, format)]


@pytest.mark.parametrize("kind", ["avi", "mp4", "mkv", "webm", "gif"])
def test_a_video_of_any_format_gives_all_its_frames(tmp_path, kind):
    file = tmp_path / f"clip.{kind}"
    file.write_bytes(real_video(kind))
    frames = list(VideoReader(file, SMALL))

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


def zero_bytes(file):
    file.touch()


def text(file):
    file.write_text("only text\n" * 500)


def directory(file):
    file.mkdir()


def cut_short(file):
    content = real_video("avi", frames=40)
    file.write_bytes(content[: len(content) // 2])


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
    assert len(list(VideoReader(io.BytesIO(whole), FrameFormat(16, 16)))) == 40
    with pytest.raises(DamagedVideo, match=r"ends early|cannot be decoded"):
        list(VideoReader(io.BytesIO(whole[: len(whole) // 2]), FrameFormat(16, 16)))


def read(content, format=None, **settings):
    """The frames of a film, and what was found."""
    reader = VideoReader(
        io.BytesIO(content) if isinstance(content, bytes) else content, format or FrameFormat(48, 80, **settings)
    )
    frames = [frame.pixels for frame in reader]
    return np.stack(frames), reader.facts


def levels(frames):
    """What `scene` painted the middle of each frame with, less 20."""
    return (frames[:, 0, 24, 40].astype(int) - 20).tolist()


FILM = write_film([scene(time) for time in range(20)], gop=8, options={"crf": "1"})
TICKS = 512  # of one frame, in the track's unit
BEGIN = 1024  # the first frame's time there: later ones are stored before it


@pytest.mark.parametrize("number", range(1, 9))
def test_a_film_is_shown_turned_and_mirrored_as_its_matrix_says(number):
    expected = turned(scene(), number)
    frames, facts = read(with_matrix(FILM, MATRICES[number]), FrameFormat(*expected.shape[:2]))

    assert np.abs(frames[0, 0].astype(int) - expected[..., 0]).max() < 8
    assert facts.size == expected.shape[:2]
    assert bool(facts.orientation) == (number != 1)


def test_a_turned_film_keeps_its_proportions_in_another_size():
    upright, _ = read(FILM, FrameFormat(30, 30, crop=True))
    tipped, _ = read(with_matrix(FILM, MATRICES[8]), FrameFormat(30, 30, crop=True))

    assert np.abs(np.rot90(upright, axes=(2, 3)).astype(int) - tipped).max() < 12


def test_a_film_turned_by_no_right_angle_is_refused():
    with pytest.raises(DamagedVideo, match="turns it by 45 degrees, and only multiples of 90 are read"):
        read(with_matrix(FILM, (0.7, 0.7, -0.7, 0.7)))


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([(800, BEGIN)], range(20)),
        ([(600, BEGIN + 5 * TICKS)], range(5, 20)),
        ([(400, BEGIN + 8 * TICKS)], range(8, 18)),
        ([(400, BEGIN)], range(10)),
        ([(500, -1), (800, BEGIN)], range(20)),
        ([(500, -1), (200, BEGIN + 7 * TICKS)], range(7, 12)),
        ([(9999, BEGIN + 15 * TICKS)], range(15, 20)),
        ([(200, BEGIN), (200, BEGIN + 10 * TICKS)], [*range(5), *range(10, 15)]),
    ],
    ids=["all", "within", "at a key frame", "tail", "delayed", "delayed and cut", "beyond the end", "two parts"],
)
def test_an_edit_list_shows_what_players_show(edits, expected):
    frames, facts = read(with_edits(FILM, edits))

    assert np.abs(np.array(levels(frames)) - list(expected)).max() <= 2
    assert bool(facts.remarks) == (len(frames) < 20)


def test_a_count_of_frames_in_a_header_may_be_wrong():
    content = real_video("avi")
    place = content.index(b"strh") + 8 + 32  # dwLength of the stream's header
    lying = content[:place] + (500).to_bytes(4, "little") + content[place + 4 :]
    frames, facts = read(lying)

    assert len(frames) == 12
    assert facts.remarks == ("its header counts 500 frames, and 12 are there",)


def test_a_duration_in_a_header_may_be_wrong():
    content = write_film([scene(time) for time in range(10)], "matroska")
    place = content.index(b"\x44\x89\x88") + 3
    lying = content[:place] + np.array([9e9], ">f8").tobytes() + content[place + 8 :]

    assert len(read(lying)[0]) == 10


TIMES = [*range(0, 1000, 100), *range(1000, 3000, 400)]


@pytest.mark.parametrize(("kind", "codec"), [("mp4", "libx264"), ("matroska", "libx264"), ("webm", "libvpx-vp9")])
def test_a_variable_rate_is_seen_and_resampled_by_time(kind, codec):
    film = write_film([scene(time) for time in range(15)], kind, codec=codec, times=TIMES)
    every, facts = read(film)
    resampled, _ = read(film, frame_rate=5.0)

    assert len(every) == 15
    assert facts.is_variable
    assert facts.rates == pytest.approx((2.5, 10), rel=0.02)
    assert np.abs(np.array(levels(resampled)[:13]) - [0, 2, 4, 6, 8, 10, 10, 11, 11, 12, 12, 13, 13]).max() <= 2


@pytest.mark.parametrize("kind", ["gif", "apng", "webp"])
def test_delays_of_animations_are_their_clock(kind):
    file = io.BytesIO()
    first, *others = [Image.fromarray(scene(time)) for time in range(4)]
    exact: dict[str, Any] = {"lossless": True} if kind == "webp" else {}
    delays = [100, 100, 400, 100]
    first.save(
        file, "png" if kind == "apng" else kind, save_all=True, append_images=others, duration=delays, **exact
    )

    assert read(file.getvalue())[1].rates == pytest.approx((2.5, 10))
    assert len(read(file.getvalue(), frame_rate=10.0)[0]) == 7


@pytest.mark.parametrize(("kind", "codec"), [("mp4", "libx264"), ("matroska", "libx264"), ("avi", "mpeg4")])
def test_pixels_that_are_not_square_are_shown_in_their_proportions(kind, codec):
    film = write_film([scene()] * 2, kind, codec=codec, aspect=Fraction(3, 2))
    wide, facts = read(film, FrameFormat(24, 60, crop=True))
    tipped, _ = (
        read(with_matrix(film, MATRICES[6]), FrameFormat(60, 24, crop=True)) if kind == "mp4" else (None, None)
    )

    assert (facts.pixel_aspect, facts.size) == ("3:2", (48, 120))
    assert wide[0, 0, 1, 2] == pytest.approx(80, abs=8), "the corner is there: nothing was cut off"
    assert wide[0, 0, -2, -2] == pytest.approx(180, abs=8)
    if tipped is not None:
        assert np.abs(np.rot90(wide, -1, axes=(2, 3)).astype(int) - tipped).max() < 12


def veiled():
    """(H, W, 4): a white square, a half transparent one of 200, and noise around them that nobody sees; and what
    a viewer shows of it on black."""
    picture = np.random.default_rng(0).integers(0, 255, (48, 80, 4), np.uint8)
    picture[..., 3] = 0
    picture[8:24, 16:32] = 255
    picture[32:40, 16:32] = 200, 200, 200, 128
    shown = np.zeros((48, 80), int)
    shown[8:24, 16:32], shown[32:40, 16:32] = 255, 100
    return picture, shown


@pytest.mark.parametrize(
    ("kind", "codec", "pixels"),
    [
        ("webm", "libvpx-vp9", "yuva420p"),
        ("webm", "libvpx", "yuva420p"),
        ("matroska", "ffv1", "bgra"),
        ("mov", "prores_ks", "yuva444p10le"),
        ("apng", "apng", "rgba"),
    ],
)
def test_transparent_film_is_put_on_the_background(kind, codec, pixels):
    picture, shown = veiled()
    options = {"auto-alt-ref": "0"} if "vpx" in codec else {}
    film = write_film([picture] * 2, kind, codec=codec, pixels=pixels, source="rgba", options=options)
    black, facts = read(film)
    red, _ = read(film, FrameFormat(48, 80, 3, background="#ff0000"))

    assert facts.transparent
    assert np.abs(black[0, 0] - shown).mean() < 2
    assert np.abs(red[0, :, 2, 2].astype(int) - [255, 0, 0]).max() < 4
    assert np.abs(red[0, :, 16, 24].astype(int) - [255, 255, 255]).max() < 6


@pytest.mark.parametrize(
    "kind", ["png RGBA", "png LA", "webp RGBA", "tiff RGBA", "png palette", "gif", "png grey"]
)
def test_transparent_images_are_put_on_the_background(tmp_path, kind):
    picture, shown = veiled()
    file = tmp_path / f"0.{kind.split()[0]}"
    image = Image.fromarray(picture)
    if kind in ("png palette", "gif", "png grey"):  # wholly transparent or not at all
        shown[shown == 100] = 200
        numbers = np.digitize(shown, [1, 201]).astype(np.uint8)
        if kind == "png grey":
            image = Image.fromarray(np.choose(numbers, [7, 200, 255]).astype(np.uint8))
            image.save(file, transparency=7)
        else:
            image = Image.fromarray(numbers)
            image.putpalette([99, 99, 99, 200, 200, 200, 255, 255, 255])
            image.save(file, transparency=0)
    else:
        image = image.convert("LA") if kind.endswith("LA") else image
        exact: dict[str, Any] = {"lossless": True} if "webp" in kind else {}
        image.save(file, **exact)
    frames, facts = read(file if kind == "gif" else tmp_path)

    assert facts.transparent
    assert np.abs(frames[0, 0] - shown).max() <= 1


def test_pictures_that_could_be_transparent_and_are_not_are_as_they_were(tmp_path):
    Image.fromarray(np.dstack([scene(), np.full((48, 80), 255, np.uint8)])).save(tmp_path / "0.png")
    frames, facts = read(tmp_path)

    assert (frames[0, 0] == scene()[..., 0]).all()
    assert not facts.transparent


RAMP = np.linspace(0, 1, 80)[None].repeat(48, 0)


@pytest.mark.parametrize("kind", ["png", "tif", "colour png"])
@pytest.mark.parametrize("bits", [16, 14, 12, 10])
def test_16_bits_keep_their_levels(tmp_path, kind, bits):
    counts = np.rint((2**bits - 1) * RAMP).astype(np.uint16)
    if kind == "colour png":
        colour = [np.dstack([counts] * 3)]
        film = write_film(colour, "image2pipe", codec="png", pixels="rgb48be", source="rgb48le")
        (tmp_path / "0.png").write_bytes(film)
    else:
        Image.fromarray(counts).save(tmp_path / f"0.{kind}")
    if bits < 16:
        with pytest.raises(DamagedVideo, match=rf"largest is [\d,]+: set data.bit_depth={bits} if .* is white"):
            read(tmp_path)
    frames, facts = read(tmp_path, bit_depth=bits)

    assert np.abs(frames[0, 0].astype(int) - np.rint(255 * RAMP)).max() <= 1
    assert facts.bits == 16


def test_more_bits_than_were_named_are_refused(tmp_path):
    Image.fromarray(np.full((48, 80), 4096, np.uint16)).save(tmp_path / "0.png")

    with pytest.raises(DamagedVideo, match=r"of 4,096, and with 12 bits white is 4,095: set data.bit_depth=13"):
        read(tmp_path, bit_depth=12)


@pytest.mark.parametrize("values", [RAMP.astype(np.float32), (70000 * RAMP).astype(np.int32)])
def test_images_of_32_bits_are_refused_with_the_reason(tmp_path, values):
    Image.fromarray(values).save(tmp_path / "0.tif")

    with pytest.raises(DamagedVideo, match=r"0\.tif cannot be decoded: its values are (floating|32-bit)"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("kind", "codec", "pixels", "bits"),
    [
        ("matroska", "ffv1", "gray10le", 10),
        ("mov", "prores_ks", "yuv422p10le", 10),
        ("matroska", "ffv1", "yuv444p12le", 12),
        ("matroska", "ffv1", "gray16le", 16),
    ],
)
def test_film_of_more_bits_is_scaled_to_8(kind, codec, pixels, bits):
    film = write_film([scene(time) for time in range(2)], kind, codec=codec, pixels=pixels)
    frames, facts = read(film)

    assert facts.bits == bits
    assert np.abs(frames[0, 0].astype(int) - scene()[..., 0]).max() <= 2


@pytest.mark.parametrize("attached", [False, True])
@pytest.mark.parametrize("cover_first", [False, True])
def test_a_cover_picture_is_not_the_video(attached, cover_first):
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        kinds = [("mjpeg", "yuvj420p"), ("libx264", "yuv420p")][:: 1 if cover_first else -1]
        streams: dict[str, Any] = {codec: container.add_stream(codec, rate=25) for codec, _ in kinds}
        for codec, pixels in kinds:
            streams[codec].height, streams[codec].width, streams[codec].pix_fmt = 48, 80, pixels
        if attached:
            streams["mjpeg"].disposition = av.stream.Disposition.attached_pic.value
        cover = av.VideoFrame.from_ndarray(np.full((48, 80, 3), 250, np.uint8)).reformat(format="yuvj420p")
        container.mux(streams["mjpeg"].encode(cover))
        for time in range(10):
            frame = av.VideoFrame.from_ndarray(scene(time)).reformat(format="yuv420p")
            frame.pts = time
            container.mux(streams["libx264"].encode(frame))
        for stream in streams.values():
            container.mux(stream.encode())
    frames, _ = read(file.getvalue())

    assert np.abs(np.array(levels(frames)) - range(10)).max() <= 3


@pytest.mark.parametrize(("kind", "codec"), [("matroska", "libx264"), ("webm", "libvpx-vp9")])
def test_a_film_without_its_first_key_frame_begins_at_the_next(kind, codec):
    film = write_film([scene(time) for time in range(20)], kind, codec=codec, gop=8)
    rest = io.BytesIO()
    with av.open(io.BytesIO(film)) as whole, av.open(rest, "w", format=kind) as container:
        stream = container.add_stream_from_template(whole.streams.video[0])
        for packet in list(whole.demux(video=0))[3:]:
            if packet.dts is not None:
                packet.stream = stream
                container.mux(packet)
    frames, facts = read(rest.getvalue())

    assert 8 <= len(frames) < 17
    assert levels(frames)[-1] == pytest.approx(19, abs=2)
    assert "without a key frame" in facts.remarks[0]


@pytest.mark.parametrize(
    ("names", "places"),
    [
        (["0", "1", "2", "30", "31", "32"], (3,)),
        (["a_0008", "a_0009", "a_0010", "a_0012", "a_0013"], (3,)),
        (["x2_05_l", "x2_10_l", "x2_15_l", "x2_20_l"], ()),
        (["2020-01-31", "2020-02-01", "2020-02-02"], ()),
        (["3", "90", "1000", "1001"], ()),
        (["a", "b", "c", "d"], ()),
    ],
    ids=["gap", "one missing", "every fifth", "dates", "no usual step", "no numbers"],
)
def test_gaps_in_the_numbers_of_images_are_breaks(tmp_path, names, places):
    for name in names:
        Image.fromarray(scene()).save(tmp_path / f"{name}.png")

    assert read(tmp_path)[1].breaks == places


@pytest.mark.parametrize("kind", ["tif", "png", "webp"])
def test_an_image_of_several_pictures_is_refused_within_a_folder(tmp_path, kind):
    pictures = [Image.fromarray(scene(time)) for time in range(3)]
    exact: dict[str, Any] = {"lossless": True} if kind == "webp" else {}
    pictures[0].save(tmp_path / f"0.{kind}", save_all=True, append_images=pictures[1:], **exact)

    with pytest.raises(DamagedVideo, match=r"holds 3 pictures: write each into a file"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["100%d.mp4", "pipe:1.mp4", "file:x.mp4", "a [/b].mp4", "x y#?.mp4", "-i.mp4"])
def test_a_name_is_no_address_and_no_pattern(tmp_path, name):
    file = tmp_path / name.replace("/", "_")
    file.write_bytes(FILM)

    assert len(read(file)[0]) == 20


@pytest.mark.parametrize(
    "text",
    [
        "ffconcat version 1.0\nfile {}\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile://{}\n#EXT-X-ENDLIST\n",
        "[playlist]\nFile1={}\nNumberOfEntries=1\n",
    ],
    ids=["ffconcat", "hls", "pls"],
)
def test_a_playlist_opens_no_other_file(tmp_path, text):
    (tmp_path / "film.mp4").write_bytes(FILM)
    (tmp_path / "list.mp4").write_text(text.format(tmp_path / "film.mp4"))

    with pytest.raises(DamagedVideo, match="cannot be decoded"):
        read(tmp_path / "list.mp4")
