"""`platform plugins`: what is installed, and what each plugin's declarations can be set to."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from framecast.cli import plugins_check, plugins_new
from framecast.cli.options import Json, Plugins
from framecast.cli.table import table
from framecast.cli.verbs import Verbs
from framecast.counting import plural
from framecast.errors import InputError, did_you_mean
from framecast.json_text import to_json

if TYPE_CHECKING:
    from framecast.registry.entry_points import DeclaredName
    from framecast.registry.import_probe import ImportResult
    from framecast.registry.plugin_source import PluginSource
    from framecast.registry.registry import Registry

app = typer.Typer(
    cls=Verbs,
    help="See which plugins are installed, and their settings.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("new")(plugins_new.new)
app.command("check")(plugins_check.check)

Verify = Annotated[
    bool, typer.Option("--verify", help="Import other distributions' plugins, each in a separate process.")
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A model, data set, metric, task or callback.")]


@app.command("list")
def list_plugins(as_json: Json = False, verify: Verify = False, plugin: Plugins = None) -> None:
    """List what is installed, from its metadata: plugins of other distributions are not imported.

    platform plugins list
    """
    from framecast.registry.registry import Registry

    registry = Registry.discover(plugin or [])
    registry.known()  # imports our own, for their summaries
    results = registry.verify() if verify else {}
    broken = {source: result.error for source, result in results.items() if result.error}
    broken = registry.broken | broken
    clashes = _clashes(registry)
    if as_json:
        typer.echo(to_json(_listing(registry, results, broken, clashes), indent=1))
        return
    rows = [list(_row(each, results).values()) for each in registry.names()]
    table(["kind", "name", "plugin", "from", "summary"], rows)
    for source, why in broken.items():
        typer.echo(f"broken: {source}: {why}{source.in_brackets}")
    for source, result in results.items():
        for note in result.notes:
            typer.echo(f"note: {source}: {note}{source.in_brackets}")
    for (kind, name), sources in clashes.items():
        both = " and by ".join(f"{each}{each.in_brackets}" for each in sources)
        typer.echo(f"twice: {kind} {name!r} is declared by {both}")
    for name in registry.blocked:
        typer.echo(f"switched off: {name}")
    for note in registry.notes:
        typer.echo(f"note: {note}")
    if verify and not broken:
        typer.echo(f"verified: {plural(len(results), 'plugin')} of other distributions can be imported")


def _row(each: DeclaredName, results: Mapping[PluginSource, ImportResult]) -> dict[str, str]:
    source = each.source
    declared = results[source].declared if source in results else ()
    return {
        "kind": each.kind,
        "name": each.name,
        "plugin": source.name,
        "from": f"{source.distribution} {source.version}".strip() or source.path,
        "summary": next((text for kind, name, text in declared if (kind, name) == each[:2]), each.summary),
    }


def _clashes(registry: Registry) -> dict[tuple[str, str], list[PluginSource]]:
    """The plugins that declare a name, where they are several."""
    found: dict[tuple[str, str], list[PluginSource]] = {}
    for each in registry.names():
        found.setdefault((each.kind, each.name), []).append(each.source)
    return {key: sources for key, sources in found.items() if len(sources) > 1}


def _listing(
    registry: Registry,
    results: Mapping[PluginSource, ImportResult],
    broken: Mapping[PluginSource, str],
    clashes: Mapping[tuple[str, str], list[PluginSource]],
) -> dict[str, Any]:
    """The list for programs. The state of a plugin that was not imported is "installed"."""

    def state(source: PluginSource) -> str:
        if source in broken:
            return "broken"
        return "ok" if source in results or source in registry.loaded else "installed"

    sources = dict.fromkeys([*(each.source for each in registry.names()), *broken])
    return {
        "declarations": [_row(each, results) for each in registry.names()],
        "plugins": [
            {
                **_describe(each),
                "state": state(each),
                "reason": broken.get(each, ""),
                "notes": list(results[each].notes) if each in results else [],
            }
            for each in sources
        ],
        "twice": [
            {"kind": kind, "name": name, "plugins": [_describe(each) for each in sources]}
            for (kind, name), sources in clashes.items()
        ],
        "broken": [{"plugin": str(each), "reason": why} for each, why in broken.items()],
        "blocked": registry.blocked,
        "notes": list(registry.notes),
    }


def _describe(source: PluginSource) -> dict[str, Any]:
    return {"plugin": source.name, "source": source.to_dict(), "file": source.file()}


@app.command("info")
def info(name: Name, as_json: Json = False, plugin: Plugins = None) -> None:
    """Show a model, data set, metric, task or callback: its plugin, constraints and settings.

    platform plugins info my_model
    """
    from framecast.job.reference import settings_table
    from framecast.registry.registry import Registry

    registry = Registry.discover(plugin or [])
    kinds = [each.kind for each in registry.names() if each.name == name]
    if not kinds:
        known = {each.name for each in registry.names()}
        broken = "".join(f"; plugin {registry.describe_broken(each)}" for each in registry.broken)
        notes = "".join(f"; {note}" for note in registry.notes)
        raise InputError(f"nothing installed is called {name!r}{did_you_mean(name, known)}{broken}{notes}")
    found = [registry.find(kind, name) for kind in dict.fromkeys(kinds)]
    described = [
        {
            "kind": entry.kind,
            "name": name,
            "summary": entry.declaration.summary,
            "plugin": entry.source.to_dict(),
            "constraints": [
                {"expression": each.expression, "because": each.because}
                for each in getattr(entry.declaration, "constraints", ())
            ],
            "settings": [dataclasses.asdict(row) for row in settings_table(entry.declaration.settings)],
        }
        for entry in found
    ]
    if as_json:
        typer.echo(to_json(described, indent=1))
        return
    for entry, each in zip(found, described, strict=True):
        typer.echo(f"{entry.kind} {name}: {entry.declaration.summary}")
        typer.echo(f"from plugin {entry.source}")
        for constraint in getattr(entry.declaration, "constraints", ()):
            typer.echo(f"constraint: {constraint.expression} ({constraint.because})")
        for row in settings_table(entry.declaration.settings):
            typer.echo(f"\n  {row.key}: {row.type}, default {row.default}\n      {row.text}")
            for choice in row.choices:
                typer.echo(f"        {choice.value}: {choice.text}".rstrip(": "))
        if not each["settings"]:
            typer.echo("it has no settings")
