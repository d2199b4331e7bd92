"""`platform submit JOB`: trains what a job file says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from framecast.cli.options import Address, Detach, InProcess, Overrides, Plugins, Runs, ShipPackage, Trust
from framecast.command_line import display_path
from framecast.errors import InputError
from framecast.runs import layout

if TYPE_CHECKING:
    from framecast.job.document import Document
    from framecast.registry.registry import Registry
    from framecast.runs.run_folder import RunFolder

Job = Annotated[
    str | None, typer.Argument(metavar="JOB", help="The job file, such as jobs/demo.yaml, or its name.")
]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="SEARCH#TRIAL", help="Train a trial of a search instead: its number, or best."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the resolved plan and stop.")]
# what the sender of a job says to the cluster
RunId = Annotated[str | None, typer.Option("--run-id", hidden=True)]
SentBy = Annotated[Path | None, typer.Option("--sent-by", hidden=True)]


def submit(
    job: Job = None,
    overrides: Overrides = None,
    dry_run: DryRun = False,
    in_process: InProcess = False,
    address: Address = None,
    detach: Detach = False,
    ship_package: ShipPackage = False,
    plugin: Plugins = None,
    runs: Runs = None,
    from_search: From = None,
    trust: Trust = False,
    run_id: RunId = None,
    sent_by: SentBy = None,
) -> None:
    """Train the model of a job, or search for the best one; here, or on a cluster.

    platform submit jobs/demo.yaml training.epochs=8

    Settings after the file replace the job's own. Without a folder or an ending, as in "submit demo", the job is
    looked for here, in ./jobs and among the examples.
    """
    from framecast.cli.foreground import run_in_background, run_in_foreground
    from framecast.cluster.chosen_address import validate_address
    from framecast.cluster.profiles import address_in_environment, cluster_at
    from framecast.job.job_files import find_job_file
    from framecast.job.load import load_job
    from framecast.job.resolve import check_job, make_plan
    from framecast.runs.roots import runs_root

    if from_search:
        overrides = [job, *(overrides or [])] if job else overrides
        document, registry = trial_job(from_search, overrides or [], runs_root(runs), trust)
    elif job:
        file = find_job_file(job)
        if str(file) != job:
            typer.echo(f"job file: {display_path(file)}", err=True)
        document, registry = load_job(file, overrides or [], plugin or [])
    else:
        raise InputError("name a job file, such as jobs/demo.yaml, or --from SEARCH#best")
    where = address or document.get("compute.address") or (None if in_process else address_in_environment())
    if not (dry_run or in_process):
        validate_address(document, address)
    if isinstance(where, str) and cluster_at(where) and not (dry_run or in_process):
        from framecast.cli.remote import watch
        from framecast.cluster.send import send_job
        from framecast.runs.folder import new_run_id
        from framecast.runs.remote_run import RemoteLocation

        compute = check_job(document, registry).job.compute
        location = RemoteLocation(where, new_run_id(), runs, ship_package, compute.env)
        watch(send_job(document, registry, location, runs_root()), detach)
        return
    if where and not document.get("compute.address"):
        document.override([f"compute.address={where}"])
    if sent_by:
        compare_versions(sent_by)
    plan = make_plan(document, registry)
    if dry_run:
        typer.echo(plan.to_yaml(), nl=False)
        return
    if plan.job.search:
        from framecast.cli.foreground_search import run_search_in_foreground
        from framecast.launch.search.launch import create_search

        search = create_search(document, registry, runs_root(runs), run_id)
        if detach:
            run_in_background(search, [])
        else:
            run_search_in_foreground(search)
        return
    from framecast.job.readiness import ensure_enough_clips
    from framecast.launch.launch import create_run

    ensure_enough_clips(plan)
    run = create_run(plan, document, runs_root(runs), run_id)
    if detach:
        run_in_background(run, ["--in-process"] if in_process else [])
    else:
        run_in_foreground(plan, run, in_process)


def trial_job(named: str, overrides: list[str], root: Path, trusted: bool) -> tuple[Document, Registry]:
    """The job of SEARCH#TRIAL, at full length, and the plugins of its search. That of a search on a cluster comes
    from the copy that `platform fetch` brought.

    Raises InputError where these may not be imported, or there is no copy."""
    from framecast.job.paths import with_absolute_paths
    from framecast.registry.trust import Trust as TrustedFolder
    from framecast.search.find import find, find_run, find_search
    from framecast.search.results import Results

    search, _, trial = named.partition("#")
    if find(search, root).remote:
        return _copied_job(find_run(f"{search}#{trial or 'best'}", root), overrides, trusted)
    folder = find_search(search, root)
    registry = folder.read(TrustedFolder.in_folder(folder.path, trusted))[1]
    document = with_absolute_paths(folder.job_of(Results.of(folder).numbered(trial or "best")), registry)
    document.override(overrides)
    return document, registry


def _copied_job(copy: RunFolder, overrides: list[str], trusted: bool) -> tuple[Document, Registry]:
    """The job of a trial that was trained on a cluster, for the workers of this machine."""
    from framecast.job.document import Document
    from framecast.job.plan_file import PlanFile
    from framecast.registry.registry import Registry
    from framecast.registry.trust import Trust as TrustedFolder

    file = PlanFile.read(copy.plan)
    TrustedFolder.in_folder(copy.path, trusted).refuse(list(file.sources))
    job = {key: value for key, value in file.job.items() if key not in ("compute", "search", "plugins")}
    document = Document.from_data({**job, "name": f"{job['name']}-trial"}, layout.PLAN)
    document.override(overrides)
    return document, Registry.exactly(file.sources)


def compare_versions(sent_by: Path) -> None:
    """Says how this installation differs from the sender's. Raises InputError where parts are missing."""
    from framecast.cluster.versions import Versions

    missing, differing = Versions.read(sent_by).compared_here()
    for line in differing:
        typer.echo(f"note: {line}")
    if missing:
        raise InputError("; ".join(missing))
