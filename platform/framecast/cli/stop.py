"""`platform stop RUN`: a checkpoint, then the end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import typer

from framecast.cli.options import Address, Run, Runs
from framecast.command_line import command
from framecast.counting import plural
from framecast.errors import InputError

if TYPE_CHECKING:
    from framecast.runs.folder import RunFolder

BUSY = ("starting", "running")
_PATIENCE = 10.0  # seconds of waiting without a word


def stop(run: Run, runs: Runs = None, address: Address = None) -> None:
    """Stop a run or a search after checkpoints, from any shell.

    platform stop demo

    `platform resume` continues it from there.
    """
    from framecast.cli.elsewhere import stopped, whereabouts_of
    from framecast.runs.driver import SILENCE, Driver
    from framecast.runs.folder import runs_root
    from framecast.runs.mirror import refresh
    from framecast.runs.status import in_state
    from framecast.search.find import find, is_trial

    if whereabouts := whereabouts_of(run, runs, address):
        stopped(run, whereabouts)
        return
    found = find(run, runs_root(runs))
    folder, kind = found.folder, "search" if found.search else "run"
    if (now := state_of(folder))[0] not in BUSY:
        raise InputError(f"{kind} {folder.id} {in_state(now[0])}: nothing to stop")
    folder.request_stop("platform stop")
    asked = time.monotonic()
    told = False
    while (now := state_of(folder))[0] in BUSY:
        driver = Driver.of(folder)
        if driver is not None and driver.silence > SILENCE:
            end = f"; or end it, `kill -9 {driver.process}`, and resume the {kind}" if driver.is_framecast else ""
            raise InputError(
                f"{kind} {folder.id} does not stop: its driver does not answer ({driver}). It stops when that "
                f"process continues{end}"
            )
        if not told and time.monotonic() - asked > _PATIENCE:
            told = True
            typer.echo(
                "waiting for the end of its step and a checkpoint; Ctrl-C ends the waiting, not the request"
            )
        time.sleep(0.5)
        if not found.search:
            refresh(folder)
    folder.clear_stop()
    name = folder.id
    if is_trial(folder):
        kind, name = "trial", folder.path.parent.parent.name
    typer.echo(f"{kind} {folder.id} {in_state(now[0])} {now[1]}; continue with: {command('resume', name)}")


def state_of(folder: RunFolder) -> tuple[str, str]:
    """The state of a run or a search, and how far it came."""
    from framecast.runs.status import Status
    from framecast.search.search_folder import SearchFolder
    from framecast.search.search_status import SearchStatus

    if isinstance(folder, SearchFolder):
        search = SearchStatus.of(folder)
        return search.state, f"after {search.ended} of {plural(search.total, 'trial')}"
    run = Status.of(folder)
    return run.state, f"at step {run.step}"
