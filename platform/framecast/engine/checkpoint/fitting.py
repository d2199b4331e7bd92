"""Whether a checkpoint, intact as it is, can be continued from with this model and this task."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from framecast.bounded.safetensors_file import Tensor, read_tensors
from framecast.engine.checkpoint.loop_file import LoopFile
from framecast.engine.checkpoint.training_state import COUNTER
from framecast.errors import InputError, in_one_line
from framecast.runs import layout

Shapes = Mapping[str, tuple[int, ...]]


def why_unfit(folder: Path, shapes: Shapes, task: Any, optimizer: str) -> str:
    """Why the checkpoint in `folder` is not one of a model whose parameters have these shapes, in words that
    continue its name; empty where nothing is wrong. The task may have taken its state.

    The state of another optimizer is not looked at: the caller refuses it.
    """
    try:
        loop = LoopFile.read(folder)
        if why := _unlike_weights(read_tensors(folder / layout.WEIGHTS), shapes):
            return f"holds the weights of another model ({why})"
        if loop.optimizer == optimizer and (
            why := _unlike_states(read_tensors(folder / layout.OPTIMIZER), shapes)
        ):
            return f"holds the optimizer's state of another model ({why})"
    except (InputError, OSError) as error:
        return f"cannot be read ({error})"
    try:
        task.load_state_dict(loop.task)
    except Exception as error:  # the task is a plugin's, and the state whatever the file holds
        return f"holds a state that the task does not take ({in_one_line(error)})"
    return ""


def _unlike_weights(tensors: Mapping[str, Tensor], shapes: Shapes) -> str:
    for name, shape in shapes.items():
        if name not in tensors:
            return f"{name} is missing"
        if why := _unlike(name, tensors[name], shape):
            return why
    return ""


def _unlike_states(tensors: Mapping[str, Tensor], shapes: Shapes) -> str:
    for entry, tensor in tensors.items():
        key, _, name = entry.partition("/")
        if name not in shapes:
            return f"{entry} is of no parameter"
        if why := _unlike(entry, tensor, () if key == COUNTER else shapes[name]):
            return why
    return ""


def _unlike(name: str, tensor: Tensor, shape: tuple[int, ...]) -> str:
    if tensor.shape != shape:
        return f"{name} has the shape {list(tensor.shape)}, not {list(shape)}"
    if not tensor.dtype.startswith(("F", "BF")):
        return f"{name} holds {tensor.dtype}, not floats"
    return ""
