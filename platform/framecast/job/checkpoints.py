"""The `checkpoints:` section of a job."""

from __future__ import annotations

from pydantic import Field

from framecast.job.count import MOST, Count
from framecast.plugin.settings import Settings


class Checkpoints(Settings):
    """When checkpoints are written and which are kept."""

    every: Count = 1
    """Epochs between two checkpoints; the last epoch always makes one."""

    every_steps: Count | None = None
    """Also a checkpoint after so many steps, where an epoch takes hours; null means none within an epoch."""

    monitor: str = "validation/loss"
    """What decides the best checkpoint: `validation/loss` or `validation/<metric>`; each metric knows its
    better direction."""

    keep_best: int = Field(1, ge=1, le=MOST)
    """How many of the best checkpoints are kept."""

    keep_last: int = Field(2, ge=1, le=MOST)
    """How many of the newest checkpoints are kept: `last`, `previous` and so on."""
