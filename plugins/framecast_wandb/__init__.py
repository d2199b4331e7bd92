"""Weights & Biases: a run's settings, losses and scores on its site, or in files to be sent later."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Literal

import framecast

if TYPE_CHECKING:
    from framecast_wandb.tracker import WandbTracker


class WandbSettings(framecast.Settings):
    """Where the run is tracked."""

    project: str = "framecast"
    """The project that holds the run."""

    entity: str | None = None
    """The user or team that owns the project; null means your default one."""

    mode: Literal["online", "offline"] = "online"
    """How scores reach the server.

    - `online`: sent while the run trains
    - `offline`: written into the run folder, from where `wandb sync` sends them later
    """


def _build(settings: WandbSettings, context: framecast.RunContext) -> WandbTracker:
    tracker: WandbTracker = _tracker().WandbTracker(settings, context)
    return tracker


def _ready(settings: WandbSettings) -> None:
    """Raises InputError where the package or the login is missing."""
    tracker = _tracker()
    if settings.mode == "online":
        tracker.refuse_without_login()


def _tracker() -> ModuleType:
    try:
        return import_module("framecast_wandb.tracker")
    except ImportError as error:
        raise framecast.InputError(
            f"callback wandb needs Weights & Biases: pip install 'framecast[wandb]' ({error})"
        ) from None


@framecast.hookimpl
def framecast_callbacks() -> Iterator[framecast.Callback[WandbSettings]]:
    yield framecast.Callback(
        name="wandb",
        summary="Tracks settings, losses and scores with Weights & Biases",
        settings=WandbSettings,
        build=_build,
        background=True,
        ready=_ready,
    )
