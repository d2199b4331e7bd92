"""Turns a run's events into TensorBoard scalars."""

from __future__ import annotations

from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

import framecast


class TensorBoardWriter:
    """Training scalars by step, scores by step under their own names, baselines as `baseline/...`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer: SummaryWriter | None = None

    def __call__(self, event: framecast.events.Event, context: framecast.RunContext) -> None:
        if isinstance(event, framecast.events.RunStarted):
            # TensorBoard itself hides what an earlier attempt wrote beyond the restored step; all of it at step 0
            framecast.files.make_folder(self._folder, self._folder.parent)
            self._writer = SummaryWriter(str(self._folder), purge_step=event.step + 1 if event.step else 0)
        if self._writer is None:
            return
        if isinstance(event, framecast.events.StepDone | framecast.events.Evaluated):
            for name, value in framecast.scalars(event).items():
                self._writer.add_scalar(name, value, event.step)
        if isinstance(event, framecast.events.Evaluated):
            self._writer.flush()
        elif isinstance(
            event, framecast.events.RunFinished | framecast.events.RunInterrupted | framecast.events.RunFailed
        ):
            self._writer.close()
