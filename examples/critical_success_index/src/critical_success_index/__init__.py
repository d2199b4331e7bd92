"""The critical success index: a metric for framecast."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field

import framecast


class Settings(framecast.Settings):
    """What counts as an event."""

    threshold: float = Field(0.5, allow_inf_nan=False)
    """A pixel of this value or more is an event, in the unit of the data."""


def build(settings: Settings, value_range: tuple[float, float]) -> Any:
    """The metric. Raises InputError where no pixel could reach the threshold, or each does."""
    from .metric import CriticalSuccessIndex

    low, high = value_range
    bounded = getattr(value_range, "bounded", True)  # fields leave the range of their training period
    if bounded and not low < settings.threshold <= high:
        raise framecast.InputError(
            f"csi.threshold: {settings.threshold:g} is outside of the data's {low:g} to {high:g}"
        )
    return CriticalSuccessIndex(settings.threshold)


@framecast.hookimpl
def framecast_metrics() -> Iterator[framecast.Metric[Settings]]:
    """The metric."""
    yield framecast.Metric(
        name="csi",
        summary="Critical success index at a threshold (Schaefer 1990)",
        settings=Settings,
        build=build,
        direction="max",
    )
