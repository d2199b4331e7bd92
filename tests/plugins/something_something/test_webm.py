"""A WebM file states its own length, which a decoder does not mind."""

from __future__ import annotations

import pytest

from framecast.data.frame_format import FrameFormat
from framecast.data.video import read_video
from framecast_something_something.webm import missing_bytes

CLIP = "20bn-something-something-v2/78687.webm"


def test_a_whole_file_lacks_nothing(official):
    assert missing_bytes(official / CLIP) == 0


@pytest.mark.parametrize("lost", [1, 100, 2000])
def test_bytes_cut_off_at_the_end_are_missed_to_the_byte(official, tmp_path, lost):
    file = tmp_path / "short.webm"
    file.write_bytes((official / CLIP).read_bytes()[:-lost])

    assert missing_bytes(file) == lost


def test_a_length_that_is_left_open_is_never_missed(official, tmp_path):
    content = (official / CLIP).read_bytes()
    begin = content.index(bytes.fromhex("18538067")) + 4
    file = tmp_path / "streamed.webm"
    file.write_bytes(content[:begin] + bytes.fromhex("01FFFFFFFFFFFFFF") + content[begin + 8 :])

    assert missing_bytes(file) == 0
    assert len(list(read_video(file, FrameFormat(8, 8)))) == 12


@pytest.mark.parametrize(
    "content", [b"", b"\x1a", b"\x1aE\xdf\xa3", b"\x1aE\xdf\xa3\x00\x00", b"RIFF and so on", 40, 44]
)
def test_what_is_no_webm_is_left_to_the_decoder(official, tmp_path, content):
    file = tmp_path / "odd.webm"
    file.write_bytes((official / CLIP).read_bytes()[:content] if isinstance(content, int) else content)

    assert missing_bytes(file) == 0
