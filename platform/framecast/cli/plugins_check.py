"""`platform plugins check`: the kit for plugins, without a test."""

from __future__ import annotations

import dataclasses
import textwrap
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from framecast.cli.options import Json, Plugins
from framecast.json_text import to_json

if TYPE_CHECKING:
    from framecast.testing.inspection import CheckResult

WORDS = {"ok": "ok", "FAIL": "failed", "left out": "left out"}

Plugin = Annotated[
    str,
    typer.Argument(metavar="PATH_OR_NAME", help="A file or package, a module, or what an installed one declares."),
]
Settings = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY=VALUE", help="Settings of the plugin, such as width=16."),
]


def check(plugin: Plugin, settings: Settings = None, as_json: Json = False, named: Plugins = None) -> None:
    """Test a plugin: every point of its kind's contract, a line each.

    platform plugins check ./my_cell.py

    Leaves with 0 where all hold, with 1 where one fails, with 2 where there is no such plugin or setting.
    """
    from framecast.job.document import Document
    from framecast.testing import CheckOptions, Inspection
    from framecast.testing.inspection import try_import

    written = Document.from_data({})
    written.override(settings or [])
    given = CheckOptions(settings=written.data)
    findings: list[CheckResult] = []
    try_import(plugin, Path.cwd())
    with TemporaryDirectory(prefix="framecast-check-") as folder:
        inspections = Inspection.all(plugin, given, Path(folder), Path.cwd(), tuple(named or ()))
        for inspection in inspections:
            _ = inspection.subject.settings  # wrong ones are the caller's fault, not the plugin's
        for finding in (each for inspection in inspections for each in inspection.findings()):
            findings.append(finding)
            if not as_json:
                typer.echo(describe(finding))
    states: list[str] = [finding.state for finding in findings]
    if as_json:
        typer.echo(to_json([dataclasses.asdict(finding) for finding in findings], indent=1))
    else:
        typer.echo(", ".join(f"{states.count(state)} {word}" for state, word in WORDS.items()))
    raise typer.Exit(1 if "FAIL" in states else 0)


def describe(finding: CheckResult) -> str:
    """A check in a line; one that failed with the contract's words, and where the plugin raised."""
    reason = f": {finding.reason}" if finding.reason else ""
    line = f"{finding.state:8}  {finding.kind} {finding.name}: {finding.check.replace('_', ' ')}{reason}"
    if finding.state != "FAIL":
        return line
    return "\n".join(
        [line, *(textwrap.indent(text, " " * 10) for text in (finding.advice, finding.where) if text)]
    )
