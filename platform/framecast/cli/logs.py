"""`platform logs RUN`: what a run's processes print, each line with where it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from framecast.cli.options import Address, Run, Runs
from framecast.errors import InputError
from framecast.plain_text import one_line
from framecast.runs import layout

if TYPE_CHECKING:
    from framecast.runs.job_folder import JobFolder
    from framecast.runs.run_folder import RunFolder
    from framecast.search.search_folder import SearchFolder

Follow = Annotated[bool, typer.Option("-f", "--follow", help="Continue until the run ends.")]
Rank = Annotated[int | None, typer.Option("--rank", min=0, metavar="N", help="Only this worker's.")]


def logs(
    ctx: typer.Context,
    run: Run,
    follow: Follow = False,
    rank: Rank = None,
    runs: Runs = None,
    address: Address = None,
) -> None:
    """Show the logs of a run: its console, its driver and its workers; of a search those of its trials too.

    platform logs -f demo
    """
    from framecast.cli.remote import forward
    from framecast.runs.logs import lines_of_all
    from framecast.runs.mirror import refresh
    from framecast.runs.roots import runs_root
    from framecast.runs.run_folder import RunFolder
    from framecast.search.find import find
    from framecast.search.search_folder import SearchFolder
    from framecast.search.status_of import UNDERWAY, status_of

    forward(ctx, run, runs, address)
    folder = find(run, runs_root(runs)).job_folder
    if rank is not None and not isinstance(folder, RunFolder):
        raise InputError(f"{folder.id} is a search: name a trial with its worker, such as '{folder.id}#1'")
    if isinstance(folder, RunFolder) and rank is not None and not follow and not worker_log(folder, rank):
        workers = folder.logs.glob(layout.WORKER_LOGS)
        known = ", ".join(sorted(layout.rank_of_log(file.stem) for file in workers))
        raise InputError(f"run {folder.id} has no worker {rank}; it has {known or 'none yet'}")

    def named_logs() -> dict[str, Path]:
        if isinstance(folder, RunFolder) and rank is not None:
            return worker_log(folder, rank)
        return logs_of_search(folder) if isinstance(folder, SearchFolder) else logs_of(folder)

    def ended() -> bool:
        refresh(folder)
        return not follow or status_of(folder).state not in UNDERWAY

    for name, line in lines_of_all(named_logs, ended, top=folder.path):
        typer.echo(line if rank is not None else f"{one_line(name)} | {line}")


def worker_log(run: RunFolder, rank: int) -> dict[str, Path]:
    """The log of one worker, by its name; empty where it has none."""
    file = run.worker_log(rank)
    return {file.stem: file} if file.exists() else {}


def logs_of(folder: JobFolder) -> dict[str, Path]:
    return {file.stem: file for file in folder.log_files()}


def logs_of_search(search: SearchFolder) -> dict[str, Path]:
    """The search's own logs, and those of its trials: a trial's name is its folder's, such as 0003/trial."""
    trials = {f"{run.id}/{file.stem}": file for run in search.trial_runs() for file in run.log_files()}
    return logs_of(search) | trials
