"""Zip archives and gzip files from anybody: bounded by what they unpack to, whatever their headers say."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO

from framecast.bounded.limit import ARCHIVE_LIST_BYTES, UNPACKED_BYTES, bytes_text
from framecast.bounded.regular_file import open_regular
from framecast.errors import InputError

_PIECE = 1 << 20
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2}
"""Without LZMA, whose members say how much memory unpacking takes."""
# RuntimeError is a password, NotImplementedError a compression that Python does not know
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError, ValueError)


class _Bounded(io.BufferedIOBase):
    """A file that is never read in pieces of absurd size: zipfile reads the list of members at once."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._name = name

    def read(self, size: int | None = -1) -> bytes:
        most = ARCHIVE_LIST_BYTES.value
        content = self._stream.read(min(most + 1, most + 1 if size is None or size < 0 else size))
        if len(content) > most:
            raise ARCHIVE_LIST_BYTES.exceeded(
                f"the list of members of {self._name} is over {bytes_text(most)} long"
            )
        return content

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


@contextmanager
def open_zip(file: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, whose members are to be read with `read_member`. Raises FileNotFoundError where there is none,
    InputError where it is none."""
    with open_regular(file) as stream:
        try:
            archive = zipfile.ZipFile(_Bounded(stream, str(file)))
        except DAMAGED as error:
            raise InputError(f"{file} is not a zip archive that can be read: {error}") from None
        with archive:
            yield archive


@contextmanager
def open_member(archive: zipfile.ZipFile, name: str, where: str) -> Iterator[IO[bytes]]:
    """A member of an open archive, unpacked as it is read. Raises InputError, which begins with `where`."""
    try:
        method = archive.getinfo(name).compress_type
        stream = archive.open(name) if method in _METHODS else None
    except (*DAMAGED, KeyError) as error:
        raise InputError(f"{where} cannot be unpacked: {error}") from None
    if stream is None:
        raise InputError(
            f"{where} cannot be unpacked: its compression is not one of those that are read (deflate, bzip2)"
        )
    with stream:
        yield stream


def read_member(archive: zipfile.ZipFile, name: str, where: str) -> bytes:
    """A member of an open archive, unpacked. Raises InputError, which begins with `where`, where it cannot be
    unpacked or is too large: counted, not believed."""
    with open_member(archive, name, where) as stream:
        return _all_of(stream, where)


def read_gzip(file: Path) -> bytes:
    """A gzip file, unpacked. Raises FileNotFoundError where there is none, InputError for all else."""
    with open_regular(file) as stream, gzip.GzipFile(fileobj=stream) as unpacked:
        return _all_of(unpacked, str(file))


def _all_of(stream: IO[bytes] | Any, where: str) -> bytes:
    most, content = UNPACKED_BYTES.value, bytearray()
    try:
        while piece := stream.read(_PIECE):
            content += piece
            if len(content) > most:
                raise UNPACKED_BYTES.exceeded(f"{where} unpacks to more than {bytes_text(most)}")
    except DAMAGED as error:
        raise InputError(f"{where} cannot be unpacked: {error}") from None
    return bytes(content)
