"""`platform`: the verbs gathered, and the one place where errors become words and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated

import typer

from framecast.bounded.time_limit import is_stuck
from framecast.cli import (
    data,
    doctor,
    evaluate,
    explain,
    export,
    fetch,
    list_runs,
    logs,
    plugins,
    predict,
    report,
    results,
    resume,
    schema,
    status,
    stop,
    submit,
)
from framecast.cli.verbs import Verb, Verbs
from framecast.errors import InputError, PluginFailed, disk_problem, in_one_line, without_credentials
from framecast.launch.import_path import extend
from framecast.launch.output import OutputFailed, ReaderGone, put_back_output, use_plain_output
from framecast.plain_text import plain
from framecast.variables_file import take_variables

Function = Callable[..., None]

PANELS: dict[str, dict[str, Function | typer.Typer]] = {
    "Train": {
        "submit": submit.submit,
        "resume": resume.resume,
        "stop": stop.stop,
        "extend": results.extend,
    },
    "Look at runs": {
        "list": list_runs.list_runs,
        "status": status.status,
        "logs": logs.logs,
        "report": report.report,
        "results": results.results,
    },
    "Use models": {
        "evaluate": evaluate.evaluate,
        "predict": predict.predict,
        "export": export.export,
        "fetch": fetch.fetch,
    },
    "Write jobs": {
        "explain": explain.explain,
        "schema": schema.schema,
        "data": data.app,
    },
    "Extend Framecast": {
        "plugins": plugins.app,
    },
    "Machines and clusters": {
        "doctor": doctor.doctor,
    },
}
"""Every verb, in the sections of `platform --help`."""


class Platform(Verbs):
    """All verbs, in the order of their sections."""

    panels = tuple(PANELS)


app = typer.Typer(
    name="platform",
    cls=Platform,
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for panel, verbs in PANELS.items():
    for name, verb in verbs.items():
        if isinstance(verb, typer.Typer):
            app.add_typer(verb, name=name, rich_help_panel=panel)
        else:
            app.command(name, cls=Verb, rich_help_panel=panel)(verb)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"framecast {version('framecast')}")
        raise typer.Exit()


@app.callback()
def platform(
    show_version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Train spatio-temporal models from one job file.

    Start with: platform submit jobs/demo.yaml
    """


def main() -> None:
    """Runs the command. Exit codes: 0 done, 1 the run failed, 2 wrong input, 129, 130 and 143 interrupted."""
    use_plain_output()
    extend()
    try:
        code, lines = _run()
    finally:
        put_back_output()
    for line in lines:
        print(plain(without_credentials(line)), file=sys.stderr)
    if is_stuck():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _run() -> tuple[int, list[str]]:
    """The exit code, and the lines for standard error."""
    try:
        try:
            take_variables()
            app()
        except SystemExit as ended:
            code = 0 if ended.code is None else ended.code if isinstance(ended.code, int) else 1
            sys.stdout.flush()
            return code, [ended.code] if isinstance(ended.code, str) else []
    except ReaderGone:  # handled: the reader has what it wants; exit code 0
        return 0, []
    except OutputFailed as error:
        return 1, [str(error)]
    except OSError as error:
        if isinstance(error, PermissionError):
            return 2, [in_one_line(error)]
        if not (why := disk_problem(error)):
            raise
        return 1, [f"stopped: {why}"]
    except InputError as error:
        return 2, list(map(str, error.problems))
    except PluginFailed as error:
        return 1, [str(error)]
    except KeyboardInterrupt:  # handled: reported in a line, with exit code 130
        return 130, ["stopped at once; `platform list` shows what is left"]
    return 0, []
