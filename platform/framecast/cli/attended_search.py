"""A search with somebody watching: a live table, a report, the closing words, an exit code."""

from __future__ import annotations

import traceback

import typer

from framecast.search.search_folder import SearchFolder


def attend_search(folder: SearchFolder) -> None:
    """Runs the search to its end and leaves with its exit code."""
    from framecast.launch.chatter import quiet
    from framecast.launch.search.launch import launch_search
    from framecast.report.search_closing import closing, unfinished
    from framecast.report.search_console import following
    from framecast.report.search_page import write_search_report
    from framecast.search.results import Results

    interrupted = False
    with quiet(folder.logs / "driver.log") as terminal, following(folder, terminal):
        try:
            launch_search(folder)
        except KeyboardInterrupt:
            interrupted = True
        try:
            write_search_report(folder)
        except Exception:  # a picture that cannot be drawn must not spoil a search that is done
            traceback.print_exc()
    results = Results.of(folder)
    interrupted = interrupted or unfinished(results)
    typer.echo(closing(folder, results, interrupted))
    raise typer.Exit(130 if interrupted else 0 if results.ranked else 1)
