"""The paper's curriculum: scheduled sampling and learning-rate decay, both driven by the validation loss."""

from __future__ import annotations

import math
from typing import Any

from framecast_video_prediction.settings import ScheduledSampling


class Curriculum:
    """`ratio` is the probability of feeding the truth back; `learning_rate_factor` scales the learning rate.

    The ratio stays until the best validation loss is `patience` epochs old, then falls every epoch. Once it is
    falling and the best loss is again `patience` epochs old, the learning rate falls every few epochs.
    """

    def __init__(self, settings: ScheduledSampling) -> None:
        self.settings = settings
        self.ratio = settings.ratio
        self.learning_rate_factor = 1.0
        self._best_loss: float | None = None
        self._best_epoch = 0
        self._falling_since: int | None = None
        self._next_decay: int | None = None
        self._seen_epoch = 0

    def after_evaluation(self, loss: float, epoch: int) -> None:
        """Takes the validation loss after `epoch` epochs."""
        settings = self.settings
        passed, self._seen_epoch = epoch - self._seen_epoch, epoch
        if not math.isnan(loss) and (self._best_loss is None or loss < self._best_loss):
            self._best_loss, self._best_epoch = loss, epoch
        stale = epoch - self._best_epoch >= settings.patience

        if self._falling_since is None:
            if stale and epoch > settings.not_before:
                self._falling_since = self._best_epoch = epoch  # patience starts anew for the learning rate
                self.ratio = max(0.0, self.ratio - settings.fall)
            return
        self.ratio = max(0.0, self.ratio - settings.fall * passed)
        falling_for = epoch - self._falling_since
        if self._next_decay is None and stale and falling_for >= settings.learning_rate_not_before:
            self._next_decay = epoch
        while self._next_decay is not None and epoch >= self._next_decay:  # again for epochs without an evaluation
            self.learning_rate_factor *= settings.learning_rate_factor
            self._next_decay += settings.learning_rate_every

    def state_dict(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "settings"}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Raises ValueError where this is not what `state_dict` returned."""
        known = self.state_dict().keys()
        if not state.keys() <= known or not all(
            each is None or type(each) in (int, float) for each in state.values()
        ):
            raise ValueError(f"a curriculum's state has the numbers {', '.join(known)}")
        vars(self).update(state)
