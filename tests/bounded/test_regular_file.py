"""Files that are no files, and files that are too long."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from framecast.bounded import Limit, open_regular, read_bytes, read_lines, read_text
from framecast.errors import InputError

FEW = Limit("TEST_BYTES", 10, "ten bytes")


def make_pipe(file: Path) -> None:
    os.mkfifo(file)


def make_socket(file: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(file))


def link_to_a_device(file: Path) -> None:
    file.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("make", "kind"),
    [(make_pipe, "a pipe"), (make_socket, "a socket"), (link_to_a_device, "a device"), (Path.mkdir, "a folder")],
)
def test_what_is_no_regular_file_is_refused_at_once(
    tmp_path: Path, make: Callable[[Path], None], kind: str
) -> None:
    file = tmp_path / "x"
    make(file)
    with pytest.raises(InputError, match=f"x is {kind}, not a file"):
        read_bytes(file)
    with pytest.raises(InputError, match=kind):
        next(read_lines(file))


@pytest.mark.parametrize("name", ["missing", "file/below"])
def test_a_file_that_is_not_there_is_not_found(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileNotFoundError) as error:
        open_regular(tmp_path / name)
    assert error.value.filename == str(tmp_path / name)


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000])
def test_a_name_that_no_file_can_have_is_an_input_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        open_regular(tmp_path / name)


def test_a_link_that_leads_to_itself_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InputError, match="loop cannot be read"):
        read_bytes(tmp_path / "loop")


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    (tmp_path / "link").symlink_to("file")
    assert read_text(tmp_path / "link") == "content"


def test_the_limit_is_named_with_the_variable_that_raises_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"12345678901")
    with pytest.raises(InputError, match=r"x is 11 bytes long, the limit is 10 bytes.*FRAMECAST_LIMIT_TEST_BYTES"):
        read_bytes(file, FEW)
    monkeypatch.setenv("FRAMECAST_LIMIT_TEST_BYTES", "1K")
    assert len(read_bytes(file, FEW)) == 11


def test_a_large_sparse_file_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "x"
    with open(file, "wb") as stream:
        stream.truncate(2**40)
    with pytest.raises(InputError, match="1,024 GiB"):
        read_bytes(file)


def test_a_file_that_states_no_size_is_read_up_to_the_limit() -> None:
    with pytest.raises(InputError, match="is longer than 10 bytes"):
        read_bytes("/proc/self/maps", FEW)


@pytest.mark.parametrize("value", ["", "many", "-5", "1.5", "9" * 40, "64 MB", "٣"])
def test_a_variable_that_is_no_number_is_refused_and_an_empty_one_unset(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("FRAMECAST_LIMIT_TEST_BYTES", value)
    if not value:
        assert FEW.value == 10
        return
    with pytest.raises(InputError, match="FRAMECAST_LIMIT_TEST_BYTES"):
        _ = FEW.value


@pytest.mark.parametrize(("text", "value"), [("7", 7), ("64M", 64 << 20), ("2g", 2 << 30), (" 5K ", 5 << 10)])
def test_a_variable_may_have_a_unit(monkeypatch: pytest.MonkeyPatch, text: str, value: int) -> None:
    monkeypatch.setenv("FRAMECAST_LIMIT_TEST_BYTES", text)
    assert FEW.value == value


def test_text_loses_its_mark_and_has_one_kind_of_line_end(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes("\ufeffä\r\nb\rc\n".encode())
    assert read_text(file) == "ä\nb\nc\n"
    file.write_bytes(b"ab\xff")
    with pytest.raises(InputError, match="not text in UTF-8"):
        read_text(file)
    assert read_text(file, errors="replace") == "ab\ufffd"


def test_lines_come_without_their_ends_and_long_ones_cut(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"one\n\n" + b"2" * 3_000_000 + b"\n1234567890\nlast")
    assert list(read_lines(file, limit=FEW)) == [b"one", b"", b"2" * 10, b"1234567890", b"last"]
    assert list(read_lines(file, start=3_000_006, limit=FEW)) == [b"1234567890", b"last"]
