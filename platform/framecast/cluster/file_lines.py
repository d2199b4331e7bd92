"""Files as lines of text: what a job on the cluster prints, and how that becomes files again."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from framecast.bounded.limit import LINE_BYTES, bytes_text
from framecast.bounded.regular_file import open_regular
from framecast.errors import InputError
from framecast.files import open_to_append, remove_file

PIECE = 192 << 10
"""Bytes in one line."""
MOST_IN_A_JOB = 256 << 20
"""Bytes that one job sends: Ray keeps what a job prints, a third longer, on the head's disk."""
_LINE = "framecast-file"
"""How each line that carries a piece of a file begins."""

Missing = tuple[str, int, int]
"""What is missing of a file: its name, the offset from which on, and the size of the whole."""


def encode(folder: Path, wanted: Sequence[Missing]) -> Iterator[str]:
    """Lines that carry what is missing of each file, as far as one job sends it."""
    left = MOST_IN_A_JOB
    for number, (name, offset, size) in enumerate(wanted):
        with open_regular(folder / name) as stream:
            stream.seek(offset)
            while left > 0 and offset < size and (piece := stream.read(min(PIECE, size - offset))):
                yield f"{_LINE} {number} {offset} {zlib.crc32(piece):08x} {base64.b64encode(piece).decode()}"
                offset += len(piece)
                left -= len(piece)


def decode(line: str) -> tuple[int, int, bytes] | None:
    """(number, offset, content) of such a line; None for anything else that was printed, or a damaged line."""
    words = line.split()
    if len(words) != 5 or words[0] != _LINE:
        return None
    try:
        content = base64.b64decode(words[4], validate=True)
        number, offset, checksum = int(words[1]), int(words[2]), int(words[3], 16)
    except ValueError:  # handled: no line of a file; the caller passes it over or reports it
        return None
    return (number, offset, content) if zlib.crc32(content) == checksum else None


class LineReceiver:
    """Takes what a job prints, and appends the pieces of the `wanted` files to those in `folder`, each up to its
    listed size. `progress` is called with the bytes so far.

    Raises InputError where more comes than was listed: the other side decides what is sent, and would fill the
    disk.
    """

    def __init__(
        self, folder: Path, top: Path, wanted: Sequence[Missing], progress: Callable[[int], None]
    ) -> None:
        self.received = 0
        """Bytes so far."""
        self._progress = progress
        self._top = top
        self._files = [(folder / name, size) for name, _, size in wanted]
        self._rest = ""
        self._other: list[str] = []

    def __call__(self, text: str) -> None:
        *lines, self._rest = (self._rest + text).split("\n")
        if len(self._rest) > LINE_BYTES.value:
            raise LINE_BYTES.exceeded(f"what the cluster sends has a line of {bytes_text(len(self._rest))}")
        for line in lines:
            found = decode(line)
            if found is None:
                if not line.startswith(_LINE):
                    self._other = [*self._other[-20:], line]
                continue
            number, offset, content = found
            # else it came before, or one was lost
            if 0 <= number < len(self._files) and self._files[number][0].stat().st_size == offset:
                self._append(*self._files[number], offset, content)

    def _append(self, path: Path, size: int, offset: int, content: bytes) -> None:
        if offset + len(content) > size:
            remove_file(path, self._top)
            raise InputError(
                f"the cluster sends more of {path.name} than the {size:,} bytes that it has listed: nothing of "
                "that file is kept; fetch the run again"
            )
        with open_to_append(path, self._top) as file:
            file.write(content)
        self.received += len(content)
        self._progress(self.received)

    @property
    def last_words(self) -> str:
        """The last of what else the job printed."""
        lines = [line.strip() for line in [*self._other, self._rest] if line.strip()]
        return lines[-1] if lines else "it gave no reason"
