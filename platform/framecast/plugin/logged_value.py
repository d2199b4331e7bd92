"""A value that a task logs, with what a curve of it needs to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class LoggedValue:
    """A number that a task's `training_step` logs under `name`, each step or in some of them.

    Reports title its curve with `label` (without one, its name with spaces), followed by `unit` and `note`, a few
    words on what it is. `share` declares a number in [0, 1], drawn on that axis; a `scale` "log" suits
    positive numbers over several orders of magnitude.

        framecast.LoggedValue("blur", "blur radius", unit="pixels", note="of the frames that the model sees")
    """

    name: str
    label: str = ""
    unit: str = ""
    note: str = ""
    share: bool = False
    scale: Literal["linear", "log"] = "linear"

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a logged value has no name: write the key that training_step logs")
        if self.scale not in ("linear", "log"):
            raise ValueError(f"logged value {self.name}: scale is {self.scale!r}, write 'linear' or 'log'")
        if self.share and self.scale == "log":
            raise ValueError(f"logged value {self.name}: a share is drawn from 0 to 1: leave scale out")
