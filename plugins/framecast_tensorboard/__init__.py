"""TensorBoard: a run's losses and scores as curves. `tensorboard --logdir runs` shows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import framecast

if TYPE_CHECKING:
    from framecast_tensorboard.writer import TensorBoardWriter


def _build(settings: framecast.Settings, context: framecast.RunContext) -> TensorBoardWriter:
    from framecast_tensorboard.writer import TensorBoardWriter

    return TensorBoardWriter(context.folder / "tensorboard")


def _ready(settings: framecast.Settings) -> None:
    """Raises InputError where TensorBoard is missing."""
    try:
        import tensorboard  # noqa: F401  and not torch's writer, which needs it
    except ImportError as error:
        raise framecast.InputError(
            f"callback tensorboard needs TensorBoard: pip install tensorboard ({error})"
        ) from None


@framecast.hookimpl
def framecast_callbacks() -> Iterator[framecast.Callback[framecast.Settings]]:
    yield framecast.Callback(
        name="tensorboard",
        summary="Writes losses, learning rate and scores for TensorBoard into the run folder",
        build=_build,
        background=True,
        ready=_ready,
    )
