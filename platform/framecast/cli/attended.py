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
    from framecast.launch.chatter import quiet
    from framecast.launch.launch import TERMINATED, launch
    from framecast.launch.mirroring import bring
    from framecast.report.closing import closing, shown
    from framecast.report.console import following
    from framecast.report.page import write_report

    title = f"{run.name}: {plan.model.name} on {plan.data.name}, in {shown(run.path)}"
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
    """Trains the run in a process of its own, which outlives this shell; says how to follow and stop it."""
    with open(run.logs / "driver.log", "ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "framecast", "resume", str(run.path), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # the console is kept in the run's logs as it is
            stderr=log,
            start_new_session=True,
        )
    note_driver(run, process.pid)
    typer.echo(f"run {run.name} {run.id} goes on by itself: platform logs -f {run.id}, platform stop {run.id}")
