"""Lists as editors of any system write them."""

import pytest

from framecast import InputError
from framecast.data import decode_text, read_text_list

LINES = [(1, "a.mp4"), (3, "b c.mp4"), (5, "ü.mp4")]
TEXT = "a.mp4\n# a remark\n  b c.mp4\t \n\nü.mp4"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.replace("\n", "\r\n").encode("utf-16-be"),
        f"{TEXT}\n\n".encode(),
    ],
    ids=["plain", "mark", "Windows", "old Mac", "UTF-16", "UTF-16 big-endian", "blank end"],
)
def test_the_same_lines_however_they_are_written(tmp_path, content):
    (tmp_path / "list.txt").write_bytes(content)

    assert read_text_list(tmp_path / "list.txt", "data.split") == LINES


def test_a_name_that_begins_with_a_hash_is_no_remark_where_it_is_known(tmp_path):
    (tmp_path / "list.txt").write_text("#1.mp4\n#2.mp4\n")

    assert read_text_list(tmp_path / "list.txt", "key", {"#1.mp4"}) == [(1, "#1.mp4")]


def test_separators_within_names_are_kept(tmp_path):
    (tmp_path / "list.txt").write_text("a\u2028b.mp4\nc\x0cd.mp4\n")

    assert [line.text for line in read_text_list(tmp_path / "list.txt", "key")] == ["a\u2028b.mp4", "c\x0cd.mp4"]


def test_what_is_no_text_names_key_file_and_byte(tmp_path):
    (tmp_path / "list.txt").write_bytes("ä.mp4\n".encode("latin-1"))

    with pytest.raises(InputError, match=r"data\.split: .*list\.txt: not a text file in UTF-8 \(byte 0\)"):
        read_text_list(tmp_path / "list.txt", "data.split")
    with pytest.raises(InputError, match=r"data\.split: .*none\.txt: No such file"):
        read_text_list(tmp_path / "none.txt", "data.split")
    assert decode_text(b"") == ""
