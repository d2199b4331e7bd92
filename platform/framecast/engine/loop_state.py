"""Where a training stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class LoopState:
    """`batch` batches of `epoch` are done, `step` optimizer steps in all.

    `seconds` were spent in steps, over all attempts; `best` is the best monitored value that was saved.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    evaluations: int = 0
    seconds: float = 0.0
    best: float | None = None
