"""Commands in a process of their own, which may be killed, or lack the privileges of root."""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import signal
import struct
import sys
from pathlib import Path

from tests.untrusted.clean_process import CleanProcess, ProcessEndedError

_DROP_FROM_BOUNDS, _READ_ANYTHING = 24, (1, 2)
"""prctl's PR_CAPBSET_DROP; CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, which the processes it starts lose too."""


def drop_capabilities() -> None:
    """Root may read everything, and gives that up for the rest of the process."""
    if os.getuid():
        return
    system = ctypes.CDLL(None, use_errno=True)
    head = struct.pack("=Ii", 0x20080522, 0)
    capabilities = ctypes.create_string_buffer(24)
    assert not system.capget(head, capabilities)
    words = list(struct.unpack("=6I", capabilities.raw))
    for each in _READ_ANYTHING:
        assert not system.prctl(_DROP_FROM_BOUNDS, each, 0, 0, 0)
        words[:3] = [word & ~(1 << each) for word in words[:3]]
    assert not system.capset(head, struct.pack("=6I", *words))


def platform_in(
    folder: Path, *arguments: str, as_other_user: bool = False, killed_before: str = ""
) -> tuple[int, str]:
    """`platform ...` in that folder, in a separate process: its exit code, and all that it says.

    It is killed just before something is renamed to `killed_before`, where that is given.
    """
    process = CleanProcess()
    try:
        found: tuple[int, str] = process.call(_platform, folder, arguments, as_other_user, killed_before)
        return found
    except ProcessEndedError:
        assert killed_before, "nothing else ends it"
        return -signal.SIGKILL, ""
    finally:
        process.end()


def _platform(
    folder: Path, arguments: tuple[str, ...], as_other_user: bool, killed_before: str
) -> tuple[int, str]:
    from framecast.cli.app import main

    if as_other_user:
        drop_capabilities()

    def kill(event: str, what: tuple[object, ...]) -> None:
        if event == "os.rename" and Path(os.fsdecode(str(what[1]))).name == killed_before:
            os.kill(os.getpid(), signal.SIGKILL)

    if killed_before:
        sys.addaudithook(kill)
    os.chdir(folder)
    said = io.StringIO()
    sys.argv = ["platform", *arguments]
    code: object = 0
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            main()
        except SystemExit as left:
            code = left.code
    return int(str(code or 0)), said.getvalue()
