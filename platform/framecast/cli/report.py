"""`platform report RUN...`: the report of a run, or of several side by side, made again from their folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from framecast.cli.options import Force, Runs
from framecast.errors import InputError
from framecast.files import validate_output

if TYPE_CHECKING:
    from framecast.search.search_folder import SearchFolder

_ELSEWHERE = "--output FILE writes elsewhere"

_Named = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN...",
        help="A path, an id, the beginning of one, or a job's name (its newest). Several are compared.",
    ),
]
_Output = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help="Where to write; - prints it. [default: the run's report.html; ./report-A-B.html]",
    ),
]


def report(run: _Named, runs: Runs = None, output: _Output = None, force: Force = False) -> None:
    """Write the report of a run or a search again, or one page that compares several runs.

    platform report demo other_demo

    It is made from the runs' folders alone. That of a run on a cluster is written here, as ./report-RUN.html.
    """
    from framecast.cli.remote import known_run
    from framecast.command_line import display_path
    from framecast.files import write_atomically
    from framecast.report.comparison_page import write_comparison
    from framecast.report.page import render_report, write_report
    from framecast.runs.mirror import refresh
    from framecast.runs.roots import runs_root
    from framecast.search.find import find, find_run

    named = known_run(run[0], runs) if len(run) == 1 else None
    if named and named.remote:
        from framecast.cluster.send import answer

        output = writable(output or Path(f"report-{named.text.replace('#', '-')}.html"), force)
        page = answer(named.remote.location, ["report", named.text, "--output", "-"])
        write_atomically(output, page)
        typer.echo(display_path(output))
        return
    found = [find(each, runs_root(runs)) for each in run]
    if len(found) == 1 and (search := found[0].search):
        report_search(search, output, force)
        return
    folders = [find_run(each, runs_root(runs)) for each in run]
    for folder in folders:
        refresh(folder, checkpoints=True)
    if output is None and len(folders) > 1:
        output = Path(f"report-{'-'.join(folder.id for folder in folders)}.html")
    if output == Path("-"):
        typer.echo(render_report(folders[0]), nl=False)
        return
    if output is not None:
        output = writable(output, force)
    else:
        validate_output(folders[0].report, _ELSEWHERE)
    if len(folders) == 1:
        write_report(folders[0], output)
    else:
        assert output is not None, "named above"
        write_comparison(folders, output)
    typer.echo(display_path(output or folders[0].report))


def report_search(search: SearchFolder, output: Path | None, force: bool) -> None:
    """Writes the page of a search again."""
    from framecast.command_line import display_path
    from framecast.files import write_atomically
    from framecast.report.search_page import render_search_report

    if output is not None and output != Path("-"):
        output = writable(output, force)
    if output == Path("-"):
        typer.echo(render_search_report(search), nl=False)
        return
    if output is None:
        validate_output(search.report, _ELSEWHERE)
    write_atomically(output or search.report, render_search_report(search))
    typer.echo(display_path(output or search.report))


def writable(output: Path, force: bool) -> Path:
    """The file to write. Raises InputError where it is there already, or its folder is not."""
    if output.exists() and not force:
        raise InputError(f"{output} is there already: --force replaces it, --output FILE writes elsewhere")
    if not output.parent.is_dir():
        raise InputError(f"cannot write {output}: there is no folder {output.parent}")
    validate_output(output)
    return output
