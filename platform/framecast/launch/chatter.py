"""A calm console: what Ray, DeepSpeed and PyTorch print goes into the run's logs, all of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def redirect_output(log: Path) -> None:
    """Sends everything that this process prints from now on, C++ and child processes too, to the end of `log`."""
    _flush()
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


@contextmanager
def quiet(log: Path) -> Iterator[IO[str]]:
    """Redirects the process's output to `log` and yields the terminal, for what the user should see.

    `breakpoint()` gives the terminal back for good, so that pdb works in `--in-process` runs.
    """
    _flush()
    saved_output, saved_errors = os.dup(1), os.dup(2)
    hook = sys.breakpointhook

    def restore() -> None:
        _flush()
        os.dup2(saved_output, 1)
        os.dup2(saved_errors, 2)

    def breakpoint_on_terminal(*arguments: object, **options: object) -> object:
        restore()
        sys.breakpointhook = hook
        return hook(*arguments, **options)

    redirect_output(log)
    sys.breakpointhook = breakpoint_on_terminal
    try:
        with os.fdopen(os.dup(saved_output), "w", buffering=1, encoding="utf-8") as terminal:
            yield terminal
    finally:
        sys.breakpointhook = hook
        restore()
        os.close(saved_output)
        os.close(saved_errors)


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
