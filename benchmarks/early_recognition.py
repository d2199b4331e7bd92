"""Early recognition on digit motions: three models of equal size with three seeds each, and the control that must
fail. What has been trained is not trained again; two trainings run side by side. About 50 minutes on 2 CPU cores.

    python benchmarks/early_recognition.py [FOLDER]

The runs and `early_recognition.json` are written into FOLDER (by default `runs/early_recognition`). Scores are of
the last epoch, on the validation clips, which all trainings share; a seed draws the first weights and the order of
the clips.
"""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from measure import REPOSITORY, machine

ARMS: dict[str, tuple[str, ...]] = {  # the job, and what is set beside it
    "Conv-TT-LSTM": ("digit_motions",),
    "ConvLSTM": ("digit_motions_conv_lstm",),
    "3D convolution": ("digit_motions_conv3d",),
    "Conv-TT-LSTM, frames shuffled": ("digit_motions", "data.shuffle=true"),
}
SEEDS = (0, 1, 2)
STUDENT = 4.303
"""The 97.5 % quantile of Student's t with as many degrees of freedom as there are seeds, less one."""


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{machine()}; two trainings side by side, one thread each", flush=True)
    # seed by seed, so that a study that is cut short has all arms
    todo = [(arm, seed) for seed in SEEDS for arm in ARMS]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda one: result(folder, *one), todo))
    (folder / "early_recognition.json").write_text(json.dumps(results, indent=2))
    print(table(results))


def result(folder: Path, arm: str, seed: int) -> dict[str, Any]:
    """What came of a training, which is done in a process of its own if it has not been done before."""
    file = folder / f"{arm.lower().replace(', ', '-').replace(' ', '-')}-{seed}.json"
    if not file.exists():
        command = [sys.executable, __file__, "--train", arm, str(seed), str(file)]
        with (file.with_suffix(".log")).open("w") as log:
            subprocess.run(command, stdout=log, stderr=log, cwd=REPOSITORY, check=True)
    found: dict[str, Any] = json.loads(file.read_text())
    shares = ", ".join(f"{accuracy:.3f}" for accuracy in found["accuracy"])
    print(f"  {arm}, seed {seed}: accuracy {shares} in {found['minutes']:.1f} minutes", flush=True)
    return found


def train(arm: str, seed: int, file: Path) -> None:
    """Trains, and writes the file once all is done."""
    import framecast
    from framecast.job.load import read_plan
    from framecast.runs.run_folder import RunFolder

    job, *overrides = ARMS[arm]
    status = framecast.run(
        REPOSITORY / "jobs" / f"{job}.yaml",
        *overrides,
        f"training.seed={seed}",
        "compute.cpus_per_worker=1",
        runs=file.parent / "runs",
        in_process=True,
        verbose=False,
    )
    if status.state != "finished":
        raise SystemExit(f"{status.folder}: {status.state}, {status.reason}")
    run = RunFolder(status.folder)
    evaluated = [event for event in run.journal.read() if isinstance(event, framecast.events.Evaluated)]
    plan = read_plan(run.plan)
    assert plan.cost is not None
    found = {
        "arm": arm,
        "seed": seed,
        "parameters": plan.cost.parameters,
        "classes": plan.sample_shape.classes,
        "observed": plan.readings,
        "accuracy": evaluated[-1].per_frame["validation/accuracy"],
        "clips": evaluated[-1].samples,
        "minutes": status.seconds / 60,
    }
    beside = file.with_suffix(".writing")
    beside.write_text(json.dumps(found))
    beside.replace(file)


def table(results: list[dict[str, Any]]) -> str:
    """Mean accuracy and its 95 % interval over seeds (Student's t), in Markdown."""
    shares = [f"after {share:.0%}" for share in results[0]["observed"]]
    lines = [f"| model | parameters | {' | '.join(shares)} | minutes |", "|---" * (len(shares) + 3) + "|"]
    for arm in ARMS:
        mine = [found for found in results if found["arm"] == arm]
        columns = [told(list(share)) for share in zip(*(found["accuracy"] for found in mine), strict=True)]
        minutes = statistics.mean(found["minutes"] for found in mine)
        lines.append(f"| {arm} | {mine[0]['parameters']:,} | {' | '.join(columns)} | {minutes:.1f} |")
    chance = 1 / results[0]["classes"]
    lines.append(f"| chance | | {' | '.join([f'{chance:.3f}'] * len(shares))} | |")
    return "\n".join(lines)


def told(accuracies: list[float]) -> str:
    """The mean over seeds, half of its 95 % interval, and the seeds themselves."""
    half = STUDENT * statistics.stdev(accuracies) / math.sqrt(len(accuracies))
    return f"{statistics.mean(accuracies):.3f} ± {half:.3f} ({', '.join(f'{each:.3f}' for each in accuracies)})"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--train"]:
        train(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
    else:
        main(Path(sys.argv[1]) if sys.argv[1:] else REPOSITORY / "runs" / "early_recognition")
