"""What a file of fields says of its own sizes, checked before memory is taken for them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import framecast
from framecast_gridded.classic_header import check_classic_header

_FACTOR = 4096
"""Bytes that a byte on the disk may stand for: fields of one value, compressed."""


class StatedSizes:
    """Collects what the variables of one file say. Raises InputError for what is beyond a limit."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._bytes = 0

    def add(self, name: str, shape: Sequence[int], item: int, chunks: Sequence[int] | None) -> None:
        """A variable of `shape`, whose numbers have `item` bytes each, stored in `chunks`."""
        limit = framecast.bounded.CHUNK_BYTES
        whole = math.prod(shape) * item
        self._bytes += whole
        frame = math.prod(shape[-2:]) * item if len(shape) > 2 else whole
        what = "a frame" if len(shape) > 2 else "all"
        if chunks and min(whole, math.prod(chunks) * item) > frame:
            frame, what = min(whole, math.prod(chunks) * item), "a chunk"
        if frame > limit.value:
            size = framecast.bounded.bytes_text(frame)
            raise limit.exceeded(f"data.path: {what} of {name} in {self._path} has {size}")

    def check(self) -> None:
        """Compares all of it with what lies on the disk."""
        limit = framecast.bounded.MAPPED_BYTES
        if self._bytes > limit.value and self._bytes > _FACTOR * _bytes_on_disk(self._path):
            size = framecast.bounded.bytes_text(self._bytes)
            raise limit.exceeded(f"data.path: {self._path} is said to hold {size}, far more than its files can")


def _bytes_on_disk(path: Path) -> int:
    if not path.is_dir():
        return path.stat().st_size
    return sum(file.stat().st_size for file in framecast.data.list_folder(path).paths if file.is_file())


def check_netcdf(path: Path) -> None:
    """Raises InputError where the file is none, states sizes beyond the limits, or cannot be opened in time."""
    check_classic_header(path)
    limit = framecast.bounded.OPEN_SECONDS
    framecast.bounded.call_within(limit, f"data.path: to open {path}", partial(_check_sizes, path))


def _check_sizes(path: Path) -> None:
    import netCDF4

    sizes = StatedSizes(path)
    with netCDF4.Dataset(path) as file:
        for name, variable in file.variables.items():
            item = getattr(variable.dtype, "itemsize", 1)  # texts of any length have none
            chunks = variable.chunking()
            sizes.add(name, variable.shape, item, chunks if isinstance(chunks, list) else None)
    sizes.check()
