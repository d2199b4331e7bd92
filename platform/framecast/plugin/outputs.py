"""What a recognition model answers, and what a task hands back from an evaluation step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor


class RecognitionOutput(NamedTuple):
    """What a recognition model answers: `logits` (B, S, K) over K classes at S readings of each clip; and the
    frames that it predicts, (B, P, C, H, W) aligned at the end, None where it predicts none."""

    logits: Tensor
    frames: Tensor | None = None


@dataclass(frozen=True)
class PredictionTarget:
    """A prediction beside its target, of one shape (B, ...); `mask` is False where nothing is known."""

    prediction: Tensor
    target: Tensor
    mask: Tensor | None = None


@dataclass(frozen=True)
class EvaluationOutputs:
    """The outputs of one evaluation batch.

    `loss` (B,) is each sample's own loss; `compared` holds what metrics score, by the name that they need
    ("frames": (B, P, C, H, W); "logits": (B, S, K) beside labels (B,)); `context` (B, T_in, C, H, W) is what
    the model saw, for pictures.
    """

    loss: Tensor
    compared: dict[str, PredictionTarget] = field(default_factory=dict)
    context: Tensor | None = None
