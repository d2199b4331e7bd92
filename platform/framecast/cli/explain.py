"""`platform explain KEY`: what a key of the job file means."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from framecast.cli.options import Json, Plugins
from framecast.json_text import to_json

Key = Annotated[str, typer.Argument(metavar="KEY", help="A key of the job file, such as model.rank.")]


def explain(key: Key, as_json: Json = False, plugin: Plugins = None) -> None:
    """Explain a key of the job file: platform explain model.rank"""
    from framecast.job.reference import explain as explained
    from framecast.registry.registry import Registry

    rows = explained(key, Registry.discover(plugin or []))
    if as_json:
        typer.echo(to_json([dataclasses.asdict(row) for row in rows], indent=1))
        return
    for row in rows:
        typer.echo(f"{row.key}: {row.type}, default {row.default}" + (f"  ({row.owner})" if row.owner else ""))
        typer.echo(f"  {row.text}")
