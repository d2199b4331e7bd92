"""`platform plugins`: what is installed, and what each plugin's declarations can be set to."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any

import typer

from framecast.cli import plugins_check, plugins_new
from framecast.cli.options import Json, Plugins
from framecast.cli.table import table
from framecast.cli.verbs import Verbs
from framecast.errors import InputError, did_you_mean
from framecast.json_text import to_json

if TYPE_CHECKING:
    from framecast.registry.outcome import Outcome
    from framecast.registry.provider import Provider

app = typer.Typer(
    cls=Verbs,
    help="See which plugins are installed, and their settings.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("new")(plugins_new.new)
app.command("check")(plugins_check.check)

Again = Annotated[bool, typer.Option("--again", help="Look at every plugin anew, also where nothing has changed.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A model, data set, metric, task or callback.")]


@app.command("list")
def list_plugins(as_json: Json = False, again: Again = False, plugin: Plugins = None) -> None:
    """List what is installed, and plugins with which something is wrong.

    platform plugins list
    """
    from framecast.registry.registry import Registry

    registry = Registry.discover(plugin or [])
    outcomes = registry.outcomes(again)
    rows = [
        {
            "kind": each.kind,
            "name": each.name,
            "plugin": provider.name,
            "from": f"{provider.distribution} {provider.version}".strip() or provider.path,
            "summary": each.summary,
        }
        for each, provider in registry.declared()
    ]
    twice: dict[tuple[str, str], list[Provider]] = {}
    for each, provider in registry.declared():
        twice.setdefault((each.kind, each.name), []).append(provider)
    twice = {key: providers for key, providers in twice.items() if len(providers) > 1}
    if as_json:
        listing = {
            "declarations": rows,
            **_in_order(outcomes),
            "twice": [
                {"kind": kind, "name": name, "plugins": [_described(each) for each in found]}
                for (kind, name), found in twice.items()
            ],
            "broken": [{"plugin": str(each), "reason": why} for each, why in registry.broken.items()],
            "blocked": registry.blocked,
        }
        typer.echo(to_json(listing, indent=1))
        return
    table(["kind", "name", "plugin", "from", "summary"], [list(row.values()) for row in rows])
    for provider, outcome in outcomes.items():
        if outcome.state != "ok":
            typer.echo(f"{outcome.state}: {provider}: {outcome.reason}{_place(provider)}")
    for (kind, name), found in twice.items():
        both = " and by ".join(f"{each}{_place(each)}" for each in found)
        typer.echo(f"twice: {kind} {name!r} is declared by {both}")
    for name in registry.blocked:
        typer.echo(f"switched off: {name}")


def _in_order(outcomes: dict[Provider, Outcome]) -> dict[str, Any]:
    """What came of each plugin, and who implements each hook, both in the order in which hooks are called."""
    from framecast.plugin.hooks import HOOK_OF_KIND

    return {
        "plugins": [
            {**_described(provider), "state": outcome.state, "reason": outcome.reason, "seconds": outcome.seconds}
            for provider, outcome in outcomes.items()
        ],
        "hooks": {
            hook: [
                provider.name
                for provider, outcome in outcomes.items()
                if any(each.kind == kind for each in outcome.declares)
            ]
            for kind, hook in HOOK_OF_KIND.items()
        },
    }


def _described(provider: Provider) -> dict[str, Any]:
    return {"plugin": provider.name, "provider": provider.to_dict(), "file": provider.file()}


def _place(provider: Provider) -> str:
    """The plugin's file in brackets, where it has one that its own words do not hold."""
    file = provider.file()
    return f" [{file}]" if file and file not in str(provider) else ""


@app.command("info")
def info(name: Name, as_json: Json = False, plugin: Plugins = None) -> None:
    """Show a model, data set, metric, task or callback: its plugin, constraints and settings.

    platform plugins info my_model
    """
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
        typer.echo(to_json(described, indent=1))
        return
    for entry, each in zip(found, described, strict=True):
        typer.echo(f"{entry.kind} {name}: {entry.declaration.summary}")
        typer.echo(f"from plugin {entry.provider}")
        for constraint in getattr(entry.declaration, "constraints", ()):
            typer.echo(f"constraint: {constraint.expression} ({constraint.because})")
        for row in settings_table(entry.declaration.settings):
            typer.echo(f"\n  {row.key}: {row.type}, default {row.default}\n      {row.text}")
            for choice in row.choices:
                typer.echo(f"        {choice.value}: {choice.text}".rstrip(": "))
        if not each["settings"]:
            typer.echo("it has no settings")
