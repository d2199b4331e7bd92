"""Arrays in .npy and .npz files from anybody: headers are checked before memory is taken, nothing is unpickled."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np

from framecast.bounded.archive import DAMAGED, open_member, open_zip
from framecast.bounded.limit import ARRAY_BYTES, MAPPED_BYTES, Limit, bytes_text
from framecast.bounded.regular_file import open_regular
from framecast.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENDING = ".npy"
_MAGIC = b"\x93NUMPY"
_LENGTHS = {b"\1\0": 2, b"\2\0": 4}
"""Bytes of the header's length by the version of the format; 3.0 is for fields with names that are not Latin."""
_LONGEST_HEADER = 10_000
"""As NumPy's own limit; a header is a line."""


def read_arrays(file: Path, limit: Limit = ARRAY_BYTES) -> dict[str, np.ndarray]:
    """The arrays of an .npz file by name, read whole; other members are left out.

    Raises FileNotFoundError where there is none, InputError where it cannot be read, holds Python objects, or
    all of it is larger than the limit.
    """
    arrays: dict[str, np.ndarray] = {}
    left = limit.value
    with open_zip(file) as archive:
        names = [entry.filename for entry in archive.infolist() if entry.filename.endswith(_ENDING)]
        for name in names:
            key = name.removesuffix(_ENDING)
            if key in arrays:
                raise InputError(f"{file} holds two arrays called {key!r}")
            what = f"{key} in {file}"
            with open_member(archive, name, what) as stream:
                size = _header(stream, what).bytes
            if size > left:
                whole = f"{file} holds {bytes_text(limit.value - left + size)}"
                raise limit.exceeded(f"{whole}, and .npz is read whole: save its array as .npy")
            left -= size
            with open_member(archive, name, what) as stream:
                arrays[key] = _array(stream, what)
    return arrays


def map_array(file: Path) -> np.ndarray:
    """The array of an .npy file, mapped into memory and not read. Raises FileNotFoundError where there is none,
    InputError where it is no array, or its file shorter than its header says."""
    with open_regular(file) as stream:
        stated = _header(stream, str(file))
        if stated.bytes > MAPPED_BYTES.value:
            raise MAPPED_BYTES.exceeded(f"{file} holds {bytes_text(stated.bytes)}")
        begin, end = stream.tell(), stream.seek(0, io.SEEK_END)
        if end - begin < stated.bytes:
            there = f"{bytes_text(stated.bytes)} of numbers are stated, {bytes_text(end - begin)} there"
            raise InputError(f"{file} cannot be read: it is not whole: {there}")
        try:
            if not stated.bytes:
                return np.empty(stated.shape, stated.dtype)
            return np.memmap(stream, stated.dtype, "r", begin, stated.shape, "F" if stated.fortran else "C")
        except (OSError, ValueError, TypeError, OverflowError) as error:
            raise InputError(f"{file} cannot be read: it is no NumPy array: {error}") from None


class _Header(NamedTuple):
    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def _header(stream: IO[bytes], what: str) -> _Header:
    """What an array says of itself; the stream is left where its numbers begin."""
    try:
        magic = stream.read(len(_MAGIC) + 2)
        width = _LENGTHS.get(magic.removeprefix(_MAGIC)) if magic.startswith(_MAGIC) else None
        if width is None:
            raise ValueError("it does not begin as one")
        stated = stream.read(width)
        length = int.from_bytes(stated, "little")
        if length > _LONGEST_HEADER:
            raise ValueError(f"its header is said to be {length:,} bytes long")
        head = io.BytesIO(stated + stream.read(length))
        read = np.lib.format.read_array_header_1_0 if width == 2 else np.lib.format.read_array_header_2_0
        header = _Header(*read(head))
    except Exception as error:  # the header is a Python literal, and ends in nearly any error
        text = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(f"{what} cannot be read: it is no NumPy array: {text}") from None
    if header.dtype.hasobject:
        raise InputError(f"{what} cannot be read: it holds Python objects, which are never loaded")
    lengths = header.shape
    if any(isinstance(each, bool) or not 0 <= each < 2**62 for each in lengths) or not header.dtype.itemsize:
        raise InputError(
            f"{what} cannot be read: it states an impossible shape, {str(lengths)[:100]} of {header.dtype}"
        )
    return header


def _array(stream: IO[bytes], what: str) -> np.ndarray:
    try:
        return np.lib.format.read_array(stream, allow_pickle=False)
    except (*DAMAGED, TypeError, MemoryError, OverflowError) as error:
        raise InputError(f"{what} cannot be read: it is no NumPy array: {' '.join(str(error).split())}") from None


def named_array(arrays: Mapping[str, np.ndarray], name: str, file: Path) -> np.ndarray:
    """The array of that name. Raises InputError where the file has none."""
    if name not in arrays:
        raise InputError(f"{file} holds no array {name!r}, only {', '.join(arrays) or 'nothing'}")
    return arrays[name]
