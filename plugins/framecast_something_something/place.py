"""Where the store lies, and the command that makes it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import framecast
from framecast_something_something.settings import SomethingSomethingSettings


def store_folder(settings: SomethingSomethingSettings, classes: Sequence[str]) -> Path:
    """One for each format, and for each list of classes: `framecast-128x128-colour-stretched-0f3a5c21`."""
    height, width = settings.height_and_width
    words = [
        f"{height}x{width}",
        "colour" if settings.colour else "grey",
        "cropped" if settings.crop else "stretched",
    ]
    if settings.classes is not None:
        words.append(hashlib.sha256("\n".join(classes).encode()).hexdigest()[:8])
    return settings.folder / "-".join(["framecast", *words])


def command(settings: SomethingSomethingSettings) -> str:
    """What the user types."""
    height, width = settings.height_and_width
    words = ["data", "prepare", "something_something", "--root", settings.root]
    words.append(f"size={height}" if height == width else f"size=[{height}, {width}]")
    words += ["crop=true"] if settings.crop else []
    words += [] if settings.colour else ["colour=false"]
    words += [] if settings.classes is None else [f"classes={settings.classes}"]
    return framecast.command(*words)
