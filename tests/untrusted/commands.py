"""Commands as a user who may not do everything: root gives its privileges up, any other user has none."""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import struct
import sys
from pathlib import Path

from tests.untrusted.clean_process import CleanProcess

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


def platform_as_other_user(folder: Path, *arguments: str) -> tuple[int, str]:
    """`platform ...` in that folder, by such a user: its exit code, and all that it says."""
    process = CleanProcess()
    try:
        found: tuple[int, str] = process.call(_platform, folder, arguments)
    finally:
        process.end()
    return found


def _platform(folder: Path, arguments: tuple[str, ...]) -> tuple[int, str]:
    from framecast.cli.app import main

    drop_capabilities()
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
