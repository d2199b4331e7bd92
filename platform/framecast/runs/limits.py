"""The limits that end a training, how far a run is from each, and what gives a finished run more to do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from framecast.counting import plural
from framecast.plugin.cause import LIMITS, Cause
from framecast.plugin.events import RunStarted, StepDone
from framecast.runs.run_folder import RunFolder

_HIGHEST_COUNT = 2**31 - 1
_HIGHEST_HOURS = 100_000.0


class Limits(Protocol):
    """What a job's `training` section says about its end; None stands for no limit."""

    @property
    def epochs(self) -> int: ...
    @property
    def max_steps(self) -> int | None: ...
    @property
    def max_hours(self) -> float | None: ...


@dataclass(frozen=True)
class Trained:
    """How much a run has trained, over all its attempts."""

    steps: int
    steps_per_epoch: int
    hours: float

    @classmethod
    def of(cls, run: RunFolder) -> Trained:
        events = run.journal.read()
        steps = [event for event in events if isinstance(event, StepDone)]
        starts = [event for event in events if isinstance(event, RunStarted)]
        return cls(
            steps=steps[-1].step if steps else 0,
            steps_per_epoch=starts[-1].steps_per_epoch if starts else 0,
            hours=sum(event.seconds for event in steps) / 3600,
        )

    @property
    def epochs(self) -> int:
        """Epochs begun."""
        return math.ceil(self.steps / self.steps_per_epoch) if self.steps_per_epoch else 0

    def reached(self, limits: Limits) -> list[Cause]:
        """The limits that leave nothing to do."""
        found = [Cause.EPOCHS] if self.steps >= limits.epochs * self.steps_per_epoch else []
        found += [Cause.MAX_STEPS] if limits.max_steps is not None and self.steps >= limits.max_steps else []
        found += [Cause.MAX_HOURS] if limits.max_hours is not None and self.hours >= limits.max_hours else []
        return found

    def more(self, limits: Limits, cause: Cause | None) -> list[str]:
        """Overrides with which a run that this `cause` has ended trains as long again.

        They raise the limit that ended it, and others that would end it at once. A run that a callback ended gets
        more epochs.
        """
        ending = {*self.reached(limits), *({cause} & set(LIMITS))}
        found = []
        if Cause.EPOCHS in ending or not ending:
            found.append(f"training.epochs={_doubled(max(limits.epochs, self.epochs))}")
        if Cause.MAX_STEPS in ending:
            found.append(f"training.max_steps={_doubled(max(limits.max_steps or 0, self.steps))}")
        if Cause.MAX_HOURS in ending:
            hours = min(2 * max(limits.max_hours or 0.0, self.hours), _HIGHEST_HOURS)
            found.append(f"training.max_hours={hours:.3g}")
        return found


def _doubled(count: int) -> int:
    return min(2 * count, _HIGHEST_COUNT)


def in_words(limits: Limits) -> str:
    """When training ends: "after 20 epochs, 500 steps (training.max_steps) or 2.7 minutes of training
    (training.max_hours), whichever comes first"."""
    ends = [f"{plural(limits.epochs, 'epoch')}"]
    if limits.max_steps is not None:
        ends.append(f"{plural(limits.max_steps, 'step')} (training.max_steps)")
    if limits.max_hours is not None:
        ends.append(f"{duration(limits.max_hours)} of training (training.max_hours)")
    if len(ends) == 1:
        return f"after {ends[0]}"
    return f"after {', '.join(ends[:-1])} or {ends[-1]}, whichever comes first"


def duration(hours: float) -> str:
    """So many hours as people say them: 40 seconds, 2.7 minutes, 12 hours."""
    for unit, size in (("hours", 1.0), ("minutes", 60.0)):
        if hours * size >= 1.5:
            return f"{round(hours * size, 1):g} {unit}"
    return f"{hours * 3600:.2g} seconds"
