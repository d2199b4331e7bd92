"""A run in the foreground: quiet libraries, a live console, a report, the summary, an exit code."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback

import typer

from framecast.files import open_to_append
from framecast.job.plan import Plan
from framecast.runs.driver import Driver
from framecast.runs.job_folder import JobFolder
from framecast.runs.run_folder import RunFolder

_EXIT_CODES = {"finished": 0, "failed": 1}


def run_in_foreground(plan: Plan, run: RunFolder, in_process: bool, new: bool = True) -> None:
    """Trains the run to its end and leaves with its exit code; see `launch`."""
    from framecast.command_line import display_path
    from framecast.errors import in_one_line
    from framecast.launch.capture_output import capture_output
    from framecast.launch.launch import launch
    from framecast.launch.mirroring import push
    from framecast.launch.output import OutputFailed, ReaderGone, put_back_output
    from framecast.launch.signals import exit_code
    from framecast.report.console import following
    from framecast.report.page import write_report
    from framecast.report.run_summary import run_summary
    from framecast.runs.limits import in_words

    title = f"{run.name}: {plan.model.name} on {plan.data.name}, in {display_path(run.path)}"
    training = plan.job.training
    if training.max_steps is not None or training.max_hours is not None:
        title += f"\nit ends {in_words(training)}"
    with capture_output(run.driver_log) as terminal, following(run, terminal, title):
        before, spoilt = run.journal.size, ""
        status = launch(plan, run, in_process, new)
        try:
            if run.journal.size != before:
                write_report(run)
                push(run)
        except Exception as error:  # a picture that cannot be drawn must not spoil a run that is done
            traceback.print_exc()
            spoilt = f"warning: the report is not up to date: {in_one_line(error)}; see {run.driver_log}"
    code = _EXIT_CODES.get(status.state)
    try:
        typer.echo(run_summary(run, status, plan))
        if spoilt:
            typer.echo(spoilt)
    except ReaderGone:  # handled: no reader is left; the exit code is that of the training all the same
        put_back_output()  # the exit code is that of the training, with or without a reader
    except OutputFailed as error:
        put_back_output()
        print(error, file=sys.stderr)
    raise typer.Exit(exit_code(status.cause) if code is None else code)


def run_in_background(run: JobFolder, arguments: list[str]) -> None:
    """Trains the run in another process, which outlives this shell; says how to follow and stop it.

    It may import the run's plugins, as this process has."""
    from framecast.command_line import command
    from framecast.launch.import_path import passed_on
    from framecast.report.run_summary import name_here
    from framecast.secret_urls import set_aside

    with open_to_append(run.driver_log, run.path) as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "framecast", "resume", str(run.path), "--trust", *set_aside(arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # the console is kept in the run's logs as it is
            stderr=log,
            start_new_session=True,
            env={**os.environ, **passed_on()},
        )
    Driver.of_process(process.pid).note(run)
    follow, end = command("logs", "-f", name_here(run)), command("stop", name_here(run))
    typer.echo(f"run {run.name} {run.id} trains in the background; follow it: {follow}; end it: {end}")
