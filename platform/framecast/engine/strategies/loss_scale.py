"""What fp16's loss scaling does, in words: which overflows are normal, and which mean that nothing is learnt."""

from __future__ import annotations

from framecast.counting import plural
from framecast.engine.strategies.strategy import StepResult
from framecast.errors import TrainingFailed

ADVICE = (
    "fp16 reaches only to 65504: try training.precision=bf16, or a lower training.optimizer.learning_rate or "
    "training.gradient_clipping, and look whether the data's values are normalised to about 1"
)
_MOST_IN_A_ROW = 50
_TOLD_AT_FIRST, _THEN_EACH = 3, 10


class LossScaleMonitor:
    """Counts the steps that overflowed in this attempt. Some are normal: the scale grows until one does."""

    def __init__(self) -> None:
        self._overflows = 0
        self._in_a_row = 0

    def notice(self, step: int, result: StepResult) -> str | None:
        """What to tell the user about this step: the first few overflows, then each tenth.

        Raises TrainingFailed, on every process alike, after 50 skipped steps one after another.
        """
        if not result.skipped:
            self._in_a_row = 0
            return None
        self._overflows += 1
        self._in_a_row += 1
        if self._in_a_row == _MOST_IN_A_ROW:
            raise TrainingFailed(
                f"{self._in_a_row} steps up to step {step} overflowed and were skipped, the loss scale is down to "
                f"{scale_in_words(result.next_loss_scale)}. {ADVICE}"
            )
        if self._overflows > _TOLD_AT_FIRST and self._overflows % _THEN_EACH:
            return None
        count = f"{plural(self._overflows, 'overflow')} so far"
        before, after = scale_in_words(result.loss_scale), scale_in_words(result.next_loss_scale)
        return f"fp16 overflow at step {step}: step skipped, loss scale {before} -> {after}; {count}"


def scale_in_words(scale: float | None) -> str:
    """A loss scale in full: each is a power of 2, of up to ten digits."""
    if scale is None:
        return "none"
    return f"{scale:,.0f}" if scale >= 1 else f"{scale:g}"
