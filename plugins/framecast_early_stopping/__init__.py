"""Early stopping: a run ends when its score no longer gets better."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

import framecast

if TYPE_CHECKING:
    from framecast_early_stopping.watch import Watch


class EarlyStoppingSettings(framecast.Settings):
    """When to stop."""

    monitor: str = "validation/loss"
    """The score that must get better: `validation/loss`, or `validation/<metric>` of a metric in the job."""

    patience: int = Field(5, ge=0)
    """Evaluations in a row without a better score that are borne; the next one ends the run."""

    min_delta: float = Field(0.0, ge=0)
    """By how much a score must beat the best one to count as better, in the score's own unit."""

    mode: Literal["auto", "min", "max"] = "auto"
    """Whether a lower or a higher score is better.

    - `auto`: the metric's own direction
    - `min`: lower is better
    - `max`: higher is better
    """


def _accepts(settings: EarlyStoppingSettings, measured: tuple[str, ...]) -> str | None:
    if settings.monitor in measured:
        return None
    choices = framecast.did_you_mean(settings.monitor, measured)
    return f"monitor: {settings.monitor} is not measured in this job{choices}"


def _build(settings: EarlyStoppingSettings, context: framecast.RunContext) -> Watch:
    from framecast_early_stopping.watch import Watch

    return Watch(settings, context)


@framecast.hookimpl
def framecast_callbacks() -> Iterator[framecast.Callback[EarlyStoppingSettings]]:
    yield framecast.Callback(
        name="early_stopping",
        summary="Ends a run when its score no longer gets better",
        settings=EarlyStoppingSettings,
        build=_build,
        accepts=_accepts,
    )
