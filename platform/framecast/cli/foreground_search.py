"""A search in the foreground: a live table, a report, a summary, an exit code."""

from __future__ import annotations

import traceback

import typer

from framecast.registry.trust import Trust
from framecast.search.search_folder import SearchFolder


def run_search_in_foreground(folder: SearchFolder, trust: Trust | None = None) -> None:
    """Runs the search to its end and leaves with its exit code."""
    from framecast.errors import in_one_line
    from framecast.launch.capture_output import capture_output
    from framecast.launch.search.launch import launch_search
    from framecast.launch.signals import exit_code
    from framecast.report.search_console import following
    from framecast.report.search_page import write_search_report
    from framecast.report.search_summary import search_summary

    with capture_output(folder.driver_log) as terminal, following(folder, terminal):
        status, spoilt = launch_search(folder, trust), ""
        try:
            write_search_report(folder)
        except Exception as error:  # a picture that cannot be drawn must not spoil a search that is done
            traceback.print_exc()
            log = folder.driver_log
            spoilt = f"warning: the report is not up to date: {in_one_line(error)}; see {log}"
    typer.echo(search_summary(status))
    if spoilt:
        typer.echo(spoilt)
    if status.state == "interrupted":
        raise typer.Exit(exit_code(status.cause))
    raise typer.Exit(0 if status.state == "finished" and status.best else 1)
