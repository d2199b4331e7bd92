"""Whether the process that drives a run is still there: a number alone proves nothing."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from framecast.plugin.events import RunFinished
from framecast.runs.driver import Driver, driven_by_another, driver_is_alive, heartbeat
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status

LONG_AGO = 1_700_000_000.0


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """Some other process, alive, that has nothing to do with the run."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    process.kill()
    process.wait()


def note(run: RunFolder, **changes: Any) -> None:
    """Lays changes over the sign of a driver."""
    file = run.path / "driver.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def test_a_process_drives_a_run_until_it_says_that_it_has_ended(run: RunFolder) -> None:
    with heartbeat(run):
        assert driver_is_alive(run)
        assert not driven_by_another(run)
    assert not driver_is_alive(run)


def test_a_killed_process_is_dead_also_before_its_parent_has_looked(
    run: RunFolder, sleeper: subprocess.Popen[bytes]
) -> None:
    Driver.of_process(sleeper.pid).note(run)
    assert driven_by_another(run)
    sleeper.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)  # dead, and left as it is
    assert not driver_is_alive(run)


@pytest.mark.parametrize("seen", ["now", "long ago"])
def test_another_process_with_the_same_number_is_not_the_driver(
    run: RunFolder, sleeper: subprocess.Popen[bytes], seen: str
) -> None:
    Driver.of_process(os.getpid()).note(run)
    note(run, process=sleeper.pid, seen=time.time() if seen == "now" else LONG_AGO)
    assert not driver_is_alive(run)
    assert Status.of(run).state == "died"


def test_a_driver_that_was_suspended_is_alive_however_old_its_last_sign(run: RunFolder) -> None:
    Driver.of_process(os.getpid()).note(run)
    note(run, seen=LONG_AGO)
    assert driver_is_alive(run)


@pytest.mark.parametrize("table", ["another-boot pid:[1]", "{boot} pid:[1]"])
@pytest.mark.parametrize("host", [None, "another"])
def test_a_process_that_cannot_be_looked_up_is_alive_while_its_signs_are_fresh(
    run: RunFolder, table: str, host: str | None
) -> None:
    """Another boot of this machine, another container, another host."""
    Driver.of_process(os.getpid()).note(run)
    sign = json.loads((run.path / "driver.json").read_text())
    boot = (sign["table"] or "").partition(" ")[0]
    note(run, table=table.format(boot=boot), host=host or sign["host"])
    assert driver_is_alive(run)
    note(run, seen=LONG_AGO)
    assert not driver_is_alive(run)


def test_a_host_that_was_renamed_is_still_this_one(run: RunFolder) -> None:
    if Driver.of_process(os.getpid()).table is None:
        pytest.skip("only Linux tells which machine it is but by its name")
    Driver.of_process(os.getpid()).note(run)
    note(run, host="its-old-name", seen=LONG_AGO)
    assert driver_is_alive(run)


def test_the_sign_of_an_older_version_holds_while_it_is_fresh(
    run: RunFolder, sleeper: subprocess.Popen[bytes]
) -> None:
    sign = {"host": Driver.of_process(1).host, "process": sleeper.pid, "seen": time.time()}
    (run.path / "driver.json").write_text(json.dumps(sign))
    assert driver_is_alive(run)
    note(run, seen=LONG_AGO)
    assert not driver_is_alive(run)


@pytest.mark.parametrize("process", [0, -1, 2**22 + 1])
def test_numbers_that_no_process_has(run: RunFolder, process: int) -> None:
    Driver.of_process(os.getpid()).note(run)
    note(run, process=process)
    assert not driver_is_alive(run)


def test_a_finished_run_that_is_being_resumed_is_starting_and_then_what_it_was(run: RunFolder) -> None:
    run.journal.append(RunFinished(8, "epochs"))
    with heartbeat(run):
        assert Status.of(run).state == "starting"
    assert Status.of(run).state == "finished"


@pytest.mark.parametrize("process", [0, -1, 2**70, 1e400, 1.5, True, "1", None, [1]])
def test_what_is_no_process_drives_nothing(process: object, tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    sign = {"host": socket.gethostname(), "process": process, "seen": time.time()}
    (tmp_path / "driver.json").write_text(json.dumps(sign))
    assert Driver.of(run) is None
    assert not driver_is_alive(run)


def test_a_sign_from_far_in_the_future_keeps_no_run_alive(tmp_path: Path) -> None:
    Driver("elsewhere", 5, time.time() + 1e9).note(RunFolder(tmp_path))
    assert not driver_is_alive(RunFolder(tmp_path))
    Driver("elsewhere", 5, time.time() + 600).note(RunFolder(tmp_path))  # a clock that is ahead
    assert driver_is_alive(RunFolder(tmp_path))


def test_a_process_that_somebody_else_named_is_not_taken_for_one_of_ours(tmp_path: Path) -> None:
    """Process 1 is there on every machine, and does not train."""
    driver = replace(Driver.of_process(1), seen=0.0)
    assert not driver.is_framecast
