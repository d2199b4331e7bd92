"""The header of a classic netCDF file, checked before the C library reads it.

netCDF-C takes memory for as many dimensions, attributes and variables as the header states, and can crash the
process on a number that is too large. Here no number is believed that the rest of the file could not hold.
The format: https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

import framecast

_COUNT_BYTES = {1: 4, 2: 4, 5: 8}
"""Of a count in the header, by the version of the format."""
_OFFSET_BYTES = {1: 4, 2: 8, 5: 8}
_DIMENSIONS, _VARIABLES, _ATTRIBUTES, _ABSENT = 10, 11, 12, 0
_VALUE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8, 7: 1, 8: 2, 9: 4, 10: 8, 11: 8}
"""Of a value of each type: byte, char, short, int, float, double and, in version 5, further integers."""
_TYPES_OF_VERSION_1 = 6


def check_classic_header(path: Path) -> None:
    """Raises InputError where the header of a classic file contradicts itself or the size of the file. Does
    nothing for files of another kind."""
    with framecast.bounded.open_regular(path) as stream:
        magic = stream.read(4)
        if magic[:3] != b"CDF" or magic[3] not in _COUNT_BYTES:
            return
        try:
            _Header(stream, magic[3]).check()
        except _DamagedError as error:
            raise framecast.InputError(f"{path} cannot be read: its header is damaged: {error}") from None


class _DamagedError(Exception):
    pass


class _Header:
    """The header from the byte behind the version on."""

    def __init__(self, stream: BinaryIO, version: int) -> None:
        self._stream = stream
        self._size = os.fstat(stream.fileno()).st_size
        self._version = version
        self._count_bytes = _COUNT_BYTES[version]

    def check(self) -> None:
        self._integer(self._count_bytes)  # of records: all ones where the file was being written
        dimensions = self._count_of(_DIMENSIONS, "dimensions", 2 * self._count_bytes)
        for _ in range(dimensions):
            self._name()
            self._integer(self._count_bytes)
        self._attributes()
        for _ in range(self._count_of(_VARIABLES, "variables", 4 * self._count_bytes)):
            self._variable(dimensions)

    def _variable(self, dimensions: int) -> None:
        self._name()
        for _ in range(self._count("dimensions of a variable", self._count_bytes)):
            if (number := self._integer(self._count_bytes)) >= dimensions:
                raise _DamagedError(f"a variable has dimension {number}, there are {dimensions}")
        self._attributes()
        self._type()
        self._integer(self._count_bytes)
        self._integer(_OFFSET_BYTES[self._version])

    def _attributes(self) -> None:
        for _ in range(self._count_of(_ATTRIBUTES, "attributes", 2 * self._count_bytes)):
            self._name()
            item = _VALUE_BYTES[self._type()]
            self._skip(self._count("values of an attribute", item) * item)

    def _name(self) -> None:
        self._skip(self._count("bytes of a name", 1))

    def _type(self) -> int:
        found = self._integer(4)
        if not 1 <= found <= (_TYPES_OF_VERSION_1 if self._version < 5 else max(_VALUE_BYTES)):
            raise _DamagedError(f"there is no type {found}")
        return found

    def _count_of(self, tag: int, what: str, smallest: int) -> int:
        """How many of a kind there are, each of which takes at least `smallest` bytes."""
        found = self._integer(4)
        if found not in (tag, _ABSENT):
            raise _DamagedError(f"the list of {what} is not where it should be")
        count = self._count(what, smallest)
        if found == _ABSENT and count:
            raise _DamagedError(f"there are no {what}, and {count:,} of them")
        return count

    def _count(self, what: str, smallest: int) -> int:
        count = self._integer(self._count_bytes)
        left = self._size - self._stream.tell()
        if count * smallest > left:
            raise _DamagedError(f"it states {count:,} {what} in a file of {self._size:,} bytes")
        return count

    def _integer(self, length: int) -> int:
        content = self._stream.read(length)
        if len(content) < length:
            raise _DamagedError("it is cut off")
        return int.from_bytes(content, "big")

    def _skip(self, length: int) -> None:
        """Over content, which is padded to whole words."""
        self._stream.seek(length + -length % 4, os.SEEK_CUR)
        if self._stream.tell() > self._size:
            raise _DamagedError("it is cut off")
