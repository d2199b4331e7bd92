"""Guards the import of a plugin in a command's own process: what it prints, how long it takes, if it exits."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from types import FrameType
from typing import NoReturn

from framecast.registry.plugin_source import PluginSource

IMPORT_SECONDS = 10.0
"""How long another distribution's plugin may take to be imported; $FRAMECAST_PLUGIN_SECONDS replaces it."""


class ImportTimeout(BaseException):
    """An import that took too long; no Exception, which the plugin might catch."""


def import_timeout() -> float:
    """Seconds after which an import is cut off."""
    try:
        return float(os.environ["FRAMECAST_PLUGIN_SECONDS"])
    except (KeyError, ValueError):  # handled: not set, or no number; the default holds
        return IMPORT_SECONDS


@contextmanager
def keep_stdout(plugin: PluginSource) -> Iterator[None]:
    """What `plugin` prints goes to stderr in a note, also from C code and from processes that it starts: what a
    command prints may be for programs. What the plugin puts in the place of sys.stdout is put back."""
    errors, printed = sys.stderr, io.StringIO()
    if sys.stdout is not None:
        sys.stdout.flush()
    try:
        kept = os.dup(1)
    except OSError:  # handled: no stdout to keep
        kept = None
    try:
        if kept is not None:
            os.dup2(2, 1)
        with redirect_stdout(printed), redirect_stderr(errors):
            yield
    finally:
        if kept is not None:
            os.dup2(kept, 1)
            os.close(kept)
        if printed.getvalue():
            where = f"{plugin}{plugin.in_brackets}"  # which looks for the file, and is not needed otherwise
            print(f"note: the plugin {where} prints when it is imported: {printed.getvalue()}", file=errors)


@contextmanager
def limit_time(seconds: float) -> Iterator[None]:
    """Raises ImportTimeout within the block after so many seconds. Only the main thread can be interrupted; there
    is no limit in others."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def expire(number: int, frame: FrameType | None) -> NoReturn:
        raise ImportTimeout(f"its import was cut off after {seconds:g} s ($FRAMECAST_PLUGIN_SECONDS allows more)")

    handler, began = signal.signal(signal.SIGALRM, expire), time.monotonic()
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if left:  # the caller's own timer continues
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - began), 0.001), interval)


@contextmanager
def refuse_exit() -> Iterator[None]:
    """os._exit raises SystemExit within the block, as sys.exit does: a command would end without a message, and
    perhaps with success. A process that is forked within the block ends as usual."""
    leave, process = os._exit, os.getpid()

    def exit_here(status: int) -> NoReturn:
        if os.getpid() != process:
            leave(status)
        raise SystemExit(status)

    os._exit = exit_here
    try:
        yield
    finally:
        os._exit = leave
