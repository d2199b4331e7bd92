"""Strategies: who steps the model. One small protocol, two implementations."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor, nn

from framecast.engine.checkpoint.training_state import TrainingState


@dataclass(frozen=True)
class StepResult:
    """The result of one optimizer step. `gradient_norm` is before clipping, over all parameters and workers; as a
    tensor it has not been read from the device yet.

    With fp16, `loss_scale` is what this step's loss was multiplied by, `next_loss_scale` that of the coming one.
    """

    gradient_norm: float | Tensor | None
    loss_scale: float | None = None
    next_loss_scale: float | None = None
    skipped: bool = False


class Strategy(Protocol):
    """Steps a model on one of the processes that train together. Built in `framecast.engine.components`."""

    precision: str

    @property
    def model(self) -> nn.Module:
        """What a task calls for its predictions, in training and in evaluation alike."""

    def autocast(self) -> AbstractContextManager[object]:
        """The number format of forward passes."""

    def train(self, training: bool) -> None:
        """Switches the model between training and evaluation."""

    def micro_batch(self, last: bool) -> AbstractContextManager[object]:
        """Around the forward and backward pass of one part of a batch. `last`: the step follows."""

    def backward(self, loss: Tensor, share: float) -> None:
        """Adds the gradient of `loss`, a mean over the samples that are `share` of the global batch."""

    def step(self, learning_rate: float) -> StepResult:
        """Clips and takes one optimizer step over the gradients of all workers, then clears them."""

    def state(self) -> TrainingState | None:
        """All that a resumed run needs, on the first process; None on the others. All call it together."""

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every parameter in full, by name."""

    def load(self, state: TrainingState) -> None:
        """Goes back to `state` exactly; it may come from another strategy or number of workers. All call it
        together."""

    def close(self) -> None:
        """Frees what would outlive the run in this process. The strategy is not used afterwards."""
