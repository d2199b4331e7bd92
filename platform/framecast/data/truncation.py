"""Whether a video file ends before its own structure does. Decoders take a file that is cut short for a shorter
video and say nothing; counts of frames and durations in headers are often wrong in files that are whole.

What can be trusted are the lengths of the nested blocks that a container is made of: RIFF chunks (AVI, WebP), EBML
elements (Matroska, WebM; RFC 8794), blocks of GIF and PNG files. MP4 lists its samples, which are
counted when they are read.
"""

from __future__ import annotations

import io
from typing import IO

_EBML = bytes.fromhex("1A45DFA3")
_SEGMENT = bytes.fromhex("18538067")
_CLUSTER = bytes.fromhex("1F43B675")
_GIF_EXTENSION, _GIF_IMAGE = b"!", b","
_PNG = b"\x89PNG"


def missing_bytes(stream: IO[bytes]) -> int:
    """Bytes that the end of a file lacks; 0 where it is whole, of another kind, or does not state its length.

    GIF and PNG files do not say how much is missing: 1 where they break off. The stream's position is kept.
    """
    position = stream.tell()
    try:
        end = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        head = stream.read(4)
        stream.seek(0)
        if head == b"RIFF":
            return _missing_of_riff(stream, end)
        if head == _EBML:
            return _missing_of_ebml(stream, end)
        if head == b"GIF8":
            return _missing_of_gif(stream, end)
        if head == _PNG:
            return _missing_of_png(stream, end)
        return 0
    finally:
        stream.seek(position)


def _missing_of_riff(stream: IO[bytes], end: int) -> int:
    """Large AVI files are several RIFF chunks, one after another."""
    place = 0
    while place + 12 <= end:
        stream.seek(place)
        head = stream.read(8)
        length = int.from_bytes(head[4:], "little")
        if head[:4] != b"RIFF" or length in (0, 2**32 - 1):  # something else follows; the recorder never finished
            return 0
        place += 8 + length
        if place > end:
            return place - end
        place += length % 2
    return 0


def _missing_of_ebml(stream: IO[bytes], end: int) -> int:
    """By the segment's length; by its clusters' where a live recording left that open."""
    place = 0
    while place < end:
        id, length, place = _element(stream, place)
        if not id:
            return 0
        if length is None:
            if id not in (_SEGMENT, _CLUSTER):
                return 0
            continue  # its children follow as elements of the same list
        if place + length > end:
            return place + length - end
        place += length
    return 0


def _element(stream: IO[bytes], place: int) -> tuple[bytes, int | None, int]:
    """Identifier, length (None where it is left open) and the place of the content; nothing where none begins."""
    stream.seek(place)
    head = stream.read(12)
    id_width = 9 - head[0].bit_length() if head else 9
    width = 9 - head[id_width].bit_length() if id_width <= 4 and id_width < len(head) else 9
    if width > 8 or id_width + width > len(head):
        return b"", None, place
    code = int.from_bytes(head[id_width : id_width + width])
    value = code & ((1 << 7 * width) - 1)
    is_open = value == (1 << 7 * width) - 1
    return head[:id_width], None if is_open else value, place + id_width + width


def _missing_of_gif(stream: IO[bytes], end: int) -> int:
    """1 where the file breaks off within a block; a missing trailer alone hides no picture."""
    head = stream.read(13)
    if len(head) < 13:
        return 1
    place = 13 + _colours(head[10])
    while place < end:
        stream.seek(place)
        kind = stream.read(1)
        if kind == _GIF_IMAGE:
            place += 10 + _colours((stream.read(9)[8:] or b"\0")[0]) + 1
        elif kind == _GIF_EXTENSION:
            place += 2
        else:  # the trailer, or what other programs append
            return 0
        while True:
            stream.seek(place)
            length = stream.read(1)
            if not length or place + length[0] >= end:
                return 1
            place += 1 + length[0]
            if not length[0]:
                break
    return int(place > end)


def _missing_of_png(stream: IO[bytes], end: int) -> int:
    """1 where the file breaks off before its last chunk, IEND: an animation is a PNG file too."""
    place = 8
    while place + 12 <= end:
        stream.seek(place)
        head = stream.read(8)
        if head[4:] == b"IEND":
            return 0
        place += 12 + int.from_bytes(head[:4])
    return 1


def _colours(packed: int) -> int:
    """Bytes of the colour table that a packed field announces."""
    return 3 << (packed & 7) + 1 if packed & 0x80 else 0
