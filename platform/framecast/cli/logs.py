"""`platform logs RUN`: what a run's processes print, each line with where it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from framecast.cli.options import Address, Run, Runs
from framecast.errors import InputError
from framecast.plain_text import one_line

if TYPE_CHECKING:
    from framecast.runs.folder import RunFolder

Follow = Annotated[bool, typer.Option("-f", "--follow", help="Continue until the run ends.")]
Rank = Annotated[int | None, typer.Option("--rank", min=0, metavar="N", help="Only this worker's.")]


def logs(run: Run, follow: Follow = False, rank: Rank = None, runs: Runs = None, address: Address = None) -> None:
    """Show the logs of a run: its console, its driver and its workers; of a search those of its trials too.

    platform logs -f demo
    """
    from framecast.cli.elsewhere import repeat_elsewhere
    from framecast.cli.stop import BUSY, state_of
    from framecast.runs.folder import runs_root
    from framecast.runs.logs import lines_of_all
    from framecast.runs.mirror import refresh
    from framecast.search.find import find

    options = [*(["--follow"] if follow else []), *(["--rank", str(rank)] if rank is not None else [])]
    repeat_elsewhere(run, runs, address, ["logs", "{run}", *options])
    found = find(run, runs_root(runs))
    folder = found.folder
    if rank is not None and found.search:
        raise InputError(f"{folder.id} is a search: name a trial with its worker, such as '{folder.id}#1'")
    if rank is not None and not follow and not worker_log(folder, rank):
        there = ", ".join(sorted(file.stem.removeprefix("worker-") for file in folder.logs.glob("worker-*.log")))
        raise InputError(f"run {folder.id} has no worker {rank}; it has {there or 'none yet'}")

    def named_logs() -> dict[str, Path]:
        if rank is not None:
            return worker_log(folder, rank)
        return logs_of_search(folder) if found.search else {file.stem: file for file in folder.logs.glob("*.log")}

    def ended() -> bool:
        if not found.search:
            refresh(folder)
        return not follow or state_of(folder)[0] not in BUSY

    for name, line in lines_of_all(named_logs, ended, top=folder.path):
        typer.echo(line if rank is not None else f"{one_line(name)} | {line}")


def worker_log(run: RunFolder, rank: int) -> dict[str, Path]:
    """The log of one worker, by its name; empty where it has none."""
    file = run.logs / f"worker-{rank}.log"
    return {file.stem: file} if file.exists() else {}


def logs_of_search(search: RunFolder) -> dict[str, Path]:
    """The search's own logs, and those of its trials: a trial's name is its folder's, such as 0003/trial."""
    own = {file.stem: file for file in search.logs.glob("*.log")}
    trials = {f"{file.parts[-3]}/{file.stem}": file for file in search.path.glob("trials/*/logs/*.log")}
    return own | trials
