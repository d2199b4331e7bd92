"""Which files are videos and which are images, by their names."""

from __future__ import annotations

from pathlib import Path

from framecast.bounded.regular_file import open_regular
from framecast.data.image_file import is_animated_webp
from framecast.data.name_order import natural_order
from framecast.data.own_output import CONTACT_SHEET, is_own_output

IMAGES = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"}
VIDEOS = {".mp4", ".avi", ".webm", ".mkv", ".mov", ".m4v", ".mpg", ".mpeg", ".gif", ".apng"}


def images_in(folder: Path) -> list[Path]:
    """The images in a folder, in natural order, without contact sheets of `platform data info`."""
    images = (file for file in folder.iterdir() if file.suffix.lower() in IMAGES and file.is_file())
    frames = (file for file in images if not (file.name.endswith(CONTACT_SHEET) and is_own_output(file)))
    return sorted(frames, key=lambda file: natural_order(file.name))


def is_video_file(file: Path) -> bool:
    """Whether a file is a video by itself: by its ending, or an animated WebP. Raises OSError, or InputError for
    what is no regular file or cannot be read."""
    suffix = file.suffix.lower()
    if suffix == ".webp":
        with open_regular(file) as stream:
            return is_animated_webp(stream.read(32))
    return suffix in VIDEOS
