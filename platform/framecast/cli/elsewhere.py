"""Commands on runs that are on a cluster: the same command, done there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from framecast.errors import InputError

if TYPE_CHECKING:
    from framecast.cluster.remote_run import RemoteRun, Whereabouts


def repeat_elsewhere(run: str, runs: str | None, address: str | None, arguments: list[str]) -> None:
    """Does `platform ARGUMENTS` on the cluster where the run is, and leaves with its exit code.

    Returns, having done nothing, where the run is on this machine. `{run}` in the arguments becomes its id.
    """
    from framecast.cluster.send import follow, send_command

    whereabouts = whereabouts_of(run, runs, address)
    if whereabouts is None:
        return
    remote = remote_run(run, runs)
    words = [word.replace("{run}", remote.id if remote else run) for word in arguments]
    from dataclasses import replace

    raise typer.Exit(follow(replace(whereabouts, job=send_command(whereabouts, words))))


def whereabouts_of(run: str, runs: str | None, address: str | None) -> Whereabouts | None:
    """Where the run is; None where it is on this machine."""
    from framecast.cluster.profiles import cluster_at
    from framecast.cluster.remote_run import Whereabouts

    remote = remote_run(run, None if address else runs)
    if address is not None and cluster_at(address) is not None:
        known = remote.whereabouts if remote else None
        job = known.job if known else run
        return Whereabouts(address, job, runs or (known.runs if known else None))
    return remote.whereabouts if remote else None


def remote_run(run: str, runs: str | None) -> RemoteRun | None:
    """The run that `run` names, if that is one on a cluster."""
    from framecast.cluster.remote_run import RemoteRun
    from framecast.runs.folder import RunFolder, named, runs_root

    root = runs_root(runs)
    if Path(run).is_dir():
        return None
    both = [*RunFolder.all(root), *RemoteRun.all(root)]
    found = named(run, sorted(both, key=lambda each: each.id, reverse=True))
    return found if isinstance(found, RemoteRun) else None


def watch(remote: RemoteRun, detach: bool) -> None:
    """Follows a run on a cluster until it ends, and leaves with its exit code; Ctrl-C ends only the following."""
    from framecast.cluster.send import follow

    where = remote.whereabouts
    typer.echo(f"run {remote.name} {remote.id} is sent to {where.address}")
    if detach:
        typer.echo(f"follow it with: platform logs -f {remote.id}")
        return
    try:
        code = follow(where)
    except KeyboardInterrupt:
        typer.echo(
            f"\nthe run goes on. Follow it again: platform logs -f {remote.id}; end it: platform stop {remote.id}"
        )
        raise typer.Exit(130) from None
    raise typer.Exit(code)


def stopped(run: str, whereabouts: Whereabouts) -> None:
    """Stops a run on a cluster, says how it stands then, and leaves."""
    from framecast.cluster.send import stop

    state = stop(whereabouts)
    if state == "lost":
        raise InputError(f"{whereabouts.address} does not know the run {run}: it was started anew since then")
    typer.echo(f"run {run} is {state}; go on with: platform resume {run}")
