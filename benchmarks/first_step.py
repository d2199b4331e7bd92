"""Seconds from `platform submit` to the end of the first step, against a bare Ray Train + DeepSpeed script.

Target: at most 1.25.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from measure import compared, run

from framecast.plugin.events import StepDone
from framecast.runs.run_folder import RunFolder

JOB = "jobs/demo.yaml"


def ours() -> float:
    with tempfile.TemporaryDirectory() as folder:
        began = time.time()
        once = ["training.max_steps=1", "data.validation_clips=1"]
        run(["-m", "framecast", "submit", JOB, *once, "--runs", folder])
        (only,) = RunFolder.all(Path(folder))
        return next(event.time for event in only.journal.read() if isinstance(event, StepDone)) - began


def bare() -> float:
    began = time.time()
    _, printed = run(["benchmarks/bare/ray_deepspeed.py", JOB])
    return float(printed.split()[-1]) - began


def main() -> None:
    compared("submit to first step", "s", ours, bare, pairs=5)


if __name__ == "__main__":
    main()
