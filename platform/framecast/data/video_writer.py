"""Writing videos: mp4 (H.264), gif, or frames as a NumPy array."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from framecast.files import atomic_path, write_atomically

FORMATS = (".mp4", ".gif", ".npy")


def write_video(file: Path, frames_THWC: np.ndarray, rate: float, comment: str = "") -> None:
    """Writes uint8 colour frames at `rate` frames per second, whole or not at all; mp4 and gif hold the `comment`.

    mp4 wants even sizes: an odd last row or column is repeated once. Raises ValueError for another ending.
    """
    if file.suffix == ".npy":
        write_array(file, frames_THWC)
        return
    with atomic_path(file) as beside:
        if file.suffix == ".gif":
            _write_gif(beside, frames_THWC, rate, comment)
        elif file.suffix == ".mp4":
            _write_mp4(beside, frames_THWC, rate, comment)
        else:
            raise ValueError(f"{file.name} should end in {', '.join(FORMATS)}")


def write_array(file: Path, values: np.ndarray) -> None:
    """Writes an array as .npy, whole or not at all."""
    content = io.BytesIO()  # of a disk that is full, NumPy itself does not say the reason
    np.save(content, values)
    write_atomically(file, content.getvalue())


def _write_mp4(file: Path, frames_THWC: np.ndarray, rate: float, comment: str) -> None:
    import av

    _, height, width, _ = frames_THWC.shape
    even_THWC = np.pad(frames_THWC, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    with av.open(str(file), "w") as container:
        if comment:
            container.metadata["comment"] = comment
        stream = container.add_stream("libx264", rate=Fraction(rate).limit_denominator(1001))
        stream.height, stream.width = even_THWC.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "17"}
        for frame_HWC in even_THWC:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame_HWC), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _write_gif(file: Path, frames_THWC: np.ndarray, rate: float, comment: str) -> None:
    from PIL import Image

    first, *others = (Image.fromarray(frame_HWC) for frame_HWC in frames_THWC)
    said: dict[str, Any] = {"comment": comment.encode()} if comment else {}
    first.save(file, save_all=True, append_images=others, duration=max(20, round(1000 / rate)), loop=0, **said)
