"""`platform plugins check`: the kit for plugins, without a test."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from framecast.cli.options import Json, Plugins

Plugin = Annotated[
    str,
    typer.Argument(metavar="PATH_OR_NAME", help="A file or package, a module, or what an installed one declares."),
]
Settings = Annotated[
    list[str] | None,
    typer.Argument(metavar="[KEY=VALUE]...", help="Settings of the plugin, such as root=data/kth."),
]


def check(plugin: Plugin, settings: Settings = None, as_json: Json = False, named: Plugins = None) -> None:
    """Prove a plugin right: every point of its kind's contract, a line each.

    platform plugins check ./my_cell.py

    Leaves with 0 where all hold, with 1 where one fails.
    """
    from framecast.job.document import Document
    from framecast.testing import Given, Inspection

    written = Document.from_data({})
    written.override(settings or [])
    with TemporaryDirectory(prefix="framecast-check-") as folder:
        inspections = Inspection.all(
            plugin, Given(settings=written.data), Path(folder), Path.cwd(), tuple(named or ())
        )
        findings = []
        for finding in (each for inspection in inspections for each in inspection.findings()):
            findings.append(finding)
            if not as_json:
                why = f": {finding.reason}" if finding.reason else ""
                words = finding.check.replace("_", " ")
                typer.echo(f"{finding.state:8}  {finding.kind} {finding.name}: {words}{why}")
            if not as_json and finding.state == "FAIL":
                typer.echo(
                    "".join(f"          {line}\n" for line in finding.advice.splitlines() if line), nl=False
                )
    failed = sum(finding.state == "FAIL" for finding in findings)
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=1))
    else:
        left_out = sum(finding.state == "left out" for finding in findings)
        typer.echo(f"{len(findings) - failed - left_out} ok, {failed} failed, {left_out} left out")
    raise typer.Exit(1 if failed else 0)
