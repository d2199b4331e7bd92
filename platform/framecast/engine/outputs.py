"""What a task hands back from an evaluation step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Compared:
    """A prediction beside its target, of one shape (B, ...); `mask` is False where nothing is known."""

    prediction: Tensor
    target: Tensor
    mask: Tensor | None = None


@dataclass(frozen=True)
class EvaluationOutputs:
    """The outputs of one evaluation batch.

    `loss` (B,) is each sample's own loss; `compared` holds what metrics score, by the name that they need
    ("frames": (B, P, C, H, W), "logits": (B, K)); `context` (B, T_in, C, H, W) is what the model saw, for
    pictures.
    """

    loss: Tensor
    compared: dict[str, Compared] = field(default_factory=dict)
    context: Tensor | None = None
