"""Commands on runs that are on a cluster: the same command, done there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from framecast.command_line import command
from framecast.errors import InputError

if TYPE_CHECKING:
    from framecast.runs.remote_run import RemoteLocation, RemoteRun
    from framecast.search.find import Named


_OF_THIS_MACHINE = ("runs", "address", "detach")
"""Options that say where something is, seen from here; they are not sent along."""


def forward(ctx: typer.Context, run: str, runs: str | None, address: str | None) -> None:
    """Gives this command to the cluster where the run is, and leaves with its exit code.

    Returns, having done nothing, where the run is on this machine.
    """
    known = known_run(run, None if address else runs)
    if location := _location(known, run, runs, address):
        forward_to(location, words_of(ctx, run=known.text if known and known.remote else run))


def words_of(ctx: typer.Context, run: str | None = None) -> list[str]:
    """The command that the user gave, with all its options but those of this machine, and the run by this name."""
    words, arguments = [str(ctx.info_name)], []
    for each in ctx.command.params:
        value = ctx.params.get(str(each.name))
        if each.name in _OF_THIS_MACHINE or value is None or value is False:
            continue
        values = [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]
        if each.param_type_name == "argument":
            arguments += [run] if run and each.name in ("run", "search") else values
        elif value is True:
            words.append(max(each.opts, key=len))
        else:
            words += [word for one in values for word in (max(each.opts, key=len), one)]
    return [*words, *arguments]


def forward_to(location: RemoteLocation, arguments: list[str]) -> None:
    """Does `platform ARGUMENTS` there, and leaves with its exit code."""
    from framecast.cluster.send import follow, send_command

    raise typer.Exit(follow(replace(location, job=send_command(location, arguments))))


def location_of(run: str, runs: str | None, address: str | None) -> RemoteLocation | None:
    """Where the run is: at `address`, else where it was sent to, else, if unknown here, at $RAY_ADDRESS.

    None where it is on this machine.
    """
    return _location(known_run(run, None if address else runs), run, runs, address)


def _location(known: Named | None, run: str, runs: str | None, address: str | None) -> RemoteLocation | None:
    from framecast.cluster.profiles import address_in_environment

    remote = known.remote if known else None
    if address is None and known is None:
        address = address_in_environment()
    if address is None:
        return remote.location if remote else None
    there = on_cluster(address, runs)
    if there is None or remote is None:
        return there and replace(there, job=run)
    return replace(remote.location, address=address, runs=runs or remote.location.runs)


def on_cluster(address: str, runs: str | None) -> RemoteLocation | None:
    """A cluster that the user names, whatever runs there; None where this machine belongs to it."""
    from framecast.cluster.profiles import cluster_at
    from framecast.confirmed_addresses import confirm
    from framecast.runs.remote_run import RemoteLocation

    if not cluster_at(address):
        return None
    for named in filter(None, (address, runs)):
        if "://" in named:
            confirm(named)
    return RemoteLocation(address, "", runs)


def known_run(run: str, runs: str | None) -> Named | None:
    """The run, search or trial that `run` names, wherever it is; None where this machine knows none."""
    from framecast.runs.roots import runs_root
    from framecast.search.find import find_if_known

    return find_if_known(run, runs_root(runs))


def watch(remote: RemoteRun, detach: bool) -> None:
    """Follows a run on a cluster until it ends, and leaves with its exit code; Ctrl-C ends only the following."""
    from framecast.cluster.send import follow

    where = remote.location
    typer.echo(f"run {remote.name} {remote.id} is sent to {where.address}")
    if detach:
        typer.echo(f"follow it with: {command('logs', '-f', remote.id)}")
        return
    try:
        code = follow(where)
    except KeyboardInterrupt:
        again, end = command("logs", "-f", remote.id), command("stop", remote.id)
        typer.echo(f"\nthe run goes on. Follow it again: {again}; end it: {end}")
        raise typer.Exit(130) from None
    raise typer.Exit(code)


def stop_remote(run: str, location: RemoteLocation) -> None:
    """Stops a run on a cluster, says how it stands then, and leaves."""
    from framecast.cluster.send import stop
    from framecast.runs.status import in_state

    state = stop(location)
    if state == "lost":
        raise InputError(f"{location.address} does not know the run {run}: it was started anew since then")
    typer.echo(f"run {run} {in_state(state)}; continue with: {command('resume', run)}")
