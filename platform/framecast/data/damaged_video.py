"""The reason why a video is left out."""

from __future__ import annotations


class DamagedVideo(ValueError):
    """A video that cannot be read whole; the message says why."""
