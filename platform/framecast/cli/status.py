"""`platform status RUN`: how a run stands."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import typer

from framecast.cli.options import Address, Json, Run, Runs
from framecast.json_text import to_json
from framecast.plain_text import one_line

if TYPE_CHECKING:
    from framecast.errors import InputError
    from framecast.runs.job_folder import JobFolder
    from framecast.runs.run_folder import RunFolder
    from framecast.search.find import Named
    from framecast.search.search_folder import SearchFolder

_SHOWN = 10  # warnings, the newest ones; the report has all


def status(
    ctx: typer.Context, run: Run, as_json: Json = False, runs: Runs = None, address: Address = None
) -> None:
    """Show the state of a run or a search, and its best scores.

    platform status demo
    """
    from framecast.cli.remote import forward, known_run
    from framecast.cluster.ray_job_client import ClusterSilentError
    from framecast.runs.roots import runs_root
    from framecast.runs.run_folder import RunFolder
    from framecast.search.find import Named, find

    named = known_run(run, None if address else runs)
    if address is None and named and named.remote and (shared := shared_folder(named)):
        found = Named(shared)  # the truth itself, also when the cluster is gone
    else:
        try:
            forward(ctx, run, runs, address)
        except ClusterSilentError as error:
            print_last_known(named, error, as_json)
            return
        found = find(run, runs_root(runs))
    if found.search:
        print_search(found.search, as_json)
    elif isinstance(found.folder, RunFolder):
        print_run(found.folder, as_json)


def shared_folder(named: Named) -> JobFolder | None:
    """The run, or its trial, where a disk that this machine shares with its cluster shows it."""
    from framecast.cluster.remote_states import folder_on_shared_disk
    from framecast.search.find import find_run

    folder = folder_on_shared_disk(named.remote) if named.remote else None
    if folder is None or not named.trial:
        return folder
    return find_run(f"{folder.path}#{named.trial}", folder.root)


def print_last_known(named: Named | None, error: InputError, as_json: bool) -> None:
    """How a run stood when its cluster was last asked. Raises the `error` where that is not known."""
    remote = named.remote if named else None
    state = remote.last_known if remote and named and not named.trial else None
    if remote is None or state is None:
        raise error
    if as_json:
        typer.echo(to_json({"run": remote.id, "state": state, "last_known": True}, indent=1))
    else:
        typer.echo(f"{remote.name} {remote.id}: {state}, when its cluster was last asked")
    typer.echo(str(error), err=True)


def print_run(folder: RunFolder, as_json: bool) -> None:
    """How it stands, its best scores and its checkpoints."""
    from framecast.command_line import display_path, is_forwarded
    from framecast.runs.checkpoints import CheckpointStore
    from framecast.runs.status import Status
    from framecast.search.find import title_of

    now = Status.of(folder)
    if as_json:
        typer.echo(to_json(dataclasses.asdict(now), indent=1, default=str))
        return
    typer.echo(one_line(f"{title_of(folder)}: {now.state}{f' ({now.reason})' if now.reason else ''}"))
    typer.echo(f"step {now.step} of {now.total_steps}, epoch {now.epoch + 1}, attempt {now.attempt}")
    if now.loss is not None:
        typer.echo(f"loss {now.loss:.5f}")
    if now.best_checkpoint:
        typer.echo(one_line(f"best checkpoint: {now.best_checkpoint}"))
    for name, value in now.best.items():
        levels = ", ".join(
            f"{baseline} {scores[name]:.5f}" for baseline, scores in now.baselines.items() if name in scores
        )
        typer.echo(one_line(f"  {name} {value:.5f}{f' ({levels})' if levels else ''}"))
    for warning in now.warnings[-_SHOWN:]:
        typer.echo(one_line(f"warning: {warning}"))
    kept = CheckpointStore(folder.checkpoints)
    for line in kept.without_manifest():
        typer.echo(one_line(f"warning: {line}"))
    names = {name: point.path.name for name in ("best", "last", "previous") if (point := kept.named(name))}
    if names:
        typer.echo("checkpoints: " + ", ".join(f"{name} is {target}" for name, target in names.items()))
    on_cluster = " on the cluster" if is_forwarded() else ""
    typer.echo(f"folder{on_cluster}: {display_path(folder.path)}")


def print_search(search: SearchFolder, as_json: bool) -> None:
    """How its trials stand, and the best so far."""
    from framecast.command_line import display_path, is_forwarded
    from framecast.report.search_summary import summary
    from framecast.search.search_status import SearchStatus

    now = SearchStatus.of(search)
    if as_json:
        typer.echo(to_json(now.to_dict(), indent=1))
        return
    typer.echo(one_line(f"{search.name} {search.id}: {now.state}{f' ({now.reason})' if now.reason else ''}"))
    for line in summary(now):
        typer.echo(one_line(line))
    on_cluster = " on the cluster" if is_forwarded() else ""
    typer.echo(f"folder{on_cluster}: {display_path(search.path)}")
