"""Runs on real Ray: the same losses on any number of workers, signals, a killed worker, a calm console.

The slowest tests of the project: each starts a Ray of its own, as `platform submit` does.
"""

from __future__ import annotations

import http.client
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from safetensors.torch import load_file

from framecast.launch.listening import listeners_of_ray
from framecast.launch.ray_train import own_folder
from framecast.plugin.events import RunStarted, StepDone
from framecast.runs.checkpoints import CheckpointStore
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status
from tests.planned_runs import losses
from tests.wait_until import wait_until

pytestmark = pytest.mark.ray

_PLUGIN = '''
import sys
import framecast


def build(settings, context):
    """Notes, from within a Ray worker, which `platform` is imported there."""
    import platform

    seen = f"{platform.__file__} {platform.system()} {platform.python_version()}"
    (context.folder / "worker.txt").write_text(seen)
    return lambda event, context: None


@framecast.hookimpl
def framecast_callbacks():
    yield framecast.Callback(name="witness", summary="notes what a worker sees", build=build)
'''


@pytest.fixture
def submitted(tmp_path: Path, runs: Path, tiny_job: Callable[..., Mapping[str, Any]]) -> Callable[..., Any]:
    """Starts `platform submit` (or another verb) in a separate process, as a user does."""

    def start(*arguments: str, verb: str = "submit", **sections: Any) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "framecast", verb]
        if verb == "submit":
            (tmp_path / "witness.py").write_text(_PLUGIN)
            job = tmp_path / "tiny.yaml"
            YAML().dump(dict(tiny_job(**sections)), job)
            command.append(str(job))
        return subprocess.Popen(
            [*command, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env={**os.environ, "FRAMECAST_RUNS": str(runs)},
        )

    return start


def only_run(runs: Path) -> RunFolder:
    (run,) = RunFolder.all(runs)
    return run


def wait_for_step(runs: Path, step: int, process: subprocess.Popen[str]) -> RunFolder:
    """The run, once it has done `step` steps."""

    def reached() -> RunFolder | None:
        return next((run for run in RunFolder.all(runs) if len(losses(run)) >= step), None)

    return wait_until(reached, f"step {step}", process)


@pytest.mark.slow
def test_two_workers_train_like_one_and_the_console_stays_calm(submitted: Any, runs: Path) -> None:
    # a batch of 5 does not divide by two: the workers take 3 and 2 clips
    shared = {"training": {"strategy": "deepspeed", "batch_size": 5}, "callbacks": ["witness"]}
    two = submitted("-p", str(runs.parent / "witness.py"), **shared, compute={"workers": 2})
    said, _ = two.communicate()
    assert two.returncode == 0, said
    run = only_run(runs)

    one = submitted(
        "--in-process", "-p", str(runs.parent / "witness.py"), "--runs", str(runs.parent / "one"), **shared
    )
    assert one.wait() == 0
    alone = only_run(runs.parent / "one")
    assert losses(run) == pytest.approx(losses(alone), rel=1e-4)
    assert Status.of(run).best == pytest.approx(Status.of(alone).best, rel=1e-4)

    # the standard library's `platform` is what a Ray worker sees, not the project's folder of that name
    witness = (run.path / "worker.txt").read_text()
    assert "Linux" in witness or "Darwin" in witness
    assert "site-packages" not in witness

    for chatter in ("WARNING", "INFO", "UserWarning", "ray::", "DeepSpeed", "Traceback"):
        assert chatter not in said
    assert "best checkpoint: step" in said
    assert "validation/mse:" in said
    assert "last frame" in said
    assert str(run.report.name) in said
    assert (run.logs / "worker-0.log").exists()
    assert (run.logs / "worker-1.log").exists()
    assert list((run.logs / "ray").glob("raylet*"))  # Ray's own logs too
    assert not list((run.logs / "ray").glob(f"{run.id}*"))  # but not what it writes for itself


@pytest.mark.slow
def test_other_users_are_kept_out_while_it_trains(
    submitted: Any, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token that only this user can read, ports of this machine only, a folder that nobody else can enter."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH", "RAY_TMPDIR"):
        monkeypatch.delenv(name, raising=False)
    process = submitted(training={"epochs": 500}, compute={"workers": 2})
    wait_for_step(runs, 1, process)
    own = f"FRAMECAST_RUNS={runs}".encode()
    found = [each for each in listeners_of_ray() if own in environment_of(each.pid)]
    assert {"gcs_server", "raylet"} <= {each.process for each in found}
    assert not [each for each in found if not each.only_here]
    assert stat.S_IMODE((tmp_path / ".ray" / "auth_token").stat().st_mode) == 0o600
    (head,) = {each.pid for each in found if each.process == "gcs_server"}
    words = Path(f"/proc/{head}/cmdline").read_bytes().decode().split("\0")
    session = next(Path(word.partition("=")[2]) for word in words if "/session_" in word and "=" in word)
    assert [folder for folder in session.parents if not folder.stat().st_mode & 0o077], session
    answers = [status_of(each.port, "/api/jobs/") for each in found if each.process == "dashboard.py"]
    assert 401 in answers
    assert 200 not in answers
    process.send_signal(signal.SIGTERM)
    assert process.wait(120) == 143


def environment_of(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/environ").read_bytes()
    except OSError:  # it has ended
        return b""


def status_of(port: int, path: str) -> int:
    """What a server answers to somebody without a token; 0 where it does not speak HTTP, or tells Prometheus how
    busy it is, whatever the path."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return 0 if "text/plain; version=" in (response.getheader("Content-Type") or "") else response.status
    except (OSError, http.client.HTTPException):
        return 0


@pytest.mark.slow
def test_ctrl_c_checkpoints_and_resume_goes_on_to_the_same_weights(submitted: Any, runs: Path) -> None:
    long = {"training": {"strategy": "deepspeed", "epochs": 3}, "data": {"train_clips": 240}}
    process = submitted(**long)
    run = wait_for_step(runs, 20, process)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate()
    assert process.returncode == 130, said
    stopped = Status.of(run)
    assert stopped.state == "interrupted"
    assert CheckpointStore(run.checkpoints).named("last").step == stopped.step
    assert f"resume {run.id}" in said

    resumed = submitted(run.id, verb="resume")
    said, _ = resumed.communicate()
    assert resumed.returncode == 0, said

    undisturbed = submitted("--in-process", "--runs", str(runs.parent / "other"), **long)
    assert undisturbed.wait() == 0
    other = only_run(runs.parent / "other")
    assert losses(run) == losses(other)
    weights = [load_file(each.checkpoints / "last" / "model.safetensors") for each in (run, other)]
    assert all(weights[0][name].equal(weights[1][name]) for name in weights[0])


@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_no_step_counts_twice(submitted: Any, runs: Path) -> None:
    process = submitted(
        training={"strategy": "torch", "epochs": 4}, data={"train_clips": 400}, compute={"max_failures": 2}
    )
    run = wait_for_step(runs, 130, process)  # beyond the first epoch's checkpoint
    os.kill(_worker_of(process.pid), signal.SIGKILL)
    said, _ = process.communicate()
    assert process.returncode == 0, said
    attempts = [event for event in run.journal.raw() if isinstance(event, RunStarted)]
    assert [event.attempt for event in attempts] == [1, 2]
    assert attempts[1].step >= 100
    steps = [event.step for event in run.journal.read() if isinstance(event, StepDone)]
    assert steps == list(range(1, 401))


@pytest.mark.slow
def test_what_fails_before_its_first_step_is_not_tried_again(submitted: Any, runs: Path, tmp_path: Path) -> None:
    plugin = tmp_path / "careless.py"
    plugin.write_text(
        "import framecast\n"
        "def build(settings, sample):\n"
        "    raise ZeroDivisionError('an author was careless')\n"
        "@framecast.hookimpl\n"
        "def framecast_models():\n"
        "    yield framecast.Model(name='careless', summary='', build=build)\n"
    )
    process = submitted("-p", str(plugin), model="careless")
    said, _ = process.communicate()
    assert process.returncode == 1
    assert "failed at step 0: PluginFailed: model careless cannot be built: ZeroDivisionError" in said
    assert f"({plugin}:3)" in said
    assert "Traceback" not in said
    log = (only_run(runs).logs / "worker-0.log").read_text()
    assert log.count("raise ZeroDivisionError") == 1  # one attempt, its traceback kept


def _worker_of(driver: int) -> int:
    """The process, in the driver's session, that runs Ray Train's training function."""
    session = os.getsid(driver)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                title = (entry / "cmdline").read_bytes().split(b"\0")[0]
                if (
                    title.startswith(b"ray::")
                    and b"TrainWorker" in title
                    and os.getsid(int(entry.name)) == session
                ):
                    return int(entry.name)
            except OSError:
                continue
    raise AssertionError("no Ray Train worker is running")


def test_the_folder_that_ray_writes_into_is_a_new_one_of_a_random_name(tmp_path: Path) -> None:
    """What another user has put in the places of Ray's files is not written through."""
    names = set()
    for _ in range(2):
        with own_folder(tmp_path / "logs" / "ray", "a-run", tmp_path) as folder:
            (folder / ".validate_storage_marker").touch()
            names.add(folder.name)
    assert len(names) == 2
    assert all(name.startswith("a-run-") for name in names)
    assert list((tmp_path / "logs" / "ray").iterdir()) == []
