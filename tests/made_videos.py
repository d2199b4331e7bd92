"""Videos that are right and unusual: turned, cut by an edit list, of varying rate, with transparency, and so on.

A square of its own brightness stands in each corner, so that every way of turning a picture can be told.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np

HEIGHT, WIDTH = 48, 80
IDENTITY = (1, 0, 0, 1)
MATRICES = {
    1: IDENTITY,
    2: (-1, 0, 0, 1),
    3: (-1, 0, 0, -1),
    4: (1, 0, 0, -1),
    5: (0, 1, 1, 0),
    6: (0, 1, -1, 0),
    7: (0, -1, -1, 0),
    8: (0, -1, 1, 0),
}
"""Columns and rows of a display matrix, by the EXIF number of the same way to turn a picture."""


def scene(time: int = 0, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """(H, W, 3) uint8: corners of 80, 130, 180, 230, the rest of 20 to 40 by time."""
    picture = np.full((height, width, 3), 20 + time % 20, np.uint8)
    h, w = height // 4, width // 4
    picture[:h, :w], picture[:h, -w:], picture[-h:, -w:], picture[-h:, :w] = 80, 130, 180, 230
    return picture


def turned(picture: np.ndarray, exif: int) -> np.ndarray:
    """As a viewer shows a picture with that EXIF number, by quarter turns and mirrors."""
    mirrored = picture[:, ::-1] if exif in (2, 4, 5, 7) else picture
    quarter_turns_left = {1: 0, 2: 0, 3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}[exif]
    return np.rot90(mirrored, quarter_turns_left)


def write_film(
    pictures: Sequence[np.ndarray],
    kind: str = "mp4",
    *,
    times: Sequence[int] | None = None,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    source: str = "rgb24",
    gop: int = 12,
    aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
) -> bytes:
    """A film of 25 frames a second; `times` are those of the frames in thousandths of a second."""
    file = io.BytesIO()
    with av.open(file, "w", format=kind, options=container_options or {}) as container:
        stream: Any = container.add_stream(codec, rate=25, options=options or {})
        stream.height, stream.width, stream.pix_fmt = *pictures[0].shape[:2], pixels
        stream.codec_context.gop_size = gop
        if times is not None:
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format=source).reformat(
                format=pixels
            )
            frame.pts = number if times is None else times[number]
            frame.time_base = Fraction(1, 25) if times is None else Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


def with_matrix(film: bytes, matrix: tuple[float, float, float, float]) -> bytes:
    """An MP4 film whose first track's header asks players to turn it."""
    place = film.index(b"tkhd") + 4
    place += 40 if film[place] == 0 else 52
    a, b, c, d = (round(65536 * value) for value in matrix)
    return film[:place] + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + film[place + 36 :]


def with_edits(film: bytes, edits: Sequence[tuple[int, int]]) -> bytes:
    """An MP4 film with its metadata at the end, of which an edit list shows parts: each so long (in units of the
    movie, usually thousandths of a second) from such a time on (in units of the track; -1 for nothing at all)."""
    entries = b"".join(struct.pack(">IiI", duration, start, 1 << 16) for duration, start in edits)
    elst = struct.pack(">I4sII", 16 + len(entries), b"elst", 0, len(edits)) + entries
    edts = struct.pack(">I4s", 8 + len(elst), b"edts") + elst
    place = film.index(b"edts") - 4
    (old,) = struct.unpack(">I", film[place : place + 4])
    grown = film[:place] + edts + film[place + old :]
    for name in (b"moov", b"trak"):
        box = grown.index(name) - 4
        (size,) = struct.unpack(">I", grown[box : box + 4])
        grown = grown[:box] + struct.pack(">I", size + len(edts) - old) + grown[box + 4 :]
    return grown
