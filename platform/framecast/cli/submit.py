"""`platform submit JOB`: trains what a job file says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from framecast.cli.options import InProcess, Overrides, Plugins, Runs
from framecast.errors import InputError

if TYPE_CHECKING:
    from framecast.job.document import Document
    from framecast.registry.registry import Registry

Job = Annotated[str | None, typer.Argument(metavar="JOB", help="The job file, such as jobs/demo.yaml.")]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="SEARCH#TRIAL", help="Train a trial of a search instead: its number, or best."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the resolved plan and stop.")]


def submit(
    job: Job = None,
    overrides: Overrides = None,
    dry_run: DryRun = False,
    in_process: InProcess = False,
    plugin: Plugins = None,
    runs: Runs = None,
    from_search: From = None,
) -> None:
    """Run a job: train its model, or search for the best.

    Settings after the file replace the job's own: platform submit jobs/demo.yaml model.rank=16 training.epochs=20
    """
    from framecast.cli.attended import attend
    from framecast.job.resolve import load_job, make_plan
    from framecast.runs.folder import runs_root

    if from_search:
        overrides = [job, *(overrides or [])] if job else overrides
        document, registry = trial_job(from_search, overrides or [], runs_root(runs))
    elif job:
        document, registry = load_job(Path(job), overrides or [], plugin or [])
    else:
        raise InputError("name a job file, such as jobs/demo.yaml, or --from SEARCH#best")
    plan = make_plan(document, registry)
    if dry_run:
        typer.echo(plan.to_yaml(), nl=False)
        return
    if plan.job.search:
        from framecast.cli.attended_search import attend_search
        from framecast.search.launch import create_search

        attend_search(create_search(document, registry, runs_root(runs)))
        return
    from framecast.launch.launch import create_run

    attend(plan, create_run(plan, document, runs_root(runs)), in_process)


def trial_job(named: str, overrides: list[str], root: Path) -> tuple[Document, Registry]:
    """The job of SEARCH#TRIAL, at full length, and the plugins of its search."""
    from framecast.search.results import Results
    from framecast.search.search_folder import SearchFolder

    search, _, trial = named.partition("#")
    folder = SearchFolder.find(search, root)
    document = folder.job_of(Results.of(folder).numbered(trial or "best"))
    document.override(overrides)
    return document, folder.read()[1]
