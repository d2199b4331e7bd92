"""One reader tried on one input in another process: what it said, how much memory and how much time it took."""

from __future__ import annotations

import contextlib
import io
import resource
import sys
import time
import traceback
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from framecast.bounded.limit import OPEN_SECONDS
from framecast.errors import InputError
from tests.untrusted.clean_process import CleanProcess, ProcessEndedError

MOST_MEGABYTES = 1500
_ADDRESS_SPACE = 8 << 30
"""More than the limit, as libraries map what they never touch; less than would stop the machine."""
PATIENCE = 60.0
"""Seconds after which a reader that has not answered is ended: a safety net, on a machine that does other work."""
_CALLS = 50
"""After so many attempts a new process is taken, so that what some leave behind does not add up."""


class Reads(Protocol):
    """A reader of files, which can be pickled."""

    @property
    def name(self) -> str: ...

    @property
    def changes_its_process(self) -> bool:
        """Whether nothing else may be tried in the same process."""

    def read(self, file: Path, /) -> str | None:
        """Reads the file; returns a note of what was left out."""


@dataclass(frozen=True)
class Attempt:
    """`outcome` is "works", "sentence" (one InputError), "skipped" (with a note), "traceback", "killed" or
    "hangs"; `text` is what was said."""

    reader: str
    outcome: str
    text: str
    megabytes: int
    seconds: float

    def __post_init__(self) -> None:
        """Half surrogates of damaged text cannot be sent between the processes of tests."""
        object.__setattr__(self, "text", self.text.encode(errors="backslashreplace").decode())

    @property
    def is_wrong(self) -> bool:
        """Whether the user would see a traceback, wait for ever, or lose memory."""
        fine = self.outcome in ("works", "sentence", "skipped")
        told = all(line.strip() for line in self.text.splitlines())  # a line for each problem of a job
        return not (fine and told) or self.megabytes > MOST_MEGABYTES


class Attempts:
    """Tries readers in processes without threads of other tests, several inputs of one reader in one process."""

    def __init__(self) -> None:
        self._process: CleanProcess | None = None
        self._reader = ""

    def attempt(self, reader: Reads, file: Path) -> Attempt:
        """The reader tried on the file."""
        begin = time.monotonic()
        process = self._process_for(reader)
        try:
            found: Attempt = process.call(_attempt, reader, file, timeout=PATIENCE)
        except ProcessEndedError as error:
            self._process = None
            seconds = time.monotonic() - begin
            found = Attempt(reader.name, "hangs" if seconds >= PATIENCE else "killed", str(error), 0, seconds)
        if reader.changes_its_process or OPEN_SECONDS.variable in found.text:  # where a thread is stuck
            self._end_process()
        return replace(found, seconds=time.monotonic() - begin)

    def close(self) -> None:
        """Ends the process."""
        self._end_process()

    def _process_for(self, reader: Reads) -> CleanProcess:
        process = self._process
        if process is None or reader.changes_its_process or self._reader != reader.name or process.calls >= _CALLS:
            self._end_process()
            process = self._process = CleanProcess()
            self._reader = reader.name
        return process

    def _end_process(self) -> None:
        if self._process:
            self._process.end()
            self._process = None


def _attempt(reader: Reads, file: Path) -> Attempt:
    """In the other process."""
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    _clear_caches()
    Path("/proc/self/clear_refs").write_text("5")  # the peak of the memory starts again
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            note = reader.read(file)
            outcome, text = ("skipped", note) if note else ("works", "")
        except InputError as error:
            outcome, text = "sentence", str(error)
            if not text.strip():
                outcome = "traceback"
        except BaseException:
            outcome, text = "traceback", traceback.format_exc()
    if "Traceback (most recent call last)" in said.getvalue():
        outcome, text = "traceback", said.getvalue()
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return Attempt(reader.name, outcome, text[-6000:], int(peak.split()[1]) // 1024, 0.0)


def _clear_caches() -> None:
    """What was kept of the file that was there before."""
    for name, module in list(sys.modules.items()):
        if name.startswith("framecast"):
            for each in list(vars(module).values()):
                if hasattr(each, "cache_clear"):
                    each.cache_clear()
