"""`platform status RUN`: how a run stands."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import typer

from framecast.cli.options import Address, Json, Run, Runs
from framecast.json_text import to_json

if TYPE_CHECKING:
    from framecast.search.search_folder import SearchFolder

_SHOWN = 10  # warnings, the newest ones; the report has all


def status(run: Run, as_json: Json = False, runs: Runs = None, address: Address = None) -> None:
    """Show the state of a run or a search, and its best scores.

    platform status demo
    """
    from framecast.cli.elsewhere import repeat_elsewhere
    from framecast.command_line import shown
    from framecast.runs.checkpoints import CheckpointStore
    from framecast.runs.folder import runs_root
    from framecast.runs.status import Status
    from framecast.search.find import find

    repeat_elsewhere(run, runs, address, ["status", "{run}", *(["--json"] if as_json else [])])
    found = find(run, runs_root(runs))
    if found.search:
        print_search(found.search, as_json)
        return
    folder = found.folder
    now = Status.of(folder)
    if as_json:
        typer.echo(to_json(dataclasses.asdict(now), indent=1, default=str))
        return
    typer.echo(f"{folder.name} {folder.id}: {now.state}{f' ({now.reason})' if now.reason else ''}")
    typer.echo(f"step {now.step} of {now.total_steps}, epoch {now.epoch + 1}, attempt {now.attempt}")
    if now.loss is not None:
        typer.echo(f"loss {now.loss:.5f}")
    if now.best_checkpoint:
        typer.echo(f"best checkpoint: {now.best_checkpoint}")
    for name, value in now.best.items():
        levels = ", ".join(
            f"{baseline} {scores[name]:.5f}" for baseline, scores in now.baselines.items() if name in scores
        )
        typer.echo(f"  {name} {value:.5f}{f' ({levels})' if levels else ''}")
    for warning in now.warnings[-_SHOWN:]:
        typer.echo(f"warning: {warning}")
    kept = CheckpointStore(folder.checkpoints)
    names = {name: point.path.name for name in ("best", "last", "previous") if (point := kept.named(name))}
    if names:
        typer.echo("checkpoints: " + ", ".join(f"{name} is {target}" for name, target in names.items()))
    typer.echo(f"folder: {shown(folder.path)}")


def print_search(search: SearchFolder, as_json: bool) -> None:
    """How its trials stand, and the best so far."""
    from framecast.command_line import shown
    from framecast.report.search_closing import summary
    from framecast.search.search_status import SearchStatus

    now = SearchStatus.of(search)
    if as_json:
        typer.echo(to_json(now.to_dict(), indent=1))
        return
    typer.echo(f"{search.name} {search.id}: {now.state}{f' ({now.reason})' if now.reason else ''}")
    for line in summary(now):
        typer.echo(line)
    typer.echo(f"folder: {shown(search.path)}")
