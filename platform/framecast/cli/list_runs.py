"""`platform list`: every run, the newest first."""

from __future__ import annotations

import time
from calendar import timegm
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from framecast.cli.options import Address, Json, Runs
from framecast.cli.table import table
from framecast.command_line import command
from framecast.json_text import to_json

if TYPE_CHECKING:
    from framecast.runs.folder import RunFolder
    from framecast.runs.remote_run import RemoteRun
    from framecast.search.search_folder import SearchFolder

HEADER = ["run", "started", "job", "state", "step", "of", "best", "monitor"]

Name = Annotated[str | None, typer.Argument(metavar="NAME", help="Only runs of this job.")]


def list_runs(name: Name = None, as_json: Json = False, runs: Runs = None, address: Address = None) -> None:
    """List runs and searches, the newest first: those here, and those sent to clusters from here.

    platform list demo
    """
    from framecast.cli.elsewhere import on_cluster, repeat_on
    from framecast.runs.folder import runs_root
    from framecast.search.find import all_folders

    if address and (there := on_cluster(address, runs)):
        repeat_on(there, ["list", *([name] if name else []), *(["--json"] if as_json else [])])
    root = runs_root(runs)
    rows = rows_of([folder for folder in all_folders(root) if name in (None, folder.name)])
    if as_json:
        typer.echo(to_json(rows, indent=1))
    elif not rows:
        typer.echo(f"no runs in {root}; start one with: {command('submit', 'jobs/demo.yaml')}")
    else:
        table(HEADER, [_cells(row) for row in rows])


def rows_of(folders: Sequence[RunFolder]) -> list[dict[str, Any]]:
    """A row for each; every cluster is asked once."""
    from framecast.runs.remote_run import RemoteRun
    from framecast.search.search_folder import SearchFolder

    elsewhere = remote_rows([folder for folder in folders if isinstance(folder, RemoteRun)])
    return [
        elsewhere[folder.path]
        if isinstance(folder, RemoteRun)
        else _search_row(folder)
        if isinstance(folder, SearchFolder)
        else _run_row(folder)
        for folder in folders
    ]


def _run_row(run: RunFolder) -> dict[str, Any]:
    from framecast.runs.status import Status

    status = Status.of(run)
    return {
        **_names(run, "run"),
        "state": status.state,
        "step": status.step,
        "of": status.total_steps,
        "best": status.best_value,
        "monitor": status.monitor,
        "best_step": status.best_step,
    }


def _search_row(folder: SearchFolder) -> dict[str, Any]:
    """A search counts in trials, not in steps."""
    from framecast.search.search_status import SearchStatus

    status = SearchStatus.of(folder)
    objective, best = next(iter(status.results.search.objectives)), status.best_scores
    return {
        **_names(folder, "search"),
        "state": status.state,
        "step": status.ended,
        "of": status.total,
        "best": best.get(objective),
        "monitor": objective,
    }


def _names(folder: RunFolder, kind: str) -> dict[str, Any]:
    return {"run": folder.id, "kind": kind, "job": folder.name, "started": _started(folder.id)}


def _started(run_id: str) -> str | None:
    """When a run was made, by its id, as local time; None for an id that is no time."""
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(timegm(time.strptime(run_id[:15], "%Y%m%d-%H%M%S"))))
    except ValueError:  # handled: an id that is no time; the column shows a dash
        return None


def _cells(row: dict[str, Any]) -> list[Any]:
    """What the table shows of a row; the step that its best value is from stands with the monitor."""
    job, step, monitor = row["job"], row["step"], row["monitor"]
    if row.get("best_step") is not None:
        monitor = f"{monitor} at step {row['best_step']:,}"
    if row["kind"] == "search":
        job, step = f"{job} (search)", f"{step} trial{'s'[: step != 1]}"
    return [row["run"], row["started"], job, row["state"], step, row["of"], row["best"], monitor]


def remote_rows(runs: Sequence[RemoteRun]) -> dict[Path, dict[str, Any]]:
    """Of each run on a cluster how it stands there, as `platform status` says too."""
    from framecast.cluster.remote_states import remote_states

    states = remote_states(runs)
    return {
        run.path: {
            **_names(run, "run"),
            "state": states[run.path],
            "step": None,
            "of": None,
            "best": None,
            "monitor": f"on {run.whereabouts.address}",
        }
        for run in runs
    }
