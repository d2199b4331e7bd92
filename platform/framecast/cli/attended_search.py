"""A search with somebody watching: a live table, a report, the closing words, an exit code."""

from __future__ import annotations

import traceback

import typer

from framecast.search.search_folder import SearchFolder


def attend_search(folder: SearchFolder) -> None:
    """Runs the search to its end and leaves with its exit code."""
    from framecast.launch.chatter import quiet
    from framecast.report.closing import own_command, shown
    from framecast.report.search_console import following
    from framecast.report.search_page import write_search_report
    from framecast.search.launch import launch_search
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
    ended = sum(results.states.get(state, 0) for state in ("finished", "stopped", "failed"))
    interrupted = interrupted or ended < len(results.trials)
    typer.echo(
        f"{len(results.trials)} trials: "
        + ", ".join(f"{count} {state}" for state, count in results.states.items())
    )
    if results.ranked:
        values = ", ".join(
            f"{name} {value:.5g}"
            for name, value in zip(
                results.search.objectives, results.best.objectives(results.search) or (), strict=True
            )
        )
        point = ", ".join(f"{key}={value}" for key, value in results.best.point.items())
        typer.echo(f"best: trial {results.best.number} ({point}): {values}")
    typer.echo(f"report: {shown(folder.report)}")
    platform = own_command()
    commands = [
        f"{platform} results {folder.id}",
        f"{platform} submit --from {folder.id}#best",
        f"{platform} extend {folder.id} --trials 10",
    ]
    if interrupted:
        commands = [f"{platform} resume {folder.id}", *commands[:1]]
    typer.echo("next:\n" + "\n".join(f"  {command}" for command in commands))
    raise typer.Exit(130 if interrupted else 0 if results.ranked else 1)
