"""Weights & Biases: a run's settings, losses and scores on its site, or in files to be sent later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import framecast


class WandbSettings(framecast.Settings):
    """Where the run is tracked."""

    project: str = "framecast"
    """The project that holds the run."""

    entity: str | None = None
    """The user or team that owns the project; null means your default one."""

    mode: Literal["online", "offline"] = "online"
    """`offline` writes files into the run folder, which `wandb sync` sends later."""


def _build(settings: WandbSettings, run_folder: Path) -> Any:
    try:
        from framecast_wandb.tracker import WandbTracker
    except ImportError as error:
        raise framecast.InputError(
            f"callback wandb needs Weights & Biases: pip install 'framecast[wandb]' ({error})"
        ) from None
    return WandbTracker(settings, run_folder)


@framecast.hookimpl
def framecast_callbacks() -> Iterator[framecast.Callback]:
    yield framecast.Callback(
        name="wandb",
        summary="Tracks settings, losses and scores with Weights & Biases",
        settings=WandbSettings,
        build=_build,
    )
