"""Which process drives a run, and whether it is still there: driver.json.

A process id alone proves nothing: after a kill, a reboot or the end of a container another process may have it. So
the sign also holds when the process started and which kernel and process table its id belongs to.
"""

from __future__ import annotations

import json
import math
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

from framecast.bounded.json_file import read_json_object
from framecast.errors import InputError
from framecast.files import write_atomically
from framecast.runs.job_folder import JobFolder
from framecast.runs.repeating import repeating

SILENCE = 60.0
"""Seconds without a sign after which a driver that cannot be looked up is dead; clocks may differ a little."""

_CLOCKS_DIFFER = 3600.0
"""Seconds by which the clock of another host may be ahead."""
_SECONDS_BETWEEN_SIGNS = 5.0
_SAME_START = 2.0  # seconds; where only `ps` knows, it knows no fractions


@dataclass(frozen=True)
class Driver:
    """A process that drives a run, from the time `since`; `seen` is the time of its last sign.

    `started` is when the process itself began (see `_start_of`), `table` names its kernel since its boot and the
    table in which `process` is a number. `ended` says that it drives the run no more, even if it is still there.
    """

    host: str
    process: int
    seen: float
    since: float = 0.0
    started: float | None = None
    table: str | None = None
    ended: bool = False

    @classmethod
    def of_process(cls, process: int) -> Driver:
        """A process of this machine, from now on."""
        now = time.time()
        return cls(socket.gethostname(), process, now, now, _start_of(process), _table())

    @classmethod
    def of(cls, folder: JobFolder) -> Driver | None:
        """As noted in the run; None where nothing readable is."""
        try:
            sign = read_json_object(folder.driver)
            started, table = sign.get("started"), sign.get("table")
            return cls(
                str(sign["host"]),
                _process_id(sign["process"]),
                _seconds(sign["seen"]),
                _seconds(sign.get("since", 0.0)),
                None if started is None else _seconds(started),
                None if table is None else str(table),
                sign.get("ended") is True,
            )
        except (OSError, InputError, ValueError, TypeError, KeyError, OverflowError):
            # handled: nothing readable; without an event that ends it the run counts as died
            return None

    def note(self, folder: JobFolder) -> None:
        write_atomically(folder.driver, json.dumps(asdict(self)))

    @property
    def silence(self) -> float:
        """Seconds since its last sign."""
        return time.time() - self.seen

    @property
    def is_here(self) -> bool:
        """Whether its process can be looked up on this machine."""
        return self.table == _table() if self.table else self.host == socket.gethostname()

    @property
    def is_alive(self) -> bool:
        """A process that can be looked up is there or not; of any other the last sign must be fresh."""
        if self.ended:
            return False
        if not self.is_here:
            return self._has_given_a_sign
        started = _start_of(self.process)
        if started is None:
            return False
        if self.started is None:  # noted by an older version: another process may have the number by now
            return self._has_given_a_sign
        return abs(started - self.started) <= _SAME_START

    @property
    def _has_given_a_sign(self) -> bool:
        """Whether its last sign is fresh, and not so far in the future that no clock explains it."""
        return -_CLOCKS_DIFFER < self.silence < SILENCE

    @property
    def is_framecast(self) -> bool:
        """Whether the process that can be looked up here is one of ours by its command; False where that is not
        known. Anybody who can write into a run's folder can name any process there."""
        try:
            command = Path(f"/proc/{self.process}/cmdline").read_bytes() if self.is_here else b""
        except OSError:  # handled: it is gone, or the system does not tell; it counts as another's
            return False
        return b"framecast" in command or b"platform" in command

    @property
    def is_this_process(self) -> bool:
        return self.is_here and self.process == os.getpid() and self.is_alive

    def __str__(self) -> str:
        return f"process {self.process} on {self.host}, last sign {max(0, round(self.silence))} s ago"


@contextmanager
def heartbeat(folder: JobFolder) -> Iterator[None]:
    """While the body runs, this process is noted as the run's driver, again every few seconds: so others can see
    a running run from a dead one."""
    driver = Driver.of_process(os.getpid())
    driver.note(folder)

    def note() -> None:
        with suppress(OSError):  # handled: a full disk is for the training to complain about
            replace(driver, seen=time.time()).note(folder)

    try:
        with repeating(note, _SECONDS_BETWEEN_SIGNS, "heartbeat"):
            yield
    finally:
        with suppress(OSError):  # handled: the process ends anyway, and is found to be gone
            replace(driver, seen=time.time(), ended=True).note(folder)


def driver_is_alive(folder: JobFolder) -> bool:
    """Whether the driving process is there."""
    driver = Driver.of(folder)
    return driver is not None and driver.is_alive


def is_driven_here(folder: JobFolder) -> bool:
    """Whether a process of this machine writes to the run; one of another machine has a folder to itself."""
    driver = Driver.of(folder)
    return driver is not None and driver.is_here and driver.is_alive


def driven_by_another(folder: JobFolder) -> bool:
    """Whether a process that is alive, and is not this one, drives the run."""
    driver = Driver.of(folder)
    return driver is not None and driver.is_alive and not driver.is_this_process


def _process_id(value: object) -> int:
    """Raises ValueError for what is no id of a process."""
    if type(value) is not int or not 0 < value < 2**31:
        raise ValueError(f"not a process: {value!r}"[:80])
    return value


def _seconds(value: object) -> float:
    """Raises ValueError or TypeError for what is no finite number."""
    seconds = float(value)  # type: ignore[arg-type]
    if not math.isfinite(seconds):
        raise ValueError(f"not a time: {seconds}")
    return seconds


def _start_of(process: int) -> float | None:
    """When a process of this machine started: on Linux in seconds since boot, elsewhere since 1970. None where
    there is no such process, or only what a dead one leaves until its parent looks."""
    if process <= 0:
        return None
    if sys.platform.startswith("linux"):
        try:
            status = Path(f"/proc/{process}/stat").read_text(errors="replace")
        except OSError:  # handled: no such process, so the driver is dead
            return None
        fields = status.rpartition(")")[2].split()  # its name, which may hold anything, is in brackets before
        return None if fields[0] in ("Z", "X") else int(fields[19]) / os.sysconf("SC_CLK_TCK")
    try:
        shown = subprocess.run(
            ["ps", "-o", "stat=", "-o", "lstart=", "-p", str(process)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "LC_ALL": "C"},
        ).stdout.split(maxsplit=1)
        return None if shown[0].startswith("Z") else time.mktime(time.strptime(shown[1].strip()))
    except (OSError, subprocess.CalledProcessError, ValueError, IndexError):
        # handled: no such process, or no `ps`; the driver is dead
        return None


@cache
def _table() -> str | None:
    """Names this kernel since its boot, and the table that its process ids are from: containers have one each.
    None where the system does not tell."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:  # handled: not Linux; the host's name tells machines apart
        return None
