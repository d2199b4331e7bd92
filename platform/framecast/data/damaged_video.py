"""The reason why a video is left out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from framecast.errors import InputError, in_one_line


class DamagedVideo(ValueError):
    """A video that cannot be read whole; the message says why."""


class UnknownWhite(DamagedVideo):
    """Which value is white depends on `bits`, the bits that the largest value needs of those stored. `found` says
    what was found."""

    def __init__(self, found: str, bits: int, stored_bits: int) -> None:
        self.found, self.bits, self.stored_bits = found, bits, stored_bits
        super().__init__(self.advise("data.bit_depth="))

    def advise(self, setting: str) -> str:
        """The message with the choices, by an option or a key that the number follows."""
        choice = f"{self.found}: set {setting}{self.bits} if {2**self.bits - 1:,} is white"
        if self.bits == self.stored_bits:
            return choice
        return f"{choice}, {setting}{self.stored_bits} if the pictures are that dark"


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
