"""`platform results SEARCH` and `platform extend SEARCH`: what a search found, and more of it."""

from __future__ import annotations

from typing import Annotated

import typer

from framecast.cli.options import Json, Overrides, Runs, Trust
from framecast.cli.table import table
from framecast.json_text import to_json

Search = Annotated[
    str,
    typer.Argument(metavar="SEARCH", help="A path, an id, the beginning of one, or a job's name (its newest)."),
]
Best = Annotated[int | None, typer.Option("--best", min=1, metavar="N", help="Only the N best.")]
Job = Annotated[
    str | None, typer.Option("--job", metavar="TRIAL", help="Print the job file of a trial: its number, or best.")
]
Trials = Annotated[int, typer.Option("--trials", min=0, metavar="N", help="How many trials to add.")]


def results(
    ctx: typer.Context,
    search: Search,
    best: Best = None,
    job: Job = None,
    as_json: Json = False,
    runs: Runs = None,
) -> None:
    """Show a search's trials, the best first.

    `*` marks the Pareto front. The job file of the best:

    platform results search_demo --job best > job.yaml
    """
    from framecast.cli.remote import forward
    from framecast.runs.roots import runs_root
    from framecast.search.find import find_search
    from framecast.search.results import Results

    forward(ctx, search, runs, None)
    folder = find_search(search, runs_root(runs))
    found = Results.of(folder)
    if job is not None:
        typer.echo(folder.job_of(found.numbered(job)).to_yaml(), nl=False)
        return
    rows = found.rows()[:best]
    if as_json:
        typer.echo(to_json({"search": folder.id, "states": found.states, "trials": rows}, indent=1))
        return
    keys = list(found.search.parameters)
    header = [
        "trial",
        "state",
        "epoch",
        *(key.removeprefix("model.") for key in keys),
        *found.search.objectives,
        "",
    ]
    cells = [
        [
            f"{row['trial']}{'*' if row['front'] else ''}",
            row["state"],
            row["epoch"],
            *(row.get(key) for key in keys),
            *(row[name] for name in found.search.objectives),
            row["reason"],
        ]
        for row in rows
    ]
    table(header, cells)
    typer.echo(", ".join(f"{count} {state}" for state, count in found.states.items()))


def extend(
    ctx: typer.Context,
    search: Search,
    trials: Trials,
    overrides: Overrides = None,
    runs: Runs = None,
    trust: Trust = False,
) -> None:
    """Add trials to a search; they learn from the finished ones.

    platform extend search_demo --trials 10 'search.parameters.model.width.int=[4,64]'
    """
    from framecast.cli.foreground_search import run_search_in_foreground
    from framecast.cli.remote import forward
    from framecast.launch.search.launch import extend as extended
    from framecast.registry.trust import Trust as TrustedFolder
    from framecast.runs.roots import runs_root
    from framecast.search.find import find_search

    forward(ctx, search, runs, None)
    folder = find_search(search, runs_root(runs))
    trusted = TrustedFolder.in_folder(folder.path, trust)
    extended(folder, trials, overrides or [], trusted)
    run_search_in_foreground(folder, trusted)
