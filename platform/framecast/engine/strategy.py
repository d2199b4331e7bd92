"""Strategies: who steps the model. One small protocol, two implementations."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor


@dataclass(frozen=True)
class StepResult:
    """What came of one optimizer step. `gradient_norm` is before clipping, over all parameters and workers."""

    gradient_norm: float | None
    loss_scale: float | None = None
    skipped: bool = False


class Strategy(Protocol):
    """Steps a model on one process of a world. Built in `framecast.engine.assembly`."""

    precision: str

    @property
    def model(self) -> Callable[..., Any]:
        """What a task calls for its predictions, in training and in evaluation alike."""

    def autocast(self) -> AbstractContextManager[Any]:
        """The number format of forward passes."""

    def train(self, training: bool) -> None:
        """Switches the model between training and evaluation."""

    def micro_batch(self, last: bool) -> AbstractContextManager[Any]:
        """Around the forward and backward pass of one part of a batch. `last`: the step follows."""

    def backward(self, loss: Tensor, share: float) -> None:
        """Adds the gradient of `loss`, a mean over the samples that are `share` of the global batch."""

    def step(self, learning_rate: float) -> StepResult:
        """Clips and takes one optimizer step over the gradients of all workers, then clears them."""

    def weights(self) -> dict[str, Tensor]:
        """The full model in fp32 on the CPU, by name. Every process calls it together."""

    def save(self, folder: Path) -> None:
        """Writes what resuming needs beside the weights into `folder`. Every process calls it together."""

    def load(self, folder: Path) -> None:
        """Restores weights and optimizer exactly from what `save` wrote into `folder`."""
