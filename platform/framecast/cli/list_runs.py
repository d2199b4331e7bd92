"""`platform list`: every run, the newest first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from framecast.cli.options import Address, Json, Runs
from framecast.cli.table import table
from framecast.command_line import command
from framecast.errors import InputError
from framecast.json_text import to_json

if TYPE_CHECKING:
    from framecast.search.search_folder import SearchFolder

Name = Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only runs of this job.")]


def list_runs(name: Name = None, as_json: Json = False, runs: Runs = None, address: Address = None) -> None:
    """List runs, the newest first: those here, and those sent to clusters from here."""
    from framecast.cli.elsewhere import on_cluster, repeat_on
    from framecast.runs.folder import RunFolder, runs_root
    from framecast.runs.status import Status
    from framecast.search.search_folder import SearchFolder

    if address and (there := on_cluster(address, runs)):
        repeat_on(there, ["list", *([name] if name else []), *(["--json"] if as_json else [])])
    root = runs_root(runs)
    rows: list[dict[str, Any]] = []
    for run in RunFolder.all(root):
        if name in (None, run.name):
            status = Status.of(run)
            rows.append(
                {
                    "run": run.id,
                    "job": run.name,
                    "state": status.state,
                    "step": status.step,
                    "of": status.total_steps,
                    "best": status.best_value,
                    "monitor": status.monitor,
                }
            )
    rows += [row for row in remote_rows(root) if name in (None, row["job"])]
    for search in SearchFolder.all(root):
        if name in (None, search.name):
            rows.append(_search_row(search))
    rows.sort(key=lambda row: row["run"], reverse=True)
    if as_json:
        typer.echo(to_json(rows, indent=1))
    elif not rows:
        typer.echo(f"no runs in {root}; start one with: {command('submit', 'jobs/demo.yaml')}")
    else:
        table(["run", "job", "state", "step", "of", "best", "monitor"], [list(row.values()) for row in rows])


def remote_rows(root: Path) -> list[dict[str, Any]]:
    """What the clusters say of the runs that were sent there; each cluster is asked once."""
    from framecast.cluster.send import server_of
    from framecast.runs.remote_run import RemoteRun

    rows: list[dict[str, Any]] = []
    states: dict[str, dict[str, str] | None] = {}
    for run in RemoteRun.all(root):
        where = run.whereabouts
        if where.address not in states:
            try:
                states[where.address] = server_of(where).states()
            except InputError:
                states[where.address] = None
        known = states[where.address]
        state = "unreachable" if known is None else known.get(where.job, "lost")
        numbers = {"step": None, "of": None, "best": None, "monitor": f"on {where.address}"}
        rows.append({"run": run.id, "job": run.name, "state": state, **numbers})
    return rows


def _search_row(folder: SearchFolder) -> dict[str, Any]:
    """A search counts in trials, not in steps."""
    from framecast.runs.status import driver_is_alive
    from framecast.search.results import Results

    results = Results.of(folder)
    objective = next(iter(results.search.objectives))
    values = results.ranked[0].objectives(results.search) if results.ranked else None
    ended = sum(results.states.get(state, 0) for state in ("finished", "stopped", "failed"))
    state = "running" if driver_is_alive(folder) else "interrupted"
    return {
        "run": folder.id,
        "job": folder.name,
        "state": "finished" if ended >= results.search.trials else state,
        "step": f"{ended} trials",
        "of": results.search.trials,
        "best": values[0] if values else None,
        "monitor": objective,
    }
