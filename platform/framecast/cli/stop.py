"""`platform stop RUN`: a checkpoint, then the end."""

from __future__ import annotations

import time

import typer

from framecast.cli.options import Address, Run, Runs
from framecast.command_line import command
from framecast.errors import InputError

_PATIENCE = 10.0  # seconds of waiting without a word


def stop(run: Run, runs: Runs = None, address: Address = None) -> None:
    """Stop a run or a search after checkpoints, from any shell.

    platform stop demo

    `platform resume` continues it from there.
    """
    from framecast.cli.remote import location_of, stop_remote
    from framecast.runs.driver import SILENCE, Driver
    from framecast.runs.mirror import refresh
    from framecast.runs.roots import runs_root
    from framecast.runs.run_folder import RunFolder
    from framecast.runs.status import in_state
    from framecast.runs.stop_request import STOP_COMMAND
    from framecast.runs.stopping import clear_stop, request_stop
    from framecast.search.find import find, is_trial
    from framecast.search.status_of import UNDERWAY, status_of

    if location := location_of(run, runs, address):
        stop_remote(run, location)
        return
    folder = find(run, runs_root(runs)).job_folder
    kind = folder.kind
    if (now := status_of(folder)).state not in UNDERWAY:
        raise InputError(f"{kind} {folder.id} {in_state(now.state)}: nothing to stop")
    request_stop(folder, STOP_COMMAND)
    asked = time.monotonic()
    warned = False
    while (now := status_of(folder)).state in UNDERWAY:
        driver = Driver.of(folder)
        if driver is not None and driver.silence > SILENCE:
            end = f"; or end it, `kill -9 {driver.process}`, and resume the {kind}" if driver.is_framecast else ""
            raise InputError(
                f"{kind} {folder.id} does not stop: its driver does not answer ({driver}). It stops when that "
                f"process continues{end}"
            )
        if not warned and time.monotonic() - asked > _PATIENCE:
            warned = True
            typer.echo(
                "waiting for the end of its step and a checkpoint; Ctrl-C ends the waiting, not the request"
            )
        time.sleep(0.5)
        refresh(folder)
    clear_stop(folder)
    name = folder.id
    if isinstance(folder, RunFolder) and is_trial(folder):
        kind, name = "trial", folder.path.parent.parent.name
    typer.echo(f"{kind} {folder.id} {in_state(now.state)} {now.done}; continue with: {command('resume', name)}")
