"""Waiting for what another process does, with a limit."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")


def wait_until(
    find: Callable[[], T | None], what: str, process: subprocess.Popen[str] | None = None, seconds: float = 240.0
) -> T:
    """What `find` returns once that is true. Fails, and says `what` did not happen, after so many seconds or once
    `process` has ended."""
    until = time.monotonic() + seconds
    while not (found := find()):
        if process and process.poll() is not None:
            pytest.fail(f"the command ended before {what}: {process.communicate()[0]}")
        if time.monotonic() > until:
            pytest.fail(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.02)
    return found
