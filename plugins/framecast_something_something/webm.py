"""How long a WebM file should be. Decoders take one that is cut short for a shorter video, and say nothing.

A file is an EBML element and a segment element; each begins with its identifier and the number of bytes that
follow, in a code whose first byte tells its own length (RFC 8794, section 4).
"""

from __future__ import annotations

from pathlib import Path

import framecast

EBML = bytes.fromhex("1A45DFA3")
SEGMENT = bytes.fromhex("18538067")
_HEAD = 512


def missing_bytes(file: Path) -> int:
    """Bytes that the end of `file` lacks; 0 where it is whole, empty, of another kind or of no stated length.

    Raises FileNotFoundError where there is none, InputError where it cannot be read.
    """
    with framecast.bounded.open_regular(file) as stream:
        head = stream.read(_HEAD)
    if not head.startswith(EBML):
        return 0
    length, begin = _length(head, len(EBML))
    segment = begin + length
    if head[segment : segment + len(SEGMENT)] != SEGMENT:
        return 0
    length, begin = _length(head, segment + len(SEGMENT))
    return max(0, begin + length - file.stat().st_size) if length else 0


def _length(head: bytes, at: int) -> tuple[int, int]:
    """The number of bytes stated at `at`, and where they begin; 0 where the number is left open or cut off."""
    width = 9 - head[at].bit_length() if at < len(head) else 9
    if width > 8 or at + width > len(head):
        return 0, len(head)
    code = int.from_bytes(head[at : at + width])
    value = code & ((1 << 7 * width) - 1)
    is_open = value == (1 << 7 * width) - 1
    return 0 if is_open else value, at + width
