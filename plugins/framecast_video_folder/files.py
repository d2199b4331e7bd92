"""The videos in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import framecast

_OWN = "framecast has written it: a contact sheet or a prediction"


class Found(NamedTuple):
    """The videos below a folder, each named by its path; and what looks like one but is not, with reasons."""

    sources: list[framecast.data.Source]
    refused: list[tuple[str, str]]


def find_videos(root: Path) -> Found:
    """Video files, and folders that hold images. Raises InputError where there is no folder or nothing in it."""
    if not root.is_dir():
        raise framecast.InputError(f"data.root: {root}: no such folder")
    paths, refused = framecast.data.list_folder(root)
    sources = []
    folders_of_images = set()
    for path in paths:
        name = path.relative_to(root).as_posix()
        if path.suffix.lower() not in framecast.data.VIDEOS | framecast.data.IMAGES:
            continue
        if path.is_dir():
            if path.suffix.lower() in framecast.data.VIDEOS and not _holds_images(path):
                refused.append((name, "a folder without images, not a video"))
        elif why := framecast.data.why_unreadable(path):
            refused.append((name, why))
        elif framecast.data.is_video_file(path):
            if framecast.data.is_own_output(path):
                refused.append((name, _OWN))
            else:
                sources.append(framecast.data.Source(name, path))
        elif path.parent != root:
            folders_of_images.add(path.parent)
        elif framecast.data.is_own_output(path):
            refused.append((name, _OWN))
        else:
            folders_of_images.add(root)
    if root in folders_of_images:
        raise framecast.InputError(
            f"data.root: {root} holds images itself: put those of each video into a folder of its own below it"
        )
    sources += [
        framecast.data.Source(folder.relative_to(root).as_posix(), folder) for folder in sorted(folders_of_images)
    ]
    if not sources:
        because = "".join(f"; {name}: {why}" for name, why in refused[:3])
        kinds = ", ".join(sorted(suffix.lstrip(".") for suffix in framecast.data.VIDEOS))
        raise framecast.InputError(
            f"data.root: {root} holds no videos ({kinds}) and no folders of images{because}"
        )
    return Found(sources, refused)


def _holds_images(folder: Path) -> bool:
    try:
        return bool(framecast.data.images_in(folder))
    except OSError:  # handled: the listing has refused it, with the reason
        return True
