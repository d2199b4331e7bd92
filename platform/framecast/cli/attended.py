"""A run with somebody watching: quiet libraries, a live console, a report, the closing words, an exit code."""

from __future__ import annotations

import traceback

import typer

from framecast.job.plan import Plan
from framecast.runs.folder import RunFolder

_EXIT_CODES = {"finished": 0, "failed": 1}


def attend(plan: Plan, run: RunFolder, in_process: bool) -> None:
    """Trains the run to its end and leaves with its exit code."""
    from framecast.launch.chatter import quiet
    from framecast.launch.launch import TERMINATED, launch
    from framecast.report.closing import closing, shown
    from framecast.report.console import following
    from framecast.report.page import write_report

    title = f"{run.name}: {plan.model.name} on {plan.data.name}, in {shown(run.path)}"
    with quiet(run.logs / "driver.log") as terminal, following(run, terminal, title):
        status = launch(plan, run, in_process)
        try:
            write_report(run)
        except Exception:  # a picture that cannot be drawn must not spoil a run that is done
            traceback.print_exc()
    typer.echo(closing(run, status, plan))
    interrupted = 143 if status.reason == TERMINATED else 130
    raise typer.Exit(_EXIT_CODES.get(status.state, interrupted))
