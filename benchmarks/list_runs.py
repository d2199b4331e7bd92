"""Seconds of `platform list` over 200 runs, one of them of 400,000 steps, against `platform --version`.

    python benchmarks/list_runs.py [PATH_OF_ANOTHER_VERSION]

The other version is a checkout, to list the same runs with. Target: well under 2 s more than the start-up.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import REPOSITORY, compared, machine

from framecast.plugin.events import CheckpointSaved, Evaluated, RunFinished, RunStarted, StepDone

RUNS, USUAL, LONG = 200, 1_000, 400_000
PLAN = "job:\n  name: listed\n  model:\n    name: conv_lstm\n  data:\n    name: moving_mnist\n"


def write_run(folder: Path, steps: int) -> None:
    """A finished run with an evaluation and a checkpoint every 500 steps."""
    folder.mkdir(parents=True)
    (folder / "plan.yaml").write_text(PLAN)
    now = 1.7e9
    started = RunStarted(1, 0, 0, 0, 500, steps, 1, "cpu", "fp32", "torch", 12_345, time=now)
    with open(folder / "events.jsonl", "w", encoding="utf-8") as file:
        file.write(started.to_json() + "\n")
        for step in range(1, steps + 1):
            now += 0.05
            epoch, loss = (step - 1) // 500, 0.1 + 1 / step
            logs, taken = {"truth_ratio": 0.5}, (0.000123, 0.021234, 0.021345, 512.25)
            done = StepDone(step, epoch, loss, 1.234567, 0.001, None, False, 0.05, logs, *taken, time=now)
            file.write(done.to_json() + "\n")
            if step % 500 == 0:
                scores = {"validation/loss": loss, "validation/mse": loss}
                curves = {"validation/mse": [loss] * 10}
                file.write(
                    Evaluated(step, epoch + 1, "model", "validation", scores, curves, 64, 1.0).to_json() + "\n"
                )
                saved = CheckpointSaved(step, epoch + 1, f"step-{step:08d}", True, "validation/loss", loss)
                file.write(saved.to_json() + "\n")
        file.write(RunFinished(steps, "epochs", time=now).to_json() + "\n")


def seconds(checkout: Path, *words: str) -> float:
    """That `platform WORDS` of a checkout takes."""
    path = os.pathsep.join(str(checkout / room) for room in ("platform", "plugins"))
    began = time.time()
    subprocess.run(
        [sys.executable, "-P", "-m", "framecast", *words],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    return time.time() - began


def main() -> None:
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "runs")
        for number in range(RUNS):
            write_run(root / "listed" / f"20260101-000000-{number:04x}", USUAL if number else LONG)
        command = ("list", "--runs", str(root))
        compared(
            "list against --version",
            "s",
            lambda: seconds(REPOSITORY, *command),
            lambda: seconds(REPOSITORY, "--version"),
            pairs=3,
        )
        for other in map(Path, sys.argv[1:]):
            before = seconds(other, *command)
            print(f"list of {other}: {before:.2f} s, {before / seconds(REPOSITORY, *command):.1f} times as long")


if __name__ == "__main__":
    main()
