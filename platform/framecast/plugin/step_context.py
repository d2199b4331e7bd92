"""Where training stands, and the random draws that depend on nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class StepContext:
    """What a training step may know of the run: the same for a sample on any number of workers.

    `positions` are the places in the epoch of the samples in this batch.
    """

    seed: int
    epoch: int
    step: int
    positions: tuple[int, ...]

    def uniform(self, count: int, purpose: str) -> Tensor:
        """(B, count) numbers in [0, 1), a pure function of seed, epoch, position and `purpose`."""
        import torch

        salt = int.from_bytes(purpose.encode(), "little")
        rows = [
            np.random.Generator(np.random.Philox(np.random.SeedSequence([self.seed, self.epoch, at, salt])))
            for at in self.positions
        ]
        return torch.from_numpy(np.stack([row.random(count, dtype=np.float32) for row in rows]))
