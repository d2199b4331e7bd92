"""`platform report RUN`: the report of a run, made anew from its folder."""

from __future__ import annotations

import typer

from framecast.cli.options import Run, Runs


def report(run: Run, runs: Runs = None) -> None:
    """Write a run's report.html anew, from its folder alone, and print where it is."""
    from framecast.report.closing import shown
    from framecast.report.page import write_report
    from framecast.runs.folder import RunFolder, runs_root

    folder = RunFolder.find(run, runs_root(runs))
    write_report(folder)
    typer.echo(shown(folder.report))
