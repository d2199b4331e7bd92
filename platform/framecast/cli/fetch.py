"""`platform fetch RUN`: a run that was trained on a cluster, brought to this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from framecast.bounded.json_file import read_json
from framecast.cli.options import Run, Runs
from framecast.errors import InputError

if TYPE_CHECKING:
    from framecast.runs.remote_run import RemoteRun

All = Annotated[bool, typer.Option("--all", help="Every checkpoint. [default: the best and the last]")]
Logs = Annotated[bool, typer.Option("--logs", help="Its logs as well.")]
# what this command says to the cluster
List = Annotated[bool, typer.Option("--list", hidden=True)]
Send = Annotated[Path | None, typer.Option("--send", hidden=True)]


def fetch(
    run: Run,
    every_checkpoint: All = False,
    logs: Logs = False,
    runs: Runs = None,
    as_list: List = False,
    send: Send = None,
) -> None:
    """Bring a run from its cluster, so that it can be evaluated, predicted with and exported here.

    platform fetch demo

    Its plan, events, report and checkpoints come into its folder below ./runs. evaluate, predict and export do
    this by themselves.
    """
    from framecast.cli.remote import known_run
    from framecast.command_line import command, display_path
    from framecast.runs.roots import runs_root
    from framecast.search.find import find_run

    if as_list or send:
        from framecast.cluster.file_lines import encode
        from framecast.cluster.run_files import RunFiles

        folder = find_run(run, runs_root(runs))
        if as_list:
            typer.echo(RunFiles.of(folder, every_checkpoint, logs).to_json())
            return
        assert send is not None, "the other of the two"
        for line in encode(folder.path, [(name, offset, size) for name, offset, size in read_json(send)]):
            print(line, flush=True)
        return
    named = known_run(run, runs)
    if named is None or named.remote is None:
        here = find_run(run, runs_root(runs))
        raise InputError(f"run {here.id} is on this machine: {display_path(here.path)}")
    copy = bring(named.remote, named.trial, every_checkpoint, logs)
    typer.echo(f"{display_path(copy)}: complete; next: {command('evaluate', run)}")


def bring(remote: RemoteRun, trial: str, every_checkpoint: bool = False, logs: bool = False) -> Path:
    """Fetches a run that is on a cluster, or a trial of it; returns the folder of the copy."""
    from framecast.cluster.fetch import fetch as fetch_run

    return fetch_run(
        remote,
        trial,
        every_checkpoint,
        logs,
        say=lambda text: typer.echo(text, err=True),
        progress=_show_progress,
    ).path


def brought_here(text: str, runs: str | None) -> str:
    """What evaluate, predict and export take for `text`: of a run on a cluster its copy, fetched if there is none
    that is up to date; anything else as it is."""
    from framecast.cli.remote import known_run

    if Path(text).is_file():
        return text
    named = known_run(text, runs)
    if named is None or named.remote is None:
        return text
    copy = named.remote.copy(named.trial)
    if copy is not None and named.remote.copy_is_final(named.trial):
        return str(copy.path)
    try:
        return str(bring(named.remote, named.trial))
    except InputError as error:
        if copy is None:
            raise
        typer.echo(f"{error}; taking the copy that was fetched before, which may be older", err=True)
        return str(copy.path)


def _show_progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done >= total else ""
        print(f"\r{done / 1e6:.1f} of {total / 1e6:.1f} MB", end=end, file=sys.stderr, flush=True)
