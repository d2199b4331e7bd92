"""`platform plugins`: what is installed, and what each plugin's declarations can be set to."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer

from framecast.cli.options import Json, Plugins
from framecast.cli.table import table
from framecast.errors import InputError, did_you_mean

app = typer.Typer(
    help="See which plugins are installed, and their settings.", no_args_is_help=True, rich_markup_mode=None
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A model, data set, metric, task or callback.")]


@app.command("list")
def list_plugins(as_json: Json = False, plugin: Plugins = None) -> None:
    """List what is installed: every declaration, its plugin, and plugins that are broken."""
    from framecast.registry.registry import Registry

    registry = Registry.discover(plugin or [])
    rows = [
        {
            "kind": entry.kind,
            "name": entry.declaration.name,
            "plugin": entry.provider.name,
            "from": f"{entry.provider.distribution} {entry.provider.version}".strip() or entry.provider.path,
            "summary": entry.declaration.summary,
        }
        for entry in registry.all()
    ]
    broken = [{"plugin": str(provider), "reason": reason} for provider, reason in registry.broken.items()]
    if as_json:
        typer.echo(json.dumps({"declarations": rows, "broken": broken, "blocked": registry.blocked}, indent=1))
        return
    table(["kind", "name", "plugin", "from", "summary"], [list(row.values()) for row in rows])
    for each in broken:
        typer.echo(f"broken: {each['plugin']}: {each['reason']}")
    for name in registry.blocked:
        typer.echo(f"switched off: {name}")


@app.command("info")
def info(name: Name, as_json: Json = False, plugin: Plugins = None) -> None:
    """Show one declaration: where it comes from, its constraints, and a table of its settings."""
    from framecast.job.reference import settings_table
    from framecast.registry.registry import Registry

    registry = Registry.discover(plugin or [])
    found = [entry for entry in registry.all() if entry.declaration.name == name]
    if not found:
        known = {entry.declaration.name for entry in registry.all()}
        broken = "".join(f"; broken: {provider}: {why}" for provider, why in registry.broken.items())
        raise InputError(f"nothing installed is called {name!r}{did_you_mean(name, known)}{broken}")
    described = [
        {
            "kind": entry.kind,
            "name": name,
            "summary": entry.declaration.summary,
            "plugin": entry.provider.to_dict(),
            "constraints": [
                {"expression": each.expression, "because": each.because}
                for each in getattr(entry.declaration, "constraints", ())
            ],
            "settings": [dataclasses.asdict(row) for row in settings_table(entry.declaration.settings)],
        }
        for entry in found
    ]
    if as_json:
        typer.echo(json.dumps(described, indent=1))
        return
    for entry, each in zip(found, described, strict=True):
        typer.echo(f"{entry.kind} {name}: {entry.declaration.summary}")
        typer.echo(f"from plugin {entry.provider}")
        for constraint in getattr(entry.declaration, "constraints", ()):
            typer.echo(f"constraint: {constraint.expression} ({constraint.because})")
        for row in settings_table(entry.declaration.settings):
            typer.echo(f"\n  {row.key}: {row.type}, default {row.default}\n      {row.text}")
        if not each["settings"]:
            typer.echo("it has no settings")
