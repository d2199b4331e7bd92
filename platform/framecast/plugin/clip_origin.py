"""Where a clip is cut from, by which scores know what belongs together."""

from __future__ import annotations

from typing import NamedTuple


class ClipOrigin(NamedTuple):
    """The `group` that a clip belongs to (the number or the name of a video, a person, an event), and the frames
    of its video or series that it reaches over, from `start` to `end` (not included)."""

    group: int | str
    start: int
    end: int
