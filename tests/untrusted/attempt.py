"""One reader tried on one input in another process: what it said, how much memory and how much time it took."""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from framecast.errors import InputError

MOST_MEGABYTES = 1500
_ADDRESS_SPACE = 8 << 30
"""More than the limit, as libraries map what they never touch; less than would stop the machine."""
PATIENCE = 60.0
"""Seconds after which a reader that has not answered is ended: a safety net, on a machine that does other work."""


@dataclass(frozen=True)
class Attempt:
    """`outcome` is "works", "sentence" (one InputError), "skipped" (with a note), "traceback", "killed" or
    "hangs"; `text` is what was said."""

    reader: str
    outcome: str
    text: str
    megabytes: int
    seconds: float

    @property
    def is_wrong(self) -> bool:
        """Whether the user would see a traceback, wait for ever, or lose memory."""
        fine = self.outcome in ("works", "sentence", "skipped")
        told = all(line.strip() for line in self.text.splitlines())  # a line for each problem of a job
        return not (fine and told) or self.megabytes > MOST_MEGABYTES


def attempt(reader: str, read: Callable[[Path], str | None], file: Path) -> Attempt:
    """Calls `read` with the file in a forked process; what it returns, if anything, is the note of what it left
    out."""
    begin = time.monotonic()
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _answer(reader, read, file, writing)
    os.close(writing)
    answer = b""
    with os.fdopen(reading, "rb", buffering=0) as stream:
        while True:
            left = PATIENCE - (time.monotonic() - begin)
            if left <= 0 or not select.select([stream], [], [], left)[0]:
                os.kill(child, signal.SIGKILL)
                break
            piece = stream.read(1 << 16)
            if not piece:
                break
            answer += piece
    _, status, usage = os.wait4(child, 0)
    seconds = time.monotonic() - begin
    if answer:
        return Attempt(**{**json.loads(answer), "seconds": seconds})
    ended = "hangs" if seconds >= PATIENCE else "killed"
    return Attempt(reader, ended, f"status {status}", usage.ru_maxrss // 1024, seconds)


def _answer(reader: str, read: Callable[[Path], str | None], file: Path, writing: int) -> None:
    """In the child: never returns."""
    try:
        resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        said = io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            try:
                note = read(file)
                outcome, text = ("skipped", note) if note else ("works", "")
            except InputError as error:
                outcome, text = "sentence", str(error)
                if not text.strip():
                    outcome = "traceback"
            except BaseException:
                outcome, text = "traceback", traceback.format_exc()
        if "Traceback (most recent call last)" in said.getvalue():
            outcome, text = "traceback", said.getvalue()
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        found = asdict(Attempt(reader, outcome, text[-6000:], megabytes, 0.0))
        content = json.dumps(found).encode()
        while content:
            content = content[os.write(writing, content) :]
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(0)


def apart(make: Callable[[], Path]) -> Path:
    """What `make` returns, called in a forked process: decoders and Zarr leave threads behind, and a process that
    has some cannot be forked safely."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(writing, os.fsencode(make()))
        except BaseException:
            traceback.print_exc(file=sys.__stderr__)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        answer = stream.read()
    os.waitpid(child, 0)
    assert answer, "the sample could not be made"
    return Path(os.fsdecode(answer))
