"""Frame interpolation: a task for framecast."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field

import framecast


class Settings(framecast.Settings):
    """A clip is `before` seen frames, a gap, and `after` seen frames."""

    before: int = Field(2, ge=1, le=1000)
    """Frames seen before the gap."""

    gap: int = Field(3, ge=1, le=1000)
    """Frames of the gap, which the model makes."""

    after: int = Field(2, ge=1, le=1000)
    """Frames seen after the gap."""


def build(settings: Settings) -> Any:
    """The task."""
    from .task import FrameInterpolation

    return FrameInterpolation(settings.before, settings.gap, settings.after)


@framecast.hookimpl
def framecast_tasks() -> Iterator[framecast.Task[Settings]]:
    """The task."""
    yield framecast.Task(
        name="frame_interpolation",
        summary="The frames of a gap, from those before and after it",
        settings=Settings,
        build=build,
        frames=lambda settings: settings.before + settings.gap + settings.after,
        default_metrics=("mse", "ssim"),
        baselines=("last_frame",),
    )
