"""Reading checkpoints: the newest one to continue from, and a model to evaluate. Needs no torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from framecast.bounded.safetensors_file import read_metadata
from framecast.engine.checkpoint.loop_file import LoopFile
from framecast.errors import InputError
from framecast.plugin.normalisation import Normalisation
from framecast.runs import layout
from framecast.runs.checkpoints import Checkpoint, CheckpointStore

_TENSORS = (layout.WEIGHTS, layout.OPTIMIZER)


@dataclass(frozen=True)
class SavedModel:
    """A model in a checkpoint: the file of its weights, and the normalisation of the data it was trained on."""

    weights: Path
    normalisation: Normalisation | None


def read_model(checkpoint: Checkpoint) -> SavedModel:
    """Raises InputError where the checkpoint is damaged, or not one of ours."""
    if damaged := checkpoint.damaged():
        store = CheckpointStore(checkpoint.path.parent)
        intact = [other.path.name for other in store.all() if not other.damaged()]
        others = f"; sound ones of this run: {', '.join(intact)}" if intact else ""
        raise InputError(f"checkpoint {checkpoint.path} is damaged ({', '.join(damaged)}){others}")
    if layout.WEIGHTS not in checkpoint.files:
        raise InputError(
            f"checkpoint {checkpoint.path} has no {layout.WEIGHTS}: it was not written by framecast, or lost it"
        )
    if why := why_unreadable(checkpoint):
        raise InputError(f"checkpoint {checkpoint.path} {why}")
    try:
        loop = LoopFile.read(checkpoint.path)
    except FileNotFoundError:
        raise InputError(f"checkpoint {checkpoint.path} has no {layout.LOOP}: it lost it") from None
    return SavedModel(checkpoint.path / layout.WEIGHTS, loop.normalisation_of_data())


def newest_usable(
    store: CheckpointStore, why_unfit: Callable[[Checkpoint], str] = lambda checkpoint: ""
) -> tuple[Checkpoint | None, list[str]]:
    """The newest checkpoint whose files are all intact, and what is wrong with newer ones. `why_unfit` says
    in words why one cannot be used all the same; empty where it can."""
    complaints: list[str] = []
    for checkpoint in store.all():
        damaged = checkpoint.damaged()
        why = f"is damaged ({', '.join(damaged)})" if damaged else why_unreadable(checkpoint)
        why = why or why_unfit(checkpoint)
        if not why:
            return checkpoint, [*complaints, *store.without_manifest(after=checkpoint.step)]
        complaints.append(f"{checkpoint.path.name} {why}")
    return None, [*complaints, *store.without_manifest()]


def why_unreadable(checkpoint: Checkpoint) -> str:
    """Why its files cannot be read, though they are what was written: "cannot be read (...)"; else empty."""
    try:
        for name in _TENSORS:
            if name in checkpoint.files:
                read_metadata(checkpoint.path / name)
        if layout.LOOP in checkpoint.files:
            LoopFile.read(checkpoint.path)
    except (InputError, OSError) as error:
        return f"cannot be read ({error})"
    return ""
