"""Image files: one picture each, or an animation."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np

from framecast.bounded.limit import FRAME_PIXELS, IMAGE_BYTES
from framecast.bounded.regular_file import read_bytes
from framecast.counting import plural
from framecast.data.damaged_video import DamagedVideo
from framecast.data.orientation import Orientation, image_orientation
from framecast.data.video_container import is_too_large, open_container, stream_decoder, video_stream
from framecast.errors import InputError

if TYPE_CHECKING:
    import av

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_ANIMATED = 0x02


class Picture(NamedTuple):
    """A decoded picture, and how it is turned before it is shown."""

    frame: av.VideoFrame
    orientation: Orientation


def read_image(file: Path) -> Picture:
    """The picture in a file. Raises DamagedVideo where it cannot be decoded, or holds several."""
    try:
        content = read_bytes(file, IMAGE_BYTES)
    except (InputError, OSError) as error:
        raise DamagedVideo(f"its image {file.name} cannot be read: {error}") from None
    if count := _pictures_in(content):
        raise DamagedVideo(f"its image {file.name} holds {plural(count, 'picture')}: write each into a file")
    try:
        with open_container(io.BytesIO(content)) as container:
            stream = video_stream(container)
            stream_decoder(stream)
            frame = next(container.decode(stream))
    except DamagedVideo as error:
        raise DamagedVideo(f"its image {file.name} cannot be read: {error}") from None
    except Exception as error:  # FFmpeg and its binding raise errors of every kind
        if is_too_large(error):
            too_large = FRAME_PIXELS.exceeded(f"its image {file.name} has more pixels than are read, or no size")
            raise DamagedVideo(str(too_large)) from None
        raise DamagedVideo(f"its image {file.name} cannot be decoded{_mode_text(content)}") from None
    return Picture(frame, image_orientation(content))


def _mode_text(content: bytes) -> str:
    """Of images that Pillow knows and FFmpeg does not: those of 32-bit values."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content)) as image:
            kind = {"F": "floating-point numbers", "I": "32-bit integers"}.get(image.mode)
    except Exception:  # handled: Pillow raises errors of every kind; FFmpeg decodes the image, or says why not
        return ""
    return f": its values are {kind}, write integers of 8 or 16 bits" if kind else ""


def is_animated_webp(head: bytes) -> bool:
    """By the first 32 bytes of a file."""
    return head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X" and len(head) > 20 and bool(head[20] & _ANIMATED)


def read_animation(stream: IO[bytes]) -> Iterator[tuple[av.VideoFrame, float, float]]:
    """Frames of an animated WebP, which FFmpeg does not read, with their time and duration in seconds.

    Raises DamagedVideo where it cannot be decoded.
    """
    import av
    from PIL import Image, ImageSequence

    time = 0.0
    try:
        with Image.open(stream) as image:
            if image.width * image.height > FRAME_PIXELS.value:
                size = f"{image.width}x{image.height}"
                raise DamagedVideo(str(FRAME_PIXELS.exceeded(f"its frames are said to have {size} pixels")))
            for picture in ImageSequence.Iterator(image):
                pixels_HWC = np.asarray(picture.convert("RGBA"))
                duration = picture.info.get("duration", 0) / 1000
                yield av.VideoFrame.from_ndarray(pixels_HWC, format="rgba"), time, duration
                time += duration
    except DamagedVideo:
        raise
    except Exception as error:  # Pillow raises errors of every kind
        raise DamagedVideo(f"it cannot be decoded: {error}") from None


def _pictures_in(content: bytes) -> int:
    """How many, of files that may hold several; 0 for one."""
    if content.startswith(b"\x89PNG"):
        # the number of frames follows the name of the chunk, which stands before the first picture's
        place = content.find(b"acTL", 0, max(0, content.find(b"IDAT")))
        count = int.from_bytes(content[place + 4 : place + 8]) if place >= 0 else 1
    elif content.startswith(_TIFF) or is_animated_webp(content[:32]):
        count = _frames_of(content)
    else:
        return 0
    return count if count > 1 else 0


def _frames_of(content: bytes) -> int:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content)) as image:
            return int(getattr(image, "n_frames", 1))
    except Exception:  # handled: Pillow raises errors of every kind; FFmpeg decodes the image, or says why not
        return 1
