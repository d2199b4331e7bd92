"""From a plan to a run, in this process: what a user sees when it ends well, badly, or by a signal."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import framecast
from framecast.job.paths import relative_paths
from framecast.launch.launch import resumed_plan
from framecast.plugin.events import StepDone
from framecast.runs.checkpoints import CheckpointStore
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status
from tests.real_clips import real_video
from tests.wait_until import wait_until


def submitted(job: Mapping[str, Any], folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """`platform submit --in-process` in a separate process."""
    file = folder / "job.yaml"
    YAML().dump(dict(job), file)
    command = [sys.executable, "-m", "framecast", "submit", str(file), "--in-process", *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=dict(os.environ)
    )


def run_with_a_step(runs: Path) -> RunFolder | None:
    """The run in `runs`, once it has taken a step."""
    return next((run for run in RunFolder.all(runs) if losses(run)), None)


def losses(run: RunFolder) -> list[float]:
    return [event.loss for event in run.journal.raw() if isinstance(event, StepDone)]


def test_run_from_python_returns_how_the_run_stands(tiny_job: Callable[..., dict[str, Any]], runs: Path) -> None:
    status = framecast.run(tiny_job(), "training.epochs=1", runs=runs, in_process=True)
    assert status.state == "finished"
    assert status.folder.parent.parent == runs
    assert status.best["validation/mse"] > 0
    assert json.loads((status.folder / "environment.json").read_text())["packages"]["torch"]


def test_run_from_python_raises_every_problem_of_the_job(
    tiny_job: Callable[..., dict[str, Any]], runs: Path
) -> None:
    with pytest.raises(framecast.InputError) as refused:
        framecast.run(tiny_job(model={"ranks": 2}, training={"epoch": 1}), runs=runs)
    assert len(refused.value.problems) == 2


def test_hardware_that_does_not_fit_exits_with_2_and_leaves_no_run(
    tiny_job: Callable[..., dict[str, Any]], runs: Path, tmp_path: Path
) -> None:
    process = submitted(tiny_job(training={"precision": "fp16"}), tmp_path, "compute.gpus_per_worker=auto")
    said, _ = process.communicate()
    assert process.returncode == 2, said
    assert "training.precision: fp16 needs a GPU" in said
    assert "Traceback" not in said
    assert not list(runs.glob("*"))


def test_in_process_is_one_process(tiny_job: Callable[..., dict[str, Any]], runs: Path, tmp_path: Path) -> None:
    process = submitted(tiny_job(compute={"workers": 2}), tmp_path)
    said, _ = process.communicate()
    assert process.returncode == 2
    assert "compute.workers=1" in said


def test_a_plugin_that_breaks_in_training_fails_the_run_with_its_reason_and_keeps_the_traceback(
    tiny_job: Callable[..., dict[str, Any]], runs: Path, tmp_path: Path
) -> None:
    plugin = tmp_path / "careless.py"
    plugin.write_text(
        "import framecast\n"
        "def build(settings, sample):\n"
        "    raise ZeroDivisionError('an author was careless')\n"
        "@framecast.hookimpl\n"
        "def framecast_models():\n"
        "    yield framecast.Model(name='careless', summary='', build=build)\n"
    )
    process = submitted(tiny_job(model="careless"), tmp_path, "-p", str(plugin))
    said, _ = process.communicate()
    assert process.returncode == 1
    assert "an author was careless" in said
    assert "Traceback" not in said
    (run,) = RunFolder.all(runs)
    assert "careless.py" in (run.logs / "driver.log").read_text()
    assert Status.of(run).state == "failed"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_checkpoints_at_the_next_step_and_says_how_to_go_on(
    tiny_job: Callable[..., dict[str, Any]], runs: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    process = submitted(tiny_job(training={"epochs": 1000}, data={"train_clips": 400}), tmp_path)
    run = wait_until(lambda: run_with_a_step(runs), "the first step", process)
    process.send_signal(number)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == code, said
    status = Status.of(run)
    assert status.state == "interrupted"
    assert (run.checkpoints / "last").resolve().name == f"step-{status.step:08d}"
    assert f"resume {run.id}" in said


def test_what_libraries_print_goes_into_the_logs(
    tiny_job: Callable[..., dict[str, Any]], runs: Path, tmp_path: Path
) -> None:
    plugin = tmp_path / "loud.py"
    plugin.write_text(
        "import os, sys, framecast\n"
        "def build(settings, context):\n"
        "    print('from python'); os.write(2, b'from below python\\n'); os.system('echo from a child')\n"
        "    return lambda event, context: None\n"
        "@framecast.hookimpl\n"
        "def framecast_callbacks():\n"
        "    yield framecast.Callback(name='loud', summary='', build=build)\n"
    )
    process = submitted(tiny_job(callbacks=["loud"], training={"epochs": 1}), tmp_path, "-p", str(plugin))
    said, _ = process.communicate()
    assert process.returncode == 0, said
    (run,) = RunFolder.all(runs)
    log = (run.logs / "driver.log").read_text()
    for text in ("from python", "from below python", "from a child"):
        assert text in log
        assert text not in said


def test_a_run_with_relative_paths_of_an_older_version_resumes_where_it_was_submitted_or_says_so(
    tiny_job: Callable[..., dict[str, Any]], runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    (home / "videos").mkdir()
    for number in range(3):
        (home / "videos" / f"{number}.mp4").write_bytes(real_video("mp4", 20, 30 * number))
    monkeypatch.chdir(home)
    data = {"name": "video_folder", "root": "videos", "size": 16, "read": "files"}
    job = {**tiny_job(training={"epochs": 1}), "data": data}
    run = RunFolder(framecast.run(job, runs=runs, in_process=True).folder)
    assert relative_paths(run.plan) == []
    run.plan.write_text(run.plan.read_text().replace(f"{home}/videos", "videos"))
    assert relative_paths(run.plan) == [("data.root", "videos")]
    monkeypatch.chdir(elsewhere)
    with pytest.raises(framecast.InputError) as refused:
        resumed_plan(run, ["training.epochs=2"])
    assert "data.root: videos is relative" in str(refused.value)
    assert Status.of(run).state == "finished"
    monkeypatch.chdir(home)
    assert resumed_plan(run, ["training.epochs=2"]).data.to_dict()["root"] == str(home / "videos")


@pytest.mark.slow
def test_a_closed_terminal_checkpoints_as_sigterm_does(
    tiny_job: Callable[..., dict[str, Any]], runs: Path, tmp_path: Path
) -> None:
    """As a connection that drops: the kernel sends SIGHUP, and nothing can be written to the terminal any more."""
    file = tmp_path / "job.yaml"
    YAML().dump(dict(tiny_job(training={"epochs": 1000}, data={"train_clips": 400})), file)
    process, terminal = pty.fork()
    if process == 0:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # tests under nohup inherit that it is ignored
        os.execv(sys.executable, [sys.executable, "-m", "framecast", "submit", str(file), "--in-process"])

    def read_until_a_step() -> RunFolder | None:
        """A program waits for its terminal whose output is not read."""
        if select.select([terminal], [], [], 0)[0]:
            os.read(terminal, 65536)
        return run_with_a_step(runs)

    run = wait_until(read_until_a_step, "the first step")
    os.close(terminal)
    _, ended = wait_until(lambda: taken if any(taken := os.waitpid(process, os.WNOHANG)) else None, "its end")
    assert os.waitstatus_to_exitcode(ended) == 129
    status = Status.of(run)
    assert (status.state, status.reason) == ("interrupted", "SIGHUP")
    assert CheckpointStore(run.checkpoints).named("last").step == status.step


@pytest.mark.slow
def test_breakpoint_stops_in_the_plugins_line_and_training_continues_afterwards(
    tiny_job: Callable[..., dict[str, Any]], runs: Path, tmp_path: Path
) -> None:
    plugin = tmp_path / "looking.py"
    plugin.write_text(
        "import framecast\n"
        "def build(settings, context):\n"
        "    def listen(event, context):\n"
        "        if isinstance(event, framecast.events.RunStarted):\n"
        "            breakpoint()\n"
        "            marker = 'the line after it'\n"
        "    return listen\n"
        "@framecast.hookimpl\n"
        "def framecast_callbacks():\n"
        "    yield framecast.Callback(name='looking', summary='', build=build)\n"
    )
    job = tmp_path / "job.yaml"
    YAML().dump(dict(tiny_job(callbacks=["looking"], training={"epochs": 1})), job)
    process, terminal = pty.fork()
    if process == 0:
        arguments = ["submit", str(job), "--in-process", "-p", str(plugin)]
        os.environ.pop("PYTHONBREAKPOINT", None)  # Ray sets it where another test has started a session
        os.execv(sys.executable, [sys.executable, "-m", "framecast", *arguments])
    said, asked = b"", False
    with suppress(OSError):  # the terminal's other end is closed as the process ends
        while part := os.read(terminal, 65536):
            said += part
            if b"(Pdb)" in said and not asked:
                asked = True
                os.write(terminal, b"p 'six times seven is', 6 * 7\nc\n")
    _, ended = os.waitpid(process, 0)
    text = said.decode(errors="replace")
    assert os.waitstatus_to_exitcode(ended) == 0, text
    assert "marker = 'the line after it'" in text
    assert "'six times seven is', 42" in text
    assert "best checkpoint: step" in text
