"""A file that breaks off is found at every cut, and a whole one never."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from framecast.data import DamagedVideo, FrameFormat, VideoReader
from framecast.data.truncation import missing_bytes
from tests.made_videos import write_film

NOISE = [np.random.default_rng(number).integers(0, 255, (32, 48, 3), np.uint8) for number in range(12)]
FAST = {"cpu-used": "8", "deadline": "realtime"}
FILMS: dict[str, Any] = {
    "avi": {"kind": "avi", "codec": "mpeg4"},
    "mkv": {"kind": "matroska"},
    "webm": {"kind": "webm", "codec": "libvpx-vp9", "options": FAST},
    "webm of no stated length": {
        "kind": "webm",
        "codec": "libvpx-vp9",
        "options": FAST,
        "container_options": {"live": "1"},
    },
    "mp4": {},
    "mp4 in fragments": {"container_options": {"movflags": "frag_keyframe+empty_moov"}, "gop": 4},
    "gif": {"kind": "gif", "codec": "gif", "pixels": "rgb8"},
    "apng": {"kind": "apng", "codec": "apng", "pixels": "rgb24"},
}


def animated_webp():
    file = io.BytesIO()
    first, *others = [Image.fromarray(picture) for picture in NOISE]
    first.save(file, "webp", save_all=True, append_images=others, duration=40)
    return file.getvalue()


@pytest.fixture(scope="module", params=[*FILMS, "webp"])
def film(request):
    return animated_webp() if request.param == "webp" else write_film(NOISE, **FILMS[request.param])


def count(content):
    return len(list(VideoReader(io.BytesIO(content), FrameFormat(16, 16))))


def test_a_whole_file_is_read(film):
    assert count(film) == 12
    assert missing_bytes(io.BytesIO(film)) == 0


@pytest.mark.parametrize("share", [0.3, 0.5, 0.6, 0.75, 0.9, 0.97])
def test_a_file_cut_anywhere_is_refused(film, share):
    with pytest.raises(DamagedVideo, match=r"it ends early|it cannot be decoded"):
        count(film[: int(share * len(film))])


def test_what_other_programs_append_is_no_damage(film):
    assert missing_bytes(io.BytesIO(film + b"\0" * 100)) == 0


def test_the_bytes_missing_of_an_ebml_file_are_counted_and_the_position_kept():
    film = write_film(NOISE[:3], "matroska")
    stream = io.BytesIO(film[:-100])
    stream.seek(7)

    assert missing_bytes(stream) == 100
    assert stream.tell() == 7


@pytest.mark.parametrize("content", [b"", b"RIFF", b"\x1aE\xdf\xa3", b"\x1aE\xdf\xa3\x01", b"GIF89a", b"text" * 9])
def test_files_too_short_to_say_anything_are_no_reason_to_fail(content):
    assert missing_bytes(io.BytesIO(content)) in (0, 1)
