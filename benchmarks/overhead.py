"""Steps per second under Ray and DeepSpeed, against a bare torch loop over the same model and batches.

Targets: at least 0.95 for the paper's 12-layer network, 0.85 for the demo's small one.

Measured twice: with one core left to Ray's own processes, which shows what the loop costs, and on all cores,
where those processes (about a tenth of a core when idle) interrupt the arithmetic.
"""

from __future__ import annotations

import itertools
import statistics
import tempfile
from pathlib import Path

from measure import compared, run

from framecast.launch.hardware import local_resources
from framecast.plugin.events import StepDone
from framecast.runs.run_folder import RunFolder

# the 12 layers on frames of 32 pixels, so that a step takes seconds and not minutes
PAPER = ["data.size=32", "data.digit_size=14", "task.frames_in=5", "task.frames_out=5", "training.batch_size=2"]
QUIET = ["data.validation_clips=1", "callbacks=[]", "metrics=[mse]"]
WARM_UP = 2


def measured(name: str, job: str, overrides: list[str], steps: int, pairs: int) -> float:
    """The median ratio of steps per second, Framecast's over the bare loop's."""

    def ours() -> float:
        with tempfile.TemporaryDirectory() as folder:
            arguments = [job, *overrides, *QUIET, f"training.max_steps={steps}", "training.max_hours=null"]
            run(["-m", "framecast", "submit", *arguments, "--runs", folder])
            (only,) = RunFolder.all(Path(folder))
            times = [event.time for event in only.journal.read() if isinstance(event, StepDone)]
        # from the end of one step to the end of the next: all that happens between counts
        between = [later - earlier for earlier, later in itertools.pairwise(times)]
        return 1 / statistics.median(between[WARM_UP - 1 :])

    def bare() -> float:
        _, printed = run(["benchmarks/bare/loop.py", job, str(steps), *overrides])
        return 1 / statistics.median(list(map(float, printed.split()))[WARM_UP:])

    return compared(name, "steps/s", ours, bare, pairs)


def main() -> None:
    cores = local_resources().cpus
    for threads in (max(1, cores - 1), cores):
        each = [f"compute.cpus_per_worker={threads}"]
        on = f"{threads} of {cores} cores"
        measured(f"demo network, {on}", "jobs/demo.yaml", each, steps=40, pairs=3)
        measured(f"12-layer network, {on}", "jobs/moving_mnist.yaml", [*PAPER, *each], steps=9, pairs=3)


if __name__ == "__main__":
    main()
