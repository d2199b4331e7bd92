"""`platform`: the verbs gathered, and the one place where errors become words and exit codes."""

from __future__ import annotations

import sys

import typer

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
from framecast.errors import InputError
from framecast.launch.import_path import extend
from framecast.launch.output import OutputFailed, ReaderGone, put_back_output, use_plain_output

app = typer.Typer(
    name="platform",
    help="Train spatio-temporal models from one job file.\n\nStart with: platform submit jobs/demo.yaml",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("submit")(submit.submit)
app.command("resume")(resume.resume)
app.command("list")(list_runs.list_runs)
app.command("status")(status.status)
app.command("logs")(logs.logs)
app.command("stop")(stop.stop)
app.command("report")(report.report)
app.command("evaluate")(evaluate.evaluate)
app.command("predict")(predict.predict)
app.command("export")(export.export)
app.command("fetch")(fetch.fetch)
app.command("results")(results.results)
app.command("extend")(results.extend)
app.command("schema")(schema.schema)
app.command("explain")(explain.explain)
app.command("doctor")(doctor.doctor)
app.add_typer(data.app, name="data")
app.add_typer(plugins.app, name="plugins")


def main() -> None:
    """Runs the command. Exit codes: 0 done, 1 the run failed, 2 wrong input, 130 and 143 interrupted."""
    use_plain_output()
    extend()
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except ReaderGone:
        put_back_output()
        sys.exit(0)
    except OutputFailed as error:
        put_back_output()
        print(error, file=sys.stderr)
        sys.exit(1)
    except InputError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("stopped at once; `platform list` shows what is left", file=sys.stderr)
        sys.exit(130)
