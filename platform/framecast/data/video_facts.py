"""What was found in one video while it was read, and what was done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class VideoFacts:
    """`size` is the height and width as shown, in square pixels.

    `orientation` says in words how frames were turned, `pixel_aspect` the width of a pixel over its height ("4:3")
    where they are not square; `bits` are those of a stored value, `transparent` tells of pixels that were put on
    the background. `rates` are the slowest and the fastest in frames a second (None without a clock), `breaks` the
    frames before which time jumps, `first_break` the first of them in words. `levels` are the smallest and the
    largest value of the frames as read (None where not all were read). `remarks` is what else a user should know.
    """

    size: tuple[int, int]
    orientation: str = ""
    pixel_aspect: str = ""
    bits: int = 8
    transparent: bool = False
    rates: tuple[float, float] | None = None
    breaks: tuple[int, ...] = ()
    first_break: str = ""
    levels: tuple[int, int] | None = None
    remarks: tuple[str, ...] = ()

    @property
    def is_variable(self) -> bool:
        """Whether frames come at unequal distances in time."""
        return self.rates is not None and self.rates[0] != self.rates[1]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> VideoFacts:
        """Of what `to_dict` gave, also after a trip through JSON."""
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        return cls(**given)
