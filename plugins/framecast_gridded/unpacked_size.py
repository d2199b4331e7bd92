"""How large a packed Zarr chunk becomes, known before memory is taken for it."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable

_DEFLATE_RATIO = 1032
"""The most bytes that a byte of deflate can become."""
_PIECE = 1 << 20
_ZSTD_MAGIC, _ZSTD_SKIPPED, _ZSTD_SKIPPED_MASK = 0xFD2FB528, 0x184D2A50, 0xFFFFFFF0
_ZSTD_LARGEST_BLOCK = 128 << 10
_RAW, _REPEATED = 0, 1
_LZMA_MEMORY = 256 << 20


def unpacked_size(codec: str, content: bytes, most: int) -> int:
    """The bytes that `content`, packed by this codec, becomes, or a number beyond `most`. An upper bound, which is
    not reached where a codec does not say; 0 for what is damaged, which the codec itself refuses, and for a codec
    that packs nothing."""
    measure = _MEASURES.get(codec)
    try:
        return measure(content, most) if measure else 0
    # handled: damaged content, about which the codec raises
    except (IndexError, OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
        return 0


def is_packing(codec: str) -> bool:
    """Whether the codec changes how many bytes there are, in a way that is known here."""
    return codec in _MEASURES


def _blosc(content: bytes, most: int) -> int:
    return int.from_bytes(content[4:8], "little") if len(content) >= 16 else 0


def _lz4(content: bytes, most: int) -> int:
    return int.from_bytes(content[:4], "little")


def _zstd(content: bytes, most: int) -> int:
    """By the headers of frames and blocks: a frame states its size, or its blocks do, each of at most 128 KiB."""
    total, place = 0, 0
    while place + 4 <= len(content):
        magic = int.from_bytes(content[place : place + 4], "little")
        if magic & _ZSTD_SKIPPED_MASK == _ZSTD_SKIPPED:
            place += 8 + int.from_bytes(content[place + 4 : place + 8], "little")
            continue
        if magic != _ZSTD_MAGIC:
            break
        descriptor = content[place + 4]
        single, checksum = descriptor >> 5 & 1, descriptor >> 2 & 1
        place += 5 + (not single) + (0, 1, 2, 4)[descriptor & 3]
        width = (single, 2, 4, 8)[descriptor >> 6]
        stated = int.from_bytes(content[place : place + width], "little") + (256 if width == 2 else 0)
        place += width
        blocks, is_last = 0, False
        while not is_last and blocks <= most:
            header = int.from_bytes(content[place : place + 3], "little")
            if place + 3 > len(content):
                return total + max(blocks, stated)
            is_last, kind, size = bool(header & 1), header >> 1 & 3, header >> 3
            place += 3 + (1 if kind == _REPEATED else size)
            blocks += size if kind in (_RAW, _REPEATED) else _ZSTD_LARGEST_BLOCK
        total += stated if width else blocks
        place += 4 * checksum
        if total > most:
            break
    return total


def _deflate(open_packed: Callable[[bytes], io.BufferedIOBase]) -> Callable[[bytes, int], int]:
    def measure(content: bytes, most: int) -> int:
        if len(content) * _DEFLATE_RATIO <= most:
            return 0
        return _counted(open_packed(content), most)

    return measure


def _counted(stream: io.BufferedIOBase, most: int) -> int:
    """Unpacked piece by piece, and thrown away."""
    count = 0
    while count <= most and (piece := stream.read(_PIECE)):
        count += len(piece)
    return count


class _Zlib(io.BufferedIOBase):
    def __init__(self, content: bytes) -> None:
        self._unpacker, self._left = zlib.decompressobj(), content

    def read(self, size: int | None = -1) -> bytes:
        piece = self._unpacker.decompress(self._left, max(size or 0, 1))
        self._left = self._unpacker.unconsumed_tail
        return piece


def _gzip(content: bytes) -> io.BufferedIOBase:
    return gzip.GzipFile(fileobj=io.BytesIO(content))


def _bz2(content: bytes, most: int) -> int:
    return _counted(bz2.BZ2File(io.BytesIO(content)), most)


def _lzma(content: bytes, most: int) -> int:
    unpacker = lzma.LZMADecompressor(memlimit=_LZMA_MEMORY)
    try:
        count, piece = 0, unpacker.decompress(content, _PIECE)
        while piece and count <= most and not unpacker.eof:
            count, piece = count + len(piece), unpacker.decompress(b"", _PIECE)
        return count + len(piece)
    except lzma.LZMAError as error:
        return most + 1 if "memory" in str(error).lower() else 0


_MEASURES: dict[str, Callable[[bytes, int], int]] = {
    "blosc": _blosc,
    "lz4": _lz4,
    "zstd": _zstd,
    "gzip": _deflate(_gzip),
    "zlib": _deflate(_Zlib),
    "bz2": _bz2,
    "lzma": _lzma,
}
