"""Reading videos: files of any format that FFmpeg knows, and folders of images."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np

from framecast.data.frame_format import Fitting, FrameFormat

if TYPE_CHECKING:
    from av.container import InputContainer

IMAGES = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"}
VIDEOS = {".mp4", ".avi", ".webm", ".mkv", ".mov", ".m4v", ".mpg", ".mpeg", ".gif"}


class DamagedVideo(ValueError):
    """A video that cannot be read whole; the message says why."""


class Frame(NamedTuple):
    """A decoded frame, (C, H, W) uint8; the video's frames per second (None where it has no clock), and the height
    and width that its frames had before."""

    pixels: np.ndarray
    rate: float | None
    size: tuple[int, int]


def read_video(source: Path | IO[bytes], format: FrameFormat) -> Iterator[Frame]:
    """The frames of a video file or of a folder of images, one after another, in `format`.

    Raises DamagedVideo where the video cannot be decoded, ends before it should, changes size or has no frames.
    """
    frames = (
        _of_images(source, format) if isinstance(source, Path) and source.is_dir() else _of_file(source, format)
    )
    empty = True
    for frame in frames:
        empty = False
        yield frame
    if empty:
        raise DamagedVideo("it has no frames")


def images_in(folder: Path) -> list[Path]:
    """The images in a folder, in the order that people count in (2 before 10)."""
    return sorted(
        (file for file in folder.iterdir() if file.suffix.lower() in IMAGES and file.is_file()), key=_natural
    )


def _natural(file: Path) -> tuple[list[tuple[int, str]], str]:
    parts = re.split(r"(\d+)", file.name)
    # the name itself at last: 1.png and 01.png are one number, and folders are listed in any order
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], file.name


def _of_file(source: Path | IO[bytes], format: FrameFormat) -> Iterator[Frame]:
    import av

    if isinstance(source, Path) and source.is_dir():
        raise DamagedVideo("it is a folder")
    if isinstance(source, Path) and not source.stat().st_size:
        raise DamagedVideo("it is empty (0 bytes)")
    fit, size, count = Fitting(format), None, 0
    try:
        with av.open(str(source) if isinstance(source, Path) else source, "r") as container:
            if not container.streams.video:
                raise DamagedVideo("it holds no video")
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1  # videos are read side by side, not frames
            rate = float(stream.average_rate) if stream.average_rate else None
            promised = stream.frames or _by_duration(container, rate)
            for frame in container.decode(stream):
                found = (frame.height, frame.width)
                if size not in (None, found):
                    raise DamagedVideo(f"it changes size at frame {count}, from {_text(size)} to {_text(found)}")
                size, count = found, count + 1
                yield Frame(fit(frame), rate, found)
    except (av.FFmpegError, OSError) as error:
        where = f" at frame {count}" if count else ""
        raise DamagedVideo(f"it cannot be decoded{where}: {getattr(error, 'strerror', None) or error}") from None
    # a header is off by a frame or two in sound files; a file cut short lacks many
    if count < promised - max(2, promised // 50):
        raise DamagedVideo(f"it ends early: {count} frames where its header promises {promised}")


def _by_duration(container: InputContainer, rate: float | None) -> int:
    """The frames that a Matroska or WebM file should have, which counts none in its header: a tenth less is fine,
    for rates vary. 0 for other files."""
    if "matroska" not in container.format.name or not container.duration or not rate:
        return 0
    return round(0.9 * rate * container.duration / 1e6)


def _of_images(folder: Path, format: FrameFormat) -> Iterator[Frame]:
    import av

    fit, size = Fitting(format), None
    for file in images_in(folder):
        try:
            with av.open(str(file)) as container:
                frame = next(container.decode(video=0))
        except (av.FFmpegError, OSError, StopIteration, IndexError):
            raise DamagedVideo(f"its image {file.name} cannot be decoded") from None
        found = (frame.height, frame.width)
        if size not in (None, found):
            raise DamagedVideo(f"it changes size at {file.name}, from {_text(size)} to {_text(found)}")
        size = found
        yield Frame(fit(frame), None, found)


def _text(size: tuple[int, int] | None) -> str:
    return f"{size[1]}x{size[0]}" if size else "nothing"
