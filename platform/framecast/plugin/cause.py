"""Why a run or a search ended, for programs. The sentence for people is the event's `reason`, next to it."""

from __future__ import annotations

import re
from enum import StrEnum


class Cause(StrEnum):
    """What ended an attempt. A value is stored in events.jsonl: add new ones, and never change one."""

    # RunFinished
    EPOCHS = "epochs"
    MAX_STEPS = "max_steps"
    MAX_HOURS = "max_hours"
    CALLBACK = "callback"
    NOTHING_TO_TRAIN = "nothing_to_train"

    # SearchFinished
    ALL_TRIALS = "all_trials"
    SPACE_EXHAUSTED = "space_exhausted"

    # RunInterrupted
    SIGINT = "sigint"
    SIGTERM = "sigterm"
    SIGHUP = "sighup"
    STOP_COMMAND = "stop_command"
    SCHEDULER = "scheduler"
    """The scheduler of a search stopped the trial early."""
    SEARCH_INTERRUPTED = "search_interrupted"
    """The search that the trial belongs to was interrupted."""

    # RunFailed
    OUT_OF_MEMORY = "out_of_memory"
    DISK_FULL = "disk_full"
    PROCESS_DIED = "process_died"
    ERROR = "error"


LIMITS = (Cause.EPOCHS, Cause.MAX_STEPS, Cause.MAX_HOURS)
"""The settings in `training` that end a run."""


def known_cause(value: object) -> Cause | None:
    """The cause that a file stores; None for one that only a newer version knows."""
    return next((cause for cause in Cause if cause == value), None)


def cause_of_older_event(kind: str, reason: str) -> Cause | None:
    """The cause of an event that an older version wrote, which had only a sentence; None where that is unknown.

    This is the one place that reads sentences. Versions that store causes never come here.
    """
    for pattern, cause in _OLDER.get(kind, ()):
        if re.search(pattern, reason, re.IGNORECASE):
            return cause
    return _OTHERWISE.get(kind)


_OLDER = {
    "RunFinished": (
        (r"^epochs$", Cause.EPOCHS),
        (r"^max_steps$", Cause.MAX_STEPS),
        (r"^max_hours$", Cause.MAX_HOURS),
        (r"^nothing to train$", Cause.NOTHING_TO_TRAIN),
    ),
    "SearchFinished": (
        (r"^all \d+ trials$|^its only trial$", Cause.ALL_TRIALS),
        (r"", Cause.SPACE_EXHAUSTED),
    ),
    "RunInterrupted": (
        (r"^Ctrl-C", Cause.SIGINT),
        (r"^SIGTERM", Cause.SIGTERM),
        (r"^SIGHUP", Cause.SIGHUP),
        (r"^platform stop", Cause.STOP_COMMAND),
        (r"^stopped early", Cause.SCHEDULER),
        (r"^the search was interrupted", Cause.SEARCH_INTERRUPTED),
    ),
    "RunFailed": (
        (
            r"memory ran out|out of memory|outofmemory|memoryerror|can'?t allocate memory|cannot allocate memory",
            Cause.OUT_OF_MEMORY,
        ),
        (r"^its process was killed, or died", Cause.PROCESS_DIED),
    ),
}
_OTHERWISE = {"RunFinished": Cause.CALLBACK, "RunFailed": Cause.ERROR}
