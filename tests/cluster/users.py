"""A user outside of a cluster, with a job and the commands; and what can be asked of a run."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from safetensors.torch import load_file

from framecast.plugin.events import Event, RunStarted, StepDone
from framecast.runs.checkpoints import CheckpointStore
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status
from tests.cluster.hosts import Cluster, Host

JOB: dict[str, Any] = {
    "name": "tiny",
    "task": {"name": "video_prediction", "frames_in": 2, "frames_out": 2, "sampling": {"ratio": 0.5}},
    "model": {
        "name": "conv_tt_lstm",
        "order": 2,
        "steps": 2,
        "rank": 2,
        "kernel_size": 3,
        "layers_per_block": [1],
        "hidden_channels": [4],
    },
    "data": {"name": "moving_mnist", "size": 16, "digit_size": 7, "train_clips": 80, "validation_clips": 4},
    "metrics": ["mse"],
    "training": {"epochs": 15, "batch_size": 4, "gradient_clipping": 1.0},
    "compute": {"cpus_per_worker": 1, "workers": 2, "max_failures": 3},
}
EPOCH = 20  # steps, and so the interval between checkpoints


def job(**sections: Any) -> dict[str, Any]:
    """The job of these tests with other settings laid over its sections."""
    return {
        **JOB,
        **{
            name: {**JOB[name], **values}
            if isinstance(values, dict) and isinstance(JOB.get(name), dict)
            else values
            for name, values in sections.items()
        },
    }


@dataclass
class User:
    """Somebody outside the cluster: a folder of their own, the command, and the shared storage to look at."""

    cluster: Cluster
    folder: Path
    storage: Path
    address: str
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        started = subprocess.Popen(
            [sys.executable, "-m", "framecast", *arguments],
            cwd=self.folder,
            env=self.cluster.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.processes.append(started)
        return started

    def command(self, *arguments: str, expect: int = 0) -> str:
        """What `platform ARGUMENTS` says; it must leave with that exit code."""
        started = self.start(*arguments)
        said, _ = started.communicate(timeout=600)
        assert started.returncode == expect, said
        return said

    def written(self, **sections: Any) -> str:
        file = self.folder / "job.yaml"
        YAML().dump(job(**sections), file)
        return file.name

    def submitted(self, *arguments: str, **sections: Any) -> RunFolder:
        """Sends a run and goes away; the run's folder as the shared storage shows it."""
        known = {run.id for run in RunFolder.all(self.storage)}
        place = ["--address", self.address, "--runs", str(self.storage), "--detach"]
        self.command("submit", self.written(**sections), *place, *arguments)
        return wait_for(lambda: next((r for r in RunFolder.all(self.storage) if r.id not in known), None))

    def driver(self) -> int:
        """The process on the head that drives the run."""
        return wait_for(lambda: next(iter(self.cluster.head.processes_of(b"framecast\0submit")), None))


def wait_for(find: Callable[[], Any], seconds: float = 180.0) -> Any:
    """What `find` answers once that is something."""
    until = time.monotonic() + seconds
    while not (found := find()):
        assert time.monotonic() < until, f"waited {seconds:.0f} s in vain"
        time.sleep(0.05)
    return found


def step_of(run: RunFolder) -> int:
    return max((event.step for event in run.journal.raw() if isinstance(event, StepDone)), default=0)


def at_step(run: RunFolder, step: int) -> RunFolder:
    wait_for(lambda: step_of(run) >= step)
    return run


def ended(run: RunFolder) -> Status:
    """How the run stands once it does not run any more."""
    return wait_for(
        lambda: status if (status := Status.of(run)).state not in ("starting", "running") else None, 600
    )


def host_with_worker(cluster: Cluster, run: RunFolder, but: Host | None = None) -> Host:
    """A host on which the run trains."""
    return wait_for(lambda: next((host for host in cluster.hosts if host is not but and host.workers()), None))


def weights(run: RunFolder) -> dict[str, Any]:
    last = CheckpointStore(run.checkpoints).named("last")
    assert last is not None
    return load_file(last.path / "model.safetensors")


def same_weights(one: RunFolder, other: RunFolder) -> bool:
    """Bit for bit."""
    ours, theirs = weights(one), weights(other)
    return ours.keys() == theirs.keys() and all(ours[name].equal(theirs[name]) for name in ours)


def recovery(run: RunFolder, when: float, reached: int) -> tuple[float, int]:
    """Seconds from the fault to the first step after it, and steps that had to be done again."""
    later = [event for event in run.journal.raw() if event.time > when]
    again = next(event for event in later if isinstance(event, RunStarted))
    first = next(event for event in after(later, again) if isinstance(event, StepDone))
    return first.time - when, reached - again.step


def after(events: list[Event], event: Event) -> list[Event]:
    return events[events.index(event) + 1 :]
