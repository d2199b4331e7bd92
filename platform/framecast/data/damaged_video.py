"""The reason why a video is left out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from framecast.errors import InputError, in_one_line


class DamagedVideo(ValueError):
    """A video that cannot be read whole; the message says why."""


@contextmanager
def errors_as_damage() -> Iterator[None]:
    """Whatever a decoder raises in the body is a DamagedVideo: one file spoils no other. FFmpeg, its binding and
    Pillow raise errors of every kind."""
    try:
        yield
    except DamagedVideo:
        raise
    except InputError as error:
        raise DamagedVideo(str(error)) from None
    except Exception as error:
        raise DamagedVideo(f"it cannot be decoded: {in_one_line(error)}") from None
