"""What a run does before its first step, in logs/phases.log: the console shows it while Ray starts."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from framecast.runs.folder import RunFolder
from framecast.safe_files import open_to_append


def phases_log(run: RunFolder) -> Path:
    return run.logs / "phases.log"


def note_phase(run: RunFolder, phase: str) -> None:
    """Adds a phase, such as "starting Ray". It is for those who watch: a full disk is found by what comes next."""
    with suppress(OSError), open_to_append(phases_log(run), run.path) as log:
        # handled: a full disk is for the training to complain about; the console shows no phase
        log.write(f"{phase}\n".encode())
