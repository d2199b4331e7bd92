"""`platform schema`: the JSON schema of job files."""

from __future__ import annotations

import typer

from framecast.cli.options import Plugins
from framecast.json_text import to_json


def schema(plugin: Plugins = None) -> None:
    """Print the JSON schema of job files, for editors.

    platform schema > job.schema.json
    """
    from framecast.job.schema import json_schema
    from framecast.registry.registry import Registry

    registry = Registry.discover(plugin or [])
    for source in registry.load_third_party():
        typer.echo(f"note: left out: plugin {registry.describe_broken(source)}", err=True)
    typer.echo(to_json(json_schema(registry), indent=1))
