"""loop.json: what a checkpoint holds besides tensors. Needs no torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from framecast.bounded.json_file import read_json_object
from framecast.errors import InputError
from framecast.files import write_atomically
from framecast.json_text import to_json
from framecast.plugin.normalisation import Normalisation
from framecast.runs import layout

_COUNTS = ("epoch", "batch", "step")
_OTHERS = ("evaluations", "seconds")


@dataclass(frozen=True)
class LoopFile:
    """`position` are the fields of the loop's state, `numbers` those of the loss scaler, `task` what the task's
    `state_dict` returned. Strategy, ZeRO stage and workers say how it was written: any others can read it."""

    optimizer: str
    position: dict[str, Any]
    task: dict[str, Any]
    numbers: dict[str, float]
    normalisation: dict[str, Any] | None = None
    strategy: str = ""
    zero_stage: int = 0
    workers: int = 0

    @classmethod
    def read(cls, folder: Path) -> Self:
        """That of the checkpoint in `folder`. Raises FileNotFoundError, and InputError where it is not one of
        ours."""
        content = read_json_object(folder / layout.LOOP)
        _validate_position(content.get("position"))
        numbers, normalisation = content.get("numbers"), content.get("normalisation")
        if not isinstance(numbers, dict) or not all(type(each) in (int, float) for each in numbers.values()):
            raise InputError(f"{layout.LOOP} holds no numbers of a loss scale")
        if not isinstance(content.get("optimizer"), str) or not isinstance(content.get("task"), dict):
            raise InputError(f"{layout.LOOP} does not say which optimizer it is of, or holds no state of the task")
        if normalisation:
            Normalisation.from_dict(normalisation)
        known = {each.name for each in fields(cls)}  # a newer version may write more
        return cls(**{name: value for name, value in content.items() if name in known})

    def write(self, folder: Path, top: Path) -> None:
        write_atomically(folder / layout.LOOP, to_json(asdict(self), indent=1), top)

    def normalisation_of_data(self) -> Normalisation | None:
        """That of the data which the model was trained on."""
        return Normalisation.from_dict(self.normalisation) if self.normalisation else None


def _validate_position(position: object) -> None:
    """Raises InputError where this is no place in a training."""
    found = position if isinstance(position, dict) else {}
    counts = [found.get(name) for name in _COUNTS]
    others = [found.get(name, 0) for name in _OTHERS]
    sound = all(type(each) is int and 0 <= each < 2**53 for each in counts)
    sound = sound and all(type(each) in (int, float) and 0 <= each < 2**53 for each in others)
    if not sound or not found.keys() <= {*_COUNTS, *_OTHERS, "best"}:
        raise InputError(f"{layout.LOOP} holds no position in the training")
