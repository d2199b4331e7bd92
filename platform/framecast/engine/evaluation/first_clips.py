"""Clips that every run on the same data shows, so that a report can compare their predictions."""

from __future__ import annotations

import numpy as np

from framecast.engine.evaluation.shown_clips import pictures_of
from framecast.plugin.outputs import EvaluationOutputs

MOST = 2
"""Clips that are kept: the first of each of so many batches."""


class FirstClips:
    """The first clip of the first batches of this process, as uint8 pictures."""

    def __init__(self, value_range: tuple[float, float], colours: bool = True) -> None:
        self._value_range, self._colours = value_range, colours
        self._clips: list[dict[str, np.ndarray]] = []

    def see(self, outputs: EvaluationOutputs, size: int) -> None:
        """Takes the first sample of a batch, of which `size` samples count."""
        if size and len(self._clips) < MOST and "frames" in outputs.compared and outputs.context is not None:
            self._clips.append(pictures_of(outputs, 0, self._value_range, self._colours))

    def arrays(self) -> dict[str, np.ndarray]:
        """uint8 `first_context`, `first_target`, `first_prediction` (N, T, C, H, W). Empty: no clip."""
        names = self._clips[0] if self._clips else ()
        return {f"first_{name}": np.stack([clip[name] for clip in self._clips]) for name in names}
