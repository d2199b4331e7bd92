"""`platform stop RUN`: a checkpoint, then the end."""

from __future__ import annotations

import time

import typer

from framecast.cli.options import Address, Run, Runs
from framecast.command_line import command
from framecast.errors import InputError


def stop(run: Run, runs: Runs = None, address: Address = None) -> None:
    """Stop a run after a checkpoint, from any shell; `platform resume` goes on with it."""
    from framecast.cli.elsewhere import stopped, whereabouts_of
    from framecast.runs.folder import RunFolder, runs_root
    from framecast.runs.mirror import refresh
    from framecast.runs.status import Status

    if whereabouts := whereabouts_of(run, runs, address):
        stopped(run, whereabouts)
        return
    folder = RunFolder.find(run, runs_root(runs))
    if Status.of(folder).state not in ("starting", "running"):
        raise InputError(f"run {folder.id} is {Status.of(folder).state}: nothing to stop")
    folder.request_stop("platform stop")
    while (now := Status.of(folder)).state in ("starting", "running"):
        time.sleep(0.5)
        refresh(folder)
    folder.clear_stop()
    typer.echo(f"run {folder.id} is {now.state} at step {now.step}; go on with: {command('resume', folder.id)}")
