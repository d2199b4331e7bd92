"""`platform submit JOB`: trains what a job file says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from framecast.cli.options import InProcess, Overrides, Plugins, Runs

Job = Annotated[str, typer.Argument(metavar="JOB", help="The job file, such as jobs/demo.yaml.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the resolved plan and stop.")]


def submit(
    job: Job,
    overrides: Overrides = None,
    dry_run: DryRun = False,
    in_process: InProcess = False,
    plugin: Plugins = None,
    runs: Runs = None,
) -> None:
    """Run a job: train its model and write a report.

    Settings after the file replace the job's own: platform submit jobs/demo.yaml model.rank=16 training.epochs=20
    """
    from framecast.cli.attended import attend
    from framecast.job.resolve import load_plan
    from framecast.runs.folder import runs_root

    document, plan = load_plan(Path(job), overrides or [], plugin or [])
    if dry_run:
        typer.echo(plan.to_yaml(), nl=False)
        return
    from framecast.launch.launch import create_run

    attend(plan, create_run(plan, document, runs_root(runs)), in_process)
