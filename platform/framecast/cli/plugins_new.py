"""`platform plugins new`: the beginning of a plugin."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Literal

import typer

from framecast.scaffold.plugin_template import PluginTemplate

Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the plugin and its module, such as my_cell.")]
Kind = Annotated[
    Literal["model", "dataset", "metric", "task", "callback"],
    typer.Option("--kind", help="What the plugin declares."),
]
SingleFile = Annotated[bool, typer.Option("--single-file", help="One file for `-p`, instead of a package.")]
Output = Annotated[Path, typer.Option("--output", metavar="DIR", help="Where it goes.")]


def new(name: Name, kind: Kind, single_file: SingleFile = False, output: Output = Path()) -> None:
    """Begin a plugin: a small one that works, with its test. Nothing is overwritten.

    platform plugins new my_cell --kind model
    """
    beginning = PluginTemplate(name, kind, single_file)
    written = beginning.write(output)
    typer.echo(f"{written} is there, and works as it is. Next:")
    submit = ["platform", "submit", "jobs/demo.yaml"]
    if single_file:
        named = str(written) if written.is_absolute() else f"./{written}"
        steps = [["platform", "plugins", "check", named], [*submit, "-p", named, beginning.override]]
    else:
        steps = [["pip", "install", "-e", str(written)], ["platform", "plugins", "check", name]]
        steps += [[*submit, beginning.override]]
    for step in steps:
        typer.echo(f"  {shlex.join(step)}")
