"""A folder of real videos in many formats, cut from a clip that a package ships."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from tests.real_clips import carphone

CODECS = {".mp4": "libx264", ".avi": "mpeg4", ".webm": "libvpx-vp9", ".mkv": "libx264", ".gif": "gif"}


@pytest.fixture(scope="session")
def real_frames() -> np.ndarray:
    """(120, 48, 64, 3) uint8: a talking man."""
    with av.open(str(carphone())) as container:
        return np.stack(
            [frame.to_ndarray(width=64, height=48, format="rgb24") for frame in container.decode(video=0)]
        )


@pytest.fixture(scope="session")
def write_video() -> Callable[..., None]:
    return _write_video


@pytest.fixture(scope="session")
def write_images() -> Callable[..., None]:
    return _write_images


def _write_video(file: Path, frames_THWC: np.ndarray, rate: int = 25) -> None:
    """In the codec that goes with the file's ending; key frames ten apart, so that seeking is put to the test."""
    with av.open(str(file), "w") as container:
        codec = CODECS[file.suffix]
        stream: Any = container.add_stream(codec, rate=rate)
        stream.height, stream.width = frames_THWC[0].shape[:2]
        stream.pix_fmt = "rgb8" if codec == "gif" else "yuv420p"
        stream.codec_context.gop_size = 10
        if codec == "libvpx-vp9":
            stream.options = {"deadline": "realtime", "cpu-used": "8"}
        for frame_HWC in frames_THWC:
            for packet in stream.encode(
                av.VideoFrame.from_ndarray(np.ascontiguousarray(frame_HWC), format="rgb24")
            ):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


def _write_images(folder: Path, frames_THWC: np.ndarray) -> None:
    """0.png, 1.png ... 10.png: names that sort wrongly as text."""
    folder.mkdir(parents=True)
    for number, frame_HWC in enumerate(frames_THWC):
        Image.fromarray(frame_HWC).save(folder / f"{number}.png")


@pytest.fixture
def videos(tmp_path: Path, real_frames: np.ndarray) -> Path:
    """Six sound videos of 30 frames, one of each kind."""
    root = tmp_path / "videos"
    (root / "deeper").mkdir(parents=True)
    for number, ending in enumerate(CODECS):
        folder = root / "deeper" if ending == ".mkv" else root
        _write_video(folder / f"{number}{ending}", real_frames[10 * number : 10 * number + 30])
    _write_images(root / "images", real_frames[60:90])
    return root
