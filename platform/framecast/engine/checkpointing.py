"""Saving and restoring training: the tensors of a checkpoint, and where in the run it was made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from safetensors.torch import save_file

from framecast.data.normalisation import Normalisation
from framecast.engine.strategy import Strategy
from framecast.engine.world import World
from framecast.errors import TrainingFailed
from framecast.job.plan import Plan
from framecast.runs.checkpoints import Checkpoint, CheckpointStore
from framecast.runs.folder import RunFolder, write_atomically


@dataclass
class Position:
    """Where training stands: `batch` batches of `epoch` are done, `step` optimizer steps in all.

    `seconds` were spent in steps, over all attempts; `best` is the best monitored value that was saved.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    evaluations: int = 0
    seconds: float = 0.0
    best: float | None = None


class Checkpointing:
    """Checkpoints of one run. Every process calls `save` and `restore` together; the first one publishes.

    Beside what the strategy needs to go on (optimizer state and its own copy of the weights), a checkpoint
    holds model.safetensors (fp32), loop.json (position, the task's schedules, the data's normalisation) and,
    after an evaluation, samples.npz (a few predictions for the report).
    """

    def __init__(
        self, plan: Plan, run: RunFolder, world: World, normalisation: Normalisation | None = None
    ) -> None:
        kept = plan.job.checkpoints
        self._store = CheckpointStore(run.checkpoints, kept.keep_last, kept.keep_best, plan.monitor_direction)
        self._strategy_name = plan.job.training.strategy
        self._world = world
        self._normalisation = normalisation

    def save(
        self,
        strategy: Strategy,
        task: Any,
        position: Position,
        monitor: float | None = None,
        samples: Mapping[str, np.ndarray] | None = None,
    ) -> tuple[Checkpoint | None, bool]:
        """Writes a checkpoint. Returns it and whether it is the best so far, on the first process."""
        folder = self._store.folder / f".step-{position.step:08d}.writing"
        if self._world.first:
            folder = self._store.begin(position.step)
        self._world.barrier()
        strategy.save(folder)
        weights = strategy.weights()
        published: tuple[Checkpoint | None, bool] = (None, False)
        if self._world.first:
            save_file({name: value.contiguous() for name, value in weights.items()}, folder / "model.safetensors")
            if samples is not None:
                np.savez_compressed(folder / "samples.npz", **samples)  # type: ignore[arg-type]
            loop = {
                "strategy": self._strategy_name,
                "workers": self._world.size,
                "position": asdict(position),
                "task": task.state_dict(),
                "normalisation": self._normalisation.to_dict() if self._normalisation else None,
            }
            write_atomically(folder / "loop.json", json.dumps(loop, indent=1))
        self._world.barrier()
        if self._world.first:
            published = self._store.publish(position.step, position.epoch, monitor)
        self._world.barrier()
        return published

    def restore(self, strategy: Strategy, task: Any, position: Position) -> None:
        """Takes all three back to the newest sound checkpoint; leaves them as they are if there is none yet.

        Raises TrainingFailed if all are damaged or belong to another strategy.
        """
        checkpoint, complaints = self._store.newest_sound()
        for complaint in complaints:
            print(f"warning: {complaint}, taking an older checkpoint", flush=True)
        if checkpoint is None:
            if complaints:
                raise TrainingFailed(f"no checkpoint can be restored: {'; '.join(complaints)}")
            return
        loop = json.loads((checkpoint.path / "loop.json").read_text())
        if loop["strategy"] != self._strategy_name:
            raise TrainingFailed(
                f"checkpoint {checkpoint.path.name} was written by the {loop['strategy']} strategy: "
                f"resume with training.strategy={loop['strategy']}"
            )
        strategy.load(checkpoint.path)
        task.load_state_dict(loop["task"])
        for name, value in loop["position"].items():
            setattr(position, name, value)

    def last_good(self) -> str:
        """The newest checkpoint in words, for messages."""
        last = self._store.named("last")
        return f"the last good checkpoint is {last.path}" if last else "there is no checkpoint yet"
