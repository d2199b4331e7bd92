"""A calm console: what Ray, DeepSpeed and PyTorch print goes into the run's logs, all of it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from framecast.files import make_folder, open_to_append
from framecast.launch.output import OutputFailed, open_standard_streams, undressed
from framecast.launch.tolerant import Terminal, Tolerant

_BASED_ON_PDB = ("", "0", "pdb", "ipdb")
"""The packages that $PYTHONBREAKPOINT may name without a hook of ours: their prompt is that of pdb.Pdb."""


def redirect_output(log: Path | None) -> None:
    """Sends everything that this process prints from now on, C++ and child processes too, to the end of `log`;
    nowhere without one."""
    _flush()
    if log is not None:
        make_folder(log.parent, log.parents[1])  # version control keeps no empty folder
    with open(os.devnull, "ab") if log is None else open_to_append(log, log.parents[1]) as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)


def tolerate_full_logs() -> None:
    """From now on a disk that is full does not end the training because somebody prints a line."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, Tolerant):
            setattr(sys, name, Tolerant(undressed(stream)))


@contextmanager
def capture_output(log: Path | None) -> Iterator[IO[str]]:
    """Redirects the process's output to `log`, or nowhere without one, and yields the terminal, for what the user
    should see.

    The terminal belongs to a debugger while that shows its prompt: `breakpoint()` works in `--in-process` runs.
    """
    open_standard_streams()
    _flush()
    saved_output, saved_errors = os.dup(1), os.dup(2)
    streams = sys.stdout, sys.stderr

    def restore() -> None:
        _flush()
        os.dup2(saved_output, 1)
        os.dup2(saved_errors, 2)

    redirect_output(log)
    tolerate_full_logs()
    try:
        stream = os.fdopen(os.dup(saved_output), "w", buffering=1, encoding="utf-8", errors="backslashreplace")
        try:
            terminal = Terminal(stream)
            with _debuggers_on(terminal, restore, lambda: redirect_output(log)):
                yield cast(IO[str], terminal)
        finally:
            with contextlib.suppress(OSError):  # handled: what is left to be shown, and nobody looks any more
                stream.close()
    finally:
        restore()
        sys.stdout, sys.stderr = streams
        os.close(saved_output)
        os.close(saved_errors)


@contextmanager
def _debuggers_on(terminal: Terminal, restore: Callable[[], None], redirect: Callable[[], None]) -> Iterator[None]:
    """Lends the terminal to the prompts of pdb, and of what is made of it; to any other debugger that
    $PYTHONBREAKPOINT names, for good."""
    import pdb

    own = pdb.Pdb.interaction
    hook = sys.breakpointhook

    def interaction(debugger: pdb.Pdb, *arguments: Any, **options: Any) -> Any:
        with terminal.held():
            restore()
            try:
                return own(debugger, *arguments, **options)
            finally:
                redirect()

    def breakpoint_of_another_debugger(*arguments: Any, **options: Any) -> Any:
        holding.enter_context(terminal.held())
        restore()
        sys.breakpointhook = hook
        return hook(*arguments, **options)

    named = os.environ.get("PYTHONBREAKPOINT", "").partition(".")[0]
    with contextlib.ExitStack() as holding:
        if named not in _BASED_ON_PDB:
            sys.breakpointhook = breakpoint_of_another_debugger
        cast(Any, pdb.Pdb).interaction = interaction
        try:
            yield
        finally:
            cast(Any, pdb.Pdb).interaction = own
            sys.breakpointhook = hook


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, OutputFailed):
            # handled: a stream that is full, closed or without a reader; the next write to it raises
            if stream is not None:
                stream.flush()
