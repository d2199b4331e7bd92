"""The clips that a report shows of a recognition: those misread with the most confidence, found as batches go
by."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from framecast.engine.evaluation.pictures import as_pictures
from framecast.plugin.outputs import EvaluationOutputs

MOST = 6


class ShownMistakes:
    """The most confident mistakes of this process at the last reading, as uint8 pictures in constant memory."""

    def __init__(self, value_range: tuple[float, float]) -> None:
        self._value_range = value_range
        self._found: list[tuple[float, int, int, np.ndarray]] = []

    def see(self, outputs: EvaluationOutputs, size: int) -> None:
        """Takes the first `size` samples of a batch."""
        if "logits" not in outputs.compared or outputs.context is None:
            return
        compared = outputs.compared["logits"]
        told_BK = compared.prediction[:size, -1].float().softmax(-1)
        confidence_B, said_B = told_BK.max(-1)
        wrong_B = said_B != compared.target[:size]
        for index in wrong_B.nonzero()[:, 0].tolist():
            confidence = float(confidence_B[index])
            if len(self._found) == MOST and confidence <= self._found[-1][0]:
                continue
            seen_TCHW: Tensor = outputs.context[index]
            mistake = (
                confidence,
                int(compared.target[index]),
                int(said_B[index]),
                as_pictures(seen_TCHW, self._value_range),
            )
            self._found = sorted([*self._found, mistake], key=lambda each: -each[0])[:MOST]

    def arrays(self) -> dict[str, np.ndarray]:
        """The surest first: `mistake_context` (N, T, C, H, W) uint8, what was seen; `mistake_label` and
        `mistake_said` (N,) int64, `mistake_confidence` (N,) in [0, 1]. Empty where there was no mistake."""
        if not self._found:
            return {}
        confidence, label, said, seen = zip(*self._found, strict=True)
        return {
            "mistake_context": np.stack(seen),
            "mistake_label": np.array(label, np.int64),
            "mistake_said": np.array(said, np.int64),
            "mistake_confidence": np.array(confidence),
        }
