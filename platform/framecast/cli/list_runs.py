"""`platform list`: every run, the newest first."""

from __future__ import annotations

import shutil
import time
from calendar import timegm
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from framecast.cli.options import Address, Json, Runs
from framecast.cli.table import fit, lines_of_table, table
from framecast.command_line import command
from framecast.errors import InputError, in_one_line, without_credentials
from framecast.json_text import to_json
from framecast.plain_text import one_line

if TYPE_CHECKING:
    from framecast.runs.folder import Folder
    from framecast.runs.remote_run import RemoteRun
    from framecast.runs.run_folder import RunFolder
    from framecast.search.search_folder import SearchFolder

HEADER = ["run", "started", "took", "job", "model", "data", "state", "step", "best"]
UNREADABLE = "unreadable"
"""The state of a folder that is damaged, or may not be read."""
NARROW = ["run", "job", "state", "step", "best"]

Name = Annotated[str | None, typer.Argument(metavar="NAME", help="Only runs of this job.")]


def list_runs(
    ctx: typer.Context, name: Name = None, as_json: Json = False, runs: Runs = None, address: Address = None
) -> None:
    """List runs and searches, the newest first: those here, and those sent to clusters from here.

    platform list demo
    """
    from framecast.cli.remote import forward_to, on_cluster, words_of
    from framecast.runs.folder import closed_folders
    from framecast.runs.roots import runs_root
    from framecast.search.find import all_folders

    if address and (there := on_cluster(address, runs)):
        forward_to(there, words_of(ctx))
    root = runs_root(runs)
    rows = rows_of([folder for folder in all_folders(root) if name in (None, folder.name)])
    if as_json:
        typer.echo(to_json(rows, indent=1))
    elif not rows:
        typer.echo(f"no runs in {root}; start one with: {command('submit', 'jobs/demo.yaml')}")
    else:
        _print(rows)
        for row in rows:
            if row["state"] == UNREADABLE:
                typer.echo(one_line(f"note: {row['job']} {row['run']} cannot be read: {row['reason']}"), err=True)
    for folder in closed_folders(root):
        typer.echo(one_line(f"note: {folder} may not be read by this user"), err=True)


def rows_of(folders: Sequence[Folder]) -> list[dict[str, Any]]:
    """A row for each; every cluster is asked once."""
    from framecast.runs.remote_run import RemoteRun
    from framecast.runs.run_folder import RunFolder
    from framecast.search.search_folder import SearchFolder

    unreadable: dict[Path, str] = {}
    remote = []
    for run in (folder for folder in folders if isinstance(folder, RemoteRun)):
        try:
            run.location  # noqa: B018
        except (InputError, OSError) as error:
            unreadable[run.path] = in_one_line(error)
        else:
            remote.append(run)
    elsewhere = remote_rows(remote)

    def row(folder: Folder) -> dict[str, Any]:
        try:
            if isinstance(folder, RemoteRun) and folder.path not in unreadable:
                return elsewhere[folder.path]
            if isinstance(folder, SearchFolder):
                return _search_row(folder)
            if isinstance(folder, RunFolder):
                return _run_row(folder)
            reason = unreadable[folder.path]
        except (InputError, OSError) as error:
            reason = in_one_line(error)
        return _unreadable_row(folder, reason)

    return [row(folder) for folder in folders]


def _unreadable_row(folder: Folder, reason: str) -> dict[str, Any]:
    """A folder that is damaged, or may not be read, does not hide the others."""
    nothing = dict.fromkeys(("step", "of", "best", "monitor"))
    return {**_names(folder), **nothing, "state": UNREADABLE, "reason": reason, "folder": str(folder.path)}


def _run_row(run: RunFolder) -> dict[str, Any]:
    from framecast.runs.plan_names import plan_names
    from framecast.runs.status import Status

    status = Status.of(run)
    return {
        **_names(run),
        "state": status.state,
        "reason": status.reason,
        "step": status.step,
        "of": status.total_steps,
        "epoch": status.epoch + 1 if status.step else 0,
        "attempts": status.attempt,
        "best": status.best_value,
        "monitor": status.monitor,
        "best_step": status.best_step,
        "seconds": status.wall_seconds,
        **plan_names(run.plan),
        "folder": str(run.path),
    }


