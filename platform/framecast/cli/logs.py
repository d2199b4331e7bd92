"""`platform logs RUN`: what a run's processes have to say, each line with where it comes from."""

from __future__ import annotations

from typing import Annotated

import typer

from framecast.cli.options import Address, Run, Runs

Follow = Annotated[bool, typer.Option("-f", "--follow", help="Go on until the run ends.")]
Rank = Annotated[int | None, typer.Option("--rank", min=0, metavar="N", help="Only this worker's.")]


def logs(run: Run, follow: Follow = False, rank: Rank = None, runs: Runs = None, address: Address = None) -> None:
    """Show the logs of a run: its console, its driver and its workers."""
    from framecast.cli.elsewhere import repeat_elsewhere
    from framecast.errors import InputError
    from framecast.runs.folder import RunFolder, runs_root
    from framecast.runs.logs import lines_of_all
    from framecast.runs.mirror import refresh
    from framecast.runs.status import Status

    options = [*(["--follow"] if follow else []), *(["--rank", str(rank)] if rank is not None else [])]
    repeat_elsewhere(run, runs, address, ["logs", "{run}", *options])
    folder = RunFolder.find(run, runs_root(runs))
    pattern = "*.log" if rank is None else f"worker-{rank}.log"
    if rank is not None and not follow and not (folder.logs / pattern).exists():
        there = ", ".join(sorted(file.stem.removeprefix("worker-") for file in folder.logs.glob("worker-*.log")))
        raise InputError(f"run {folder.id} has no worker {rank}; it has {there or 'none yet'}")

    def ended() -> bool:
        refresh(folder)
        return not follow or Status.of(folder).state not in ("starting", "running")

    for name, line in lines_of_all(folder.logs, pattern, ended):
        typer.echo(line if rank is not None else f"{name} | {line}")
