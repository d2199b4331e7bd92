"""Saving and restoring training: the tensors of a checkpoint, and where in the run it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import torch

from framecast.engine.checkpoint.fitting import why_unfit
from framecast.engine.checkpoint.loop_file import LoopFile
from framecast.engine.checkpoint.reading import newest_usable
from framecast.engine.checkpoint.training_state import TrainingState
from framecast.engine.distributed_context import DistributedContext
from framecast.engine.loop_state import LoopState
from framecast.engine.refusal import share_refusals
from framecast.engine.strategies.strategy import Strategy
from framecast.errors import InputError, TrainingFailed, why_not_written
from framecast.files import atomic_stream, remove_tree
from framecast.job.plan import Plan
from framecast.plugin.normalisation import Normalisation
from framecast.runs import layout
from framecast.runs.checkpoints import Checkpoint, CheckpointStore
from framecast.runs.mirror import Mirror
from framecast.runs.run_folder import RunFolder


class Checkpointing:
    """Checkpoints of one run. Every process calls `save` and `restore` together; the first one publishes.

    A checkpoint holds model.safetensors (fp32), optimizer.safetensors, loop.json (position, the task's
    schedules, the loss scale, the data's normalisation, and by whom it was written) and, after an evaluation,
    samples.npz (a few predictions for the report). Any number of workers can continue from it.

    `normalisation` is that of the run: of its data when it began, and after `restore` of the checkpoint.
    """

    def __init__(
        self,
        plan: Plan,
        run: RunFolder,
        distributed: DistributedContext,
        normalisation: Normalisation | None = None,
    ) -> None:
        kept = plan.job.checkpoints
        self._store = CheckpointStore(run.checkpoints, kept.keep_last, kept.keep_best, plan.monitor_direction)
        self._job = plan.job
        self._distributed = distributed
        self.normalisation = normalisation
        self.notice = ""
        """What the user should know of the last `save`."""
        self._away = False
        self._mirror = Mirror.of(run.path) if distributed.is_rank_zero else None

    def save(
        self,
        strategy: Strategy,
        task: Any,
        position: LoopState,
        monitor: float | None = None,
        samples: Mapping[str, np.ndarray] | None = None,
    ) -> tuple[Checkpoint | None, bool]:
        """Writes a checkpoint. Returns it and whether it is the best so far, on the first process.

        Raises TrainingFailed, on every process, if the first one cannot write: what was there before stays.
        """
        self.notice = ""
        state = strategy.state()
        published: tuple[Checkpoint | None, bool] = (None, False)
        refused = full = ""
        if state is not None:
            loop = LoopFile(
                optimizer=self._job.training.optimizer.name,
                position=asdict(position),
                task=task.state_dict(),
                numbers=state.numbers,
                normalisation=self.normalisation.to_dict() if self.normalisation else None,
                strategy=self._job.training.strategy,
                zero_stage=self._job.deepspeed.zero_stage,
                workers=self._distributed.size,
            )
            try:
                published = self._publish(state, loop, position, monitor, samples)
                self._push()
            except OSError as error:
                refused, full = error.strerror or str(error), why_not_written(error)
        if self._distributed.sum(torch.tensor([float(bool(refused))])).item():
            why = refused or "the first process says why"
            raise TrainingFailed(
                f"{f'{full}: ' if full else ''}the checkpoint at step {position.step} could not be written: "
                f"{why} ({self._store.folder}); "
                f"{self.last_good()}: free space, then resume the run"
            )
        return published

    def _publish(
        self,
        state: TrainingState,
        loop: LoopFile,
        position: LoopState,
        monitor: float | None,
        samples: Mapping[str, np.ndarray] | None,
    ) -> tuple[Checkpoint, bool]:
        """Writes and publishes; what could not be written as a whole is removed, which frees its space."""
        folder, top = self._store.begin(position.step), self._store.folder.parent
        try:
            state.write(folder, top)
            if samples:
                with atomic_stream(folder / layout.SAMPLES, top) as stream:
                    np.savez_compressed(stream, **samples)  # type: ignore[arg-type]
            loop.write(folder, top)
            return self._store.publish(position.step, position.epoch, monitor)
        except OSError:
            remove_tree(folder, top, ignore_errors=True)
            raise

    def _push(self) -> None:
        """Pushes checkpoints to the run's URL, if it has one. Where that fails training continues: the next one
        takes this one along."""
        try:
            if self._mirror:
                self._mirror.checkpoints.push()
            self._away = False
        except InputError as error:
            if not self._away:
                self.notice = (
                    f"{error}; the checkpoint is in {self._store.folder}, and is brought with the next one"
                )
            self._away = True

    def restore(self, strategy: Strategy, task: Any, position: LoopState) -> str | None:
        """Takes all three back to the newest sound checkpoint; leaves them as they are if there is none yet.

        The first process chooses, so that a checkpoint is read through only once. Returns what the user should
        know about damaged newer ones, on the first process. Raises TrainingFailed, on every process, if all are
        damaged or of another model, or the chosen one belongs to another optimizer.
        """
        shapes, optimizer = strategy.shapes(), self._job.training.optimizer.name

        def unfit(checkpoint: Checkpoint) -> str:
            return why_unfit(checkpoint.path, shapes, task, optimizer)

        with share_refusals(self._distributed):
            chosen, complaints = (
                newest_usable(self._store, unfit) if self._distributed.is_rank_zero else (None, [])
            )
            if complaints and not chosen:
                raise TrainingFailed(f"no checkpoint can be restored: {'; '.join(complaints)}")
        choice = torch.tensor(chosen.step + 1 if chosen else 0, dtype=torch.float64)
        successor = int(self._distributed.sum(choice))
        if not successor:
            return None
        folder = self._store.folder / layout.step_folder(successor - 1)
        with share_refusals(self._distributed):
            loop = LoopFile.read(folder)
            if loop.optimizer != optimizer:
                raise TrainingFailed(
                    f"checkpoint {folder.name} holds the state of the optimizer {loop.optimizer}: "
                    f"resume with training.optimizer.name={loop.optimizer}"
                )
            tensors = TrainingState.read(folder, loop.numbers)
            task.load_state_dict(loop.task)
        self.normalisation = loop.normalisation_of_data() or self.normalisation
        strategy.load(tensors)
        for name, value in loop.position.items():
            setattr(position, name, value)
        return f"{'; '.join(complaints)}: went on from {folder.name} instead" if complaints else None

    def last_good(self) -> str:
        """The newest checkpoint in words, for messages."""
        last = self._store.named("last")
        return f"the last good checkpoint is {last.path}" if last else "there is no checkpoint yet"
