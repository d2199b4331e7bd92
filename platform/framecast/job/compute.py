"""The `compute:` section of a job."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from framecast.job.count import MOST
from framecast.plugin.settings import Settings


class Elastic(Settings):
    """A number of workers that follows what the cluster has free."""

    min: int = Field(ge=1, le=65536)
    """With fewer workers than this the run waits."""

    max: int = Field(ge=1, le=65536)
    """More workers than this are never started."""

    @model_validator(mode="after")
    def _in_order(self) -> Elastic:
        if self.min > self.max:
            raise ValueError(f"min is {self.min} and max is {self.max}: min must not be above max")
        return self


class Compute(Settings):
    """Where and on how much hardware the run trains."""

    workers: Annotated[int, Field(ge=1, le=65536)] | Elastic = 1
    """Training processes, one for each GPU where there are GPUs; or {min: 1, max: 8}, as many as there is room
    for, continuing from the last checkpoint whenever their number changes."""

    cpus_per_worker: Annotated[int, Field(ge=1, le=4096)] | Literal["auto"] = "auto"
    """CPU cores, and so threads, of each worker.

    - `auto`: this machine's cores divided by the number of workers
    """

    gpus_per_worker: Annotated[int | float, Field(ge=0, le=1)] | Literal["auto"] = "auto"
    """GPUs of each worker, 0 or 1; for one worker also a part of one, such as 0.25, which four trials of a search
    share.

    - `auto`: 1 where there is a GPU for every worker, else 0
    """

    data_processes: int = Field(0, ge=0, le=256)
    """Processes that load training data beside each worker, and as many that load validation data; they stay for
    the whole run. 0 loads within the worker."""

    pin_cores: bool = False
    """Whether each worker is pinned to its own cores; only where the run has its hosts to itself."""

    address: str | None = None
    """Where to run: the job server of a Ray cluster (http://HEAD:8265, or a name from your list of clusters), or
    `auto` for the Ray that this machine belongs to; null starts Ray here."""

    env: list[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]] = Field(
        default_factory=list, max_length=100
    )
    """Names of environment variables that go along to a cluster, such as WANDB_API_KEY; their values are taken
    from the shell that submits, and stand in no file of the run."""

    max_failures: int = Field(3, ge=-1, le=MOST)
    """How often a run whose worker died starts again from its last checkpoint; -1 means without limit."""

    stalled_after: int = Field(1800, ge=5, le=MOST)
    """Seconds without a step after which workers count as hung: they write where they hang into
    logs/stacks-rank-N.txt and start again, as if they had died."""

    @property
    def min_workers(self) -> int:
        return self.workers if isinstance(self.workers, int) else self.workers.min

    @property
    def max_workers(self) -> int:
        return self.workers if isinstance(self.workers, int) else self.workers.max
