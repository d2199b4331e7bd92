"""What a run does before its first step, in logs/phases.log: the console shows it while Ray starts."""

from __future__ import annotations

from contextlib import suppress

from framecast.files import open_to_append
from framecast.runs.run_folder import RunFolder


def note_phase(run: RunFolder, phase: str) -> None:
    """Adds a phase, such as "starting Ray". It is for those who watch: a full disk is found by what comes next."""
    with suppress(OSError), open_to_append(run.phases_log, run.path) as log:
        # handled: a full disk is for the training to complain about; the console shows no phase
        log.write(f"{phase}\n".encode())