def _search_row(folder: SearchFolder) -> dict[str, Any]:
    """A search counts in trials, not in steps."""
    from framecast.search.search_status import SearchStatus

    status = SearchStatus.of(folder)
    objective, best = next(iter(status.results.search.objectives)), status.best_scores
    return {
        **_names(folder),
        "state": status.state,
        "step": status.ended,
        "of": status.total,
        "best": best.get(objective),
        "monitor": objective,
        "reason": status.reason,
        "seconds": status.seconds,
        "folder": str(folder.path),
    }


def _names(folder: Folder) -> dict[str, Any]:
    return {"run": folder.id, "kind": folder.kind, "job": folder.name, "started": _started(folder.id)}


def _started(run_id: str) -> str | None:
    """When a run was made, by its id, as local time; None for an id that is no time."""
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(timegm(time.strptime(run_id[:15], "%Y%m%d-%H%M%S"))))
    except ValueError:  # handled: an id that is no time; the column shows a dash
        return None


def _print(rows: Sequence[dict[str, Any]]) -> None:
    """One line for each where the terminal is wide enough, else two."""
    width = shutil.get_terminal_size().columns
    wide = [[_cell(row, name) for name in HEADER] for row in rows]
    if all(len(line) <= width for line in lines_of_table(HEADER, wide)):
        table(HEADER, wide)
        return
    header, *lines = lines_of_table(NARROW, [[_cell(row, name) for name in NARROW] for row in rows])
    typer.echo(fit(header, width))
    for row, line in zip(rows, lines, strict=True):
        typer.echo(fit(line, width))
        what = f"{row['model']} on {row['data']}" if row.get("model") else ""
        started = row["started"] and f"started {row['started']}"
        took = row.get("seconds") and f"took {_cell(row, 'took')}"
        typer.echo(fit("    " + ", ".join(filter(None, (what, started, took))), width))


def _cell(row: dict[str, Any], name: str) -> str | None:
    """What the table shows of a row. A search counts in trials, not in steps."""
    from framecast.report.numbers import duration

    if name == "took":
        return duration(row["seconds"]) if row.get("seconds") else None
    if name == "job" and row["kind"] == "search":
        return f"{row['job']} (search)"
    if name == "step" and row["step"] is not None:
        count = f"{row['step']:,} of {row['of']:,}" if row["of"] else f"{row['step']:,}"
        return f"{count} {'trial' if row['of'] == 1 else 'trials'}" if row["kind"] == "search" else count
    if name == "best":
        if row["best"] is None:
            return f"on {row['address']}" if row.get("address") else None
        at = f" at step {row['best_step']:,}" if row.get("best_step") is not None else ""
        return f"{row['best']:.5g} {str(row['monitor']).removeprefix('validation/')}{at}"
    value = row.get(name)
    return None if value is None else str(value)


def remote_rows(runs: Sequence[RemoteRun]) -> dict[Path, dict[str, Any]]:
    """Of each run on a cluster how it stands there, as `platform status` says too."""
    from framecast.cluster.profiles import list_of_clusters
    from framecast.cluster.remote_states import UNCONFIRMED, remote_states

    states = remote_states(runs)
    strange = sorted(
        {without_credentials(run.location.address) for run in runs if states[run.path] == UNCONFIRMED}
    )
    if strange:
        note = f"not asked, for only the folders of runs name them: {', '.join(strange)}; if one is yours"
        typer.echo(f"{note}, name it in {list_of_clusters()} or with --address", err=True)
    return {
        run.path: {
            **_names(run),
            "state": states[run.path],
            "step": None,
            "of": None,
            "best": None,
            "monitor": f"on {without_credentials(run.location.address)}",
            "address": without_credentials(run.location.address),
        }
        for run in runs
    }
