"""What training means for a kind of problem: losses, outputs to score, schedules.

Dimensions: B batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from framecast.plugin.outputs import EvaluationOutputs

if TYPE_CHECKING:
    from torch import Tensor, nn

    from framecast.plugin.step_context import StepContext


@runtime_checkable
class TrainingTask(Protocol):
    """Turns batches into losses and predictions; the result of `Task.build`.

    `model` is the `VideoModel` or the `RecognitionModel` that the job trains, or a baseline. `batch` holds what
    the data set's samples hold (`framecast.ClipDataset`), each with a first dimension B.
    """

    @property
    def learning_rate_factor(self) -> float:
        """Multiplies the learning rate of the job; 1.0 where the task has no schedule. May be an attribute."""

    def training_step(
        self, model: nn.Module, batch: Mapping[str, Tensor], context: StepContext, /
    ) -> tuple[Tensor, Mapping[str, float | Tensor]]:
        """The mean loss over the batch, a scalar, and values to log by name.

        The values are averaged over the workers in one exchange with the loss. So the names must be the same, in
        the same order, on every rank and in every step.
        """

    def evaluation_step(self, model: nn.Module, batch: Mapping[str, Tensor], /) -> EvaluationOutputs:
        """The loss of each sample, and predictions with their targets for the metrics."""

    def after_evaluation(self, metrics: Mapping[str, float], epoch: int, /) -> None:
        """Moves the schedules after an evaluation; `metrics` by name ("validation/loss"), `epoch` epochs done.
        Called on every rank, with the same values."""

    def state_dict(self) -> dict[str, Any]:
        """The state of the schedules as plain numbers, texts, lists and dicts, for checkpoints."""

    def load_state_dict(self, state: dict[str, Any], /) -> None:
        """Restores what `state_dict` returned."""
