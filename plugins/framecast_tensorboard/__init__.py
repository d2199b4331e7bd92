"""TensorBoard: a run's losses and scores as curves. `tensorboard --logdir runs` shows them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import framecast


def _build(settings: framecast.Settings, run_folder: Path) -> Any:
    from framecast_tensorboard.writer import TensorBoardWriter

    return TensorBoardWriter(run_folder / "tensorboard")


def _ready(settings: framecast.Settings) -> None:
    """Raises InputError where TensorBoard is missing."""
    try:
        import tensorboard  # noqa: F401  and not torch's writer, which needs it
    except ImportError as error:
        raise framecast.InputError(
            f"callback tensorboard needs TensorBoard: pip install tensorboard ({error})"
        ) from None


@framecast.hookimpl
def framecast_callbacks() -> Iterator[framecast.Callback]:
    yield framecast.Callback(
        name="tensorboard",
        summary="Writes losses, learning rate and scores for TensorBoard into the run folder",
        build=_build,
        background=True,
        ready=_ready,
    )
