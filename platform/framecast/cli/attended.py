"""A run with somebody watching: quiet libraries, a live console, a report, the closing words, an exit code."""

from __future__ import annotations

import subprocess
import sys
import traceback

import typer

from framecast.job.plan import Plan
from framecast.runs.folder import RunFolder
from framecast.runs.status import note_driver

_EXIT_CODES = {"finished": 0, "failed": 1}


def attend(plan: Plan, run: RunFolder, in_process: bool) -> None:
    """Trains the run to its end and leaves with its exit code."""
    from framecast.command_line import shown
    from framecast.launch.chatter import quiet
    from framecast.launch.launch import TERMINATED, launch
    from framecast.launch.mirroring import bring
    from framecast.report.closing import closing
    from framecast.report.console import following
    from framecast.report.page import write_report
    from framecast.runs.limits import in_words

    title = f"{run.name}: {plan.model.name} on {plan.data.name}, in {shown(run.path)}"
    training = plan.job.training
    if training.max_steps is not None or training.max_hours is not None:
        title += f"\nit ends {in_words(training)}"
    with quiet(run.logs / "driver.log") as terminal, following(run, terminal, title):
        status = launch(plan, run, in_process)
        try:
            write_report(run)
            bring(run)
        except Exception:  # a picture that cannot be drawn must not spoil a run that is done
            traceback.print_exc()
    typer.echo(closing(run, status, plan))
    interrupted = 143 if status.reason == TERMINATED else 130
    raise typer.Exit(_EXIT_CODES.get(status.state, interrupted))


def detached(run: RunFolder, arguments: list[str]) -> None:
    """Trains the run in another process, which outlives this shell; says how to follow and stop it."""
    from framecast.command_line import command
    from framecast.report.closing import name_here

    with open(run.logs / "driver.log", "ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "framecast", "resume", str(run.path), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # the console is kept in the run's logs as it is
            stderr=log,
            start_new_session=True,
        )
    note_driver(run, process.pid)
    follow, end = command("logs", "-f", name_here(run)), command("stop", name_here(run))
    typer.echo(f"run {run.name} {run.id} trains in the background; follow it: {follow}; end it: {end}")
