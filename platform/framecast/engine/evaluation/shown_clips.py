"""The clips that a report shows: the best, one from the middle, and the worst, found as batches go by."""

from __future__ import annotations

from bisect import insort

import numpy as np

from framecast.engine.evaluation.pictures import as_pictures
from framecast.plugin.outputs import EvaluationOutputs

MOST_LOSSES = 10_000
"""Losses kept to know the middle; after so many it hardly moves."""


class ShownClips:
    """Three clips of this process, by the task's own loss, as uint8 pictures in constant memory.

    Of channels that are no `colours` the first is kept: three variables are not red, green and blue.
    """

    def __init__(self, value_range: tuple[float, float], colours: bool = True) -> None:
        self._value_range, self._colours = value_range, colours
        self._losses: list[float] = []
        self._found: dict[str, tuple[float, dict[str, np.ndarray]]] = {}

    def see(self, outputs: EvaluationOutputs, size: int) -> None:
        """Takes the first `size` samples of a batch."""
        if "frames" not in outputs.compared or outputs.context is None:
            return
        losses = outputs.loss[:size].float().cpu().tolist()
        for loss in losses[: MOST_LOSSES - len(self._losses)]:
            insort(self._losses, loss)
        median = self._losses[len(self._losses) // 2] if self._losses else 0.0
        for index, loss in enumerate(losses):
            for which, badness in (("best", loss), ("median", abs(loss - median)), ("worst", -loss)):
                if which not in self._found or badness < self._badness(which, median):
                    self._found[which] = (loss, pictures_of(outputs, index, self._value_range, self._colours))

    def arrays(self) -> dict[str, np.ndarray]:
        """uint8 `context`, `target`, `prediction` (3, T, C, H, W); `loss` (3,), best to worst. Empty: no clip."""
        if not self._found:
            return {}
        chosen = [self._found[which] for which in ("best", "median", "worst")]
        names = chosen[0][1]
        return {
            **{name: np.stack([pictures[name] for _, pictures in chosen]) for name in names},
            "loss": np.array([loss for loss, _ in chosen]),
        }

    def _badness(self, which: str, median: float) -> float:
        loss = self._found[which][0]
        return {"best": loss, "median": abs(loss - median), "worst": -loss}[which]


def pictures_of(
    outputs: EvaluationOutputs, index: int, value_range: tuple[float, float], colours: bool
) -> dict[str, np.ndarray]:
    """uint8 `context`, `target` and `prediction` (T, C, H, W) of one sample; of channels that are no colours the
    first."""
    assert outputs.context is not None, "callers make sure"
    frames = outputs.compared["frames"]
    clips = {
        "context": outputs.context[index],
        "target": frames.target[index],
        "prediction": frames.prediction[index],
    }
    channels = slice(None) if colours else slice(1)
    return {name: as_pictures(clip[:, channels], value_range) for name, clip in clips.items()}
