"""deploy/slurm.sh, run for real: Slurm's commands are two lines of shell each, Ray and the training are real."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from framecast.runs.checkpoints import CheckpointStore
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status
from tests.wait_until import wait_until

SCRIPT = Path(__file__).resolve().parents[2] / "deploy" / "slurm.sh"

SRUN = """\
#!/bin/sh
while [ "${1#--}" != "$1" ]; do shift; done
exec "$@"
"""
SCONTROL = """\
#!/bin/sh
if [ "$1" = show ]; then echo "$3"; else echo "$@" >> "$SCONTROL_LOG"; fi
"""


def test_a_shell_understands_the_script() -> None:
    subprocess.run(["bash", "-n", str(SCRIPT)], check=True)


def test_slurm_is_asked_for_time_to_write_a_checkpoint() -> None:
    options = [line.split()[1] for line in SCRIPT.read_text().splitlines() if line.startswith("#SBATCH")]
    assert "--signal=B:TERM@120" in options
    assert "--requeue" in options


@pytest.fixture
def slurm(tmp_path: Path) -> dict[str, str]:
    """The environment that Slurm gives to a script on the only node of its allocation."""
    for name, content in {"srun": SRUN, "scontrol": SCONTROL}.items():
        command = tmp_path / "bin" / name
        command.parent.mkdir(exist_ok=True)
        command.write_text(content)
        command.chmod(0o755)
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(tmp_path / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "SCONTROL_LOG": str(tmp_path / "scontrol.log"),
        "FRAMECAST_RUNS": str(tmp_path / "runs"),
        "SLURM_JOB_ID": str(os.getpid()),  # ports and folders follow from it: nobody else's Ray has them
        "SLURM_JOB_NODELIST": "here",
        "SLURM_JOB_NUM_NODES": "1",
        "SLURM_CPUS_PER_TASK": "1",
    }


@pytest.mark.parametrize("missing", ["the job", "FRAMECAST_RUNS"])
def test_what_is_missing_is_said_before_anything_starts(missing: str, slurm: dict[str, str]) -> None:
    if missing == "FRAMECAST_RUNS":
        del slurm[missing]
    job = [] if missing == "the job" else ["job.yaml"]
    done = subprocess.run(["bash", str(SCRIPT), *job], env=slurm, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert ("usage: sbatch" if job == [] else "FRAMECAST_RUNS") in done.stderr


@pytest.mark.slow
@pytest.mark.ray
def test_near_its_end_the_job_goes_back_into_the_queue_and_then_goes_on(
    slurm: dict[str, str], tmp_path: Path, tiny_job: Callable[..., Mapping[str, Any]]
) -> None:
    job = tmp_path / "tiny.yaml"
    YAML().dump(dict(tiny_job(training={"strategy": "torch", "epochs": 4}, data={"train_clips": 400})), job)
    first = started(job, slurm)
    run = wait_for_first_steps(tmp_path / "runs", first)
    first.send_signal(signal.SIGTERM)  # to the script alone, as --signal=B:TERM does
    said, _ = first.communicate()
    assert first.returncode == 143, said
    stopped = Status.of(run)
    assert stopped.state == "interrupted"
    assert CheckpointStore(run.checkpoints).named("last").step == stopped.step
    assert (tmp_path / "scontrol.log").read_text() == f"requeue {slurm['SLURM_JOB_ID']}\n"

    again = started(job, slurm)
    said, _ = again.communicate()
    assert again.returncode == 0, said
    (only,) = RunFolder.all(tmp_path / "runs")
    assert only.path == run.path
    assert (Status.of(run).state, Status.of(run).attempt) == ("finished", 2)
    assert not Path(f"/tmp/ray-{slurm['SLURM_JOB_ID']}").exists()


def started(job: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["bash", str(SCRIPT), str(job)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for_first_steps(runs: Path, script: subprocess.Popen[str]) -> RunFolder:
    def reached() -> RunFolder | None:
        return next((run for run in RunFolder.all(runs) if Status.of(run).step >= 5), None)

    return wait_until(reached, "the fifth step", script)
