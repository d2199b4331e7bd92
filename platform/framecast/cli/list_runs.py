"""`platform list`: every run, the newest first."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from framecast.cli.options import Json, Runs
from framecast.cli.table import table

Name = Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only runs of this job.")]


def list_runs(name: Name = None, as_json: Json = False, runs: Runs = None) -> None:
    """List runs, the newest first."""
    from framecast.runs.folder import RunFolder, runs_root
    from framecast.runs.status import Status

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
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
    elif not rows:
        typer.echo(f"no runs in {root}; start one with: platform submit jobs/demo.yaml")
    else:
        table(["run", "job", "state", "step", "of", "best", "monitor"], [list(row.values()) for row in rows])
