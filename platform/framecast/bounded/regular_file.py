"""Opening files that may be anything: a pipe, a device, a folder, or more than memory holds."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import IO

from framecast.bounded.limit import DOCUMENT_BYTES, LINE_BYTES, Limit, bytes_text
from framecast.errors import InputError

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
PIECE = 8 << 20
"""Bytes that are held in memory of a large file on its way."""


def open_regular(file: Path | str) -> BufferedReader:
    """A regular file, opened for reading; a link to one is followed. Never waits, as `open` does on a pipe.

    Raises FileNotFoundError where there is none, InputError where it cannot be opened or is no regular file.
    """
    try:
        # a pipe without a writer would block, and a terminal would become this process's own
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileNotFoundError(error.errno, error.strerror, str(file)) from None
    except OSError as error:
        why = "is a socket, not a file" if error.errno == errno.ENXIO else f"cannot be read: {error.strerror}"
        raise InputError(f"{file} {why}") from None
    except ValueError as error:  # a null character in the name
        raise InputError(f"{str(file)!r} is no name of a file: {error}") from None
    try:
        kind = stat.S_IFMT(os.fstat(descriptor).st_mode)
        if kind != stat.S_IFREG:
            raise InputError(f"{file} is {_KINDS.get(kind, 'something else')}, not a file")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def check_regular(file: Path | str) -> None:
    """For libraries that open a file by its name. Raises as `open_regular` does."""
    open_regular(file).close()


def read_bytes(file: Path | str, limit: Limit = DOCUMENT_BYTES) -> bytes:
    """The whole file. Raises FileNotFoundError where there is none, InputError for all else that is wrong."""
    most = limit.value
    with open_regular(file) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > most:
            raise limit.exceeded(f"{file} is {bytes_text(size)} long")
        try:
            content = stream.read(most + 1)  # files in /proc have no size
        except OSError as error:
            raise InputError(f"{file} cannot be read: {error.strerror}") from None
    if len(content) > most:
        raise limit.exceeded(f"{file} is longer than {bytes_text(most)}")
    return content


def read_text(file: Path | str, limit: Limit = DOCUMENT_BYTES, errors: str = "strict") -> str:
    """The whole file as UTF-8, without a byte order mark, line ends as "\\n". Raises as `read_bytes` does, and
    InputError where it is no UTF-8, unless `errors` says what to do then."""
    content = read_bytes(file, limit)
    try:
        text = content.decode("utf-8", errors).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is not text in UTF-8 (byte {error.start})") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def pieces_of(stream: IO[bytes], size: int) -> Iterator[bytes]:
    """The next `size` bytes of a file, in pieces; fewer where it ends before. It may grow meanwhile."""
    while size and (content := stream.read(min(PIECE, size))):
        size -= len(content)
        yield content


def read_lines(file: Path | str, start: int = 0, limit: Limit = LINE_BYTES) -> Iterator[bytes]:
    """The lines from byte `start` on, without their ends, one at a time. Of a line that is too long the beginning:
    it is no whole line of any format.

    Raises as `open_regular` does, when the first line is asked for.
    """
    most = limit.value
    with open_regular(file) as stream:
        stream.seek(start)
        while line := stream.readline(most + 1):
            rest = line
            while not rest.endswith(b"\n") and rest:
                rest = stream.readline(PIECE)
            yield line[:most].removesuffix(b"\n")
