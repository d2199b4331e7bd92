"""The logger that a callback is given: into the worker's log, and to the user where it matters."""

from __future__ import annotations

import logging
from collections.abc import Callable

from framecast.errors import without_credentials

MOST_WARNINGS = 20
"""Warnings of one callback that become events of the run; the rest are only in the log."""


def callback_logger(name: str, tell: Callable[[str], None]) -> logging.Logger:
    """Prints records from INFO on; `tell` gets the first warnings and errors, each in a line.

    It is not registered with `logging`: several runs in one process (the trials of a search) have one each.
    """
    logger = logging.Logger(f"framecast.callback.{name}", logging.INFO)
    logger.addHandler(_Handler(name, tell))
    return logger


class _Handler(logging.Handler):
    def __init__(self, name: str, tell: Callable[[str], None]) -> None:
        super().__init__()
        self._callback, self._tell, self._warnings = name, tell, 0

    def emit(self, record: logging.LogRecord) -> None:
        text = without_credentials(self.format(record))
        print(f"{record.levelname.lower()}: callback {self._callback}: {text}", flush=True)
        if record.levelno >= logging.WARNING and self._warnings < MOST_WARNINGS:
            self._warnings += 1
            more = "; further warnings are only in its log" if self._warnings == MOST_WARNINGS else ""
            message = " ".join(without_credentials(record.getMessage()).split())
            self._tell(f"callback {self._callback}: {message}{more}")
