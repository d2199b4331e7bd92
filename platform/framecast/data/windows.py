"""Which clips are cut from videos: every run of so many frames, at equal distances, within a span."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Span(NamedTuple):
    """Frames `begin` to `end` (not included) of a video, by its number in the store, in which clips may lie;
    clips begin `stride` frames apart. `label` is what the span shows, where that is known."""

    video: int
    begin: int
    end: int
    stride: int
    label: int | None = None


@dataclass(frozen=True)
class Windows:
    """The clips of `frames` frames, `step` apart, in `spans`; found by number without listing them."""

    spans: Sequence[Span]
    frames: int
    step: int
    _ends: np.ndarray

    @classmethod
    def cut(cls, spans: Sequence[Span], frames: int, step: int = 1) -> Windows:
        """Spans too short for one clip hold none."""
        reach = (frames - 1) * step + 1
        counts = [max(0, (span.end - span.begin - reach) // span.stride + 1) for span in spans]
        return cls(spans, frames, step, np.cumsum(counts, dtype=np.int64))

    @property
    def reach(self) -> int:
        """Frames of the video from a clip's first one to its last."""
        return (self.frames - 1) * self.step + 1

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def __getitem__(self, index: int) -> tuple[Span, int]:
        """The span of clip `index`, and the frame of its video that it begins with."""
        if not 0 <= index < len(self):
            raise IndexError(f"clip {index} of {len(self)}")
        number = int(np.searchsorted(self._ends, index, side="right"))
        before = int(self._ends[number - 1]) if number else 0
        span = self.spans[number]
        return span, span.begin + (index - before) * span.stride
