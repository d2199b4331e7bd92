"""`platform list`: every run, the newest first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from framecast.cli.options import Json, Runs
from framecast.cli.table import table

if TYPE_CHECKING:
    from framecast.search.search_folder import SearchFolder

Name = Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only runs of this job.")]


def list_runs(name: Name = None, as_json: Json = False, runs: Runs = None) -> None:
    """List runs, the newest first."""
    from framecast.runs.folder import RunFolder, runs_root
    from framecast.runs.status import Status
    from framecast.search.search_folder import SearchFolder

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
    for search in SearchFolder.all(root):
        if name in (None, search.name):
            rows.append(_search_row(search))
    rows.sort(key=lambda row: row["run"], reverse=True)
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
    elif not rows:
        typer.echo(f"no runs in {root}; start one with: platform submit jobs/demo.yaml")
    else:
        table(["run", "job", "state", "step", "of", "best", "monitor"], [list(row.values()) for row in rows])


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
