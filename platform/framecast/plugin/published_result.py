"""A published result on a data set."""

from __future__ import annotations

from typing import NamedTuple


class PublishedResult(NamedTuple):
    """A row of a paper's table on a data set, from `frames_in` to `frames_out` frames, for a report to show with
    a run's own scores. `scores` by metric, made under `protocol`; `source` says whose table it is; `frame_size` is
    the height and width of its frames, None where that is for any."""

    model: str
    frames_in: int
    frames_out: int
    scores: dict[str, float]
    protocol: str
    source: str
    frame_size: tuple[int, int] | None = None
