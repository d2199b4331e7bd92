"""`platform schema`: the JSON schema of job files."""

from __future__ import annotations

import json

import typer

from framecast.cli.options import Plugins


def schema(plugin: Plugins = None) -> None:
    """Print the JSON schema of job files, for editors."""
    from framecast.job.reference import json_schema
    from framecast.registry.registry import Registry

    typer.echo(json.dumps(json_schema(Registry.discover(plugin or [])), indent=1))
