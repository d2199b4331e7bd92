"""`platform explain [KEY]`: what a key of the job file means."""

from __future__ import annotations

import dataclasses
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from framecast.cli.options import Json, Plugins
from framecast.command_line import command
from framecast.errors import InputError
from framecast.json_text import to_json

if TYPE_CHECKING:
    from framecast.job.explanation import Explanation
    from framecast.job.reference import Choice, Explained
    from framecast.registry.registry import Registry

Key = Annotated[
    str | None,
    typer.Argument(metavar="KEY", help="A key, a section or a plugin: training.seed. [default: an overview]"),
]


def explain(key: Key = None, as_json: Json = False, plugin: Plugins = None) -> None:
    """Explain a key of the job file, or list all sections.

    platform explain training.precision
    """
    from framecast.job.explanation import explain as find_explanations
    from framecast.registry.registry import Registry

    registry = Registry.discover(plugin or [])
    if key is None:
        _print_overview(registry, as_json)
        return
    try:
        found = find_explanations(key, registry)
    except InputError:  # handled: perhaps a setting of another distribution's plugin, so those are read too
        for source in registry.load_third_party():
            typer.echo(f"note: not searched: plugin {registry.describe_broken(source)}", err=True)
        found = find_explanations(key, registry)
    if as_json:
        rows = [row for each in found for row in (each.row, *each.keys)]
        typer.echo(to_json([dataclasses.asdict(row) for row in rows], indent=1))
        return
    for each, owners in _merge_owners(found):
        for line in _describe(each, owners):
            typer.echo(line)


def _print_overview(registry: Registry, as_json: bool) -> None:
    from framecast.job.explanation import overview
    from framecast.job.job import LISTS, SECTIONS

    top, declared = overview(registry)
    if as_json:
        content = {
            "keys": [dataclasses.asdict(row) for row in top],
            "plugins": {kind: [dataclasses.asdict(each) for each in found] for kind, found in declared.items()},
        }
        typer.echo(to_json(content, indent=1))
        return
    typer.echo("A job file has these keys:\n")
    _print_definitions([(row.key, row.text) for row in top])
    for section, kind in (SECTIONS | LISTS).items():
        typer.echo(f"\n{section}, one of:" if section in SECTIONS else f"\n{section}, any of:")
        _print_definitions([(each.value, each.text) for each in declared[kind]])
    typer.echo("\nMore: platform explain training           the keys of a section")
    typer.echo("      platform explain training.precision the choices of a key")
    if declared["model"]:
        typer.echo(f"      {command('explain', declared['model'][0].value):<35} the settings of a plugin")


def _merge_owners(found: Sequence[Explanation]) -> list[tuple[Explanation, list[str]]]:
    """What several plugins say in the same words is printed once."""
    merged: list[tuple[Explanation, list[str]]] = []
    for each in found:
        same = next((owners for other, owners in merged if _unowned(other) == _unowned(each)), None)
        if same is None:
            merged.append((each, [each.row.owner] if each.row.owner else []))
        else:
            same.append(each.row.owner.partition(" ")[2])
    return merged


def _unowned(each: Explanation) -> Explanation:
    rows = [dataclasses.replace(row, owner="") for row in (each.row, *each.keys)]
    return dataclasses.replace(each, row=rows[0], keys=tuple(rows[1:]))


def _describe(each: Explanation, owners: list[str]) -> Iterator[str]:
    row = each.row
    yield _head(row) + (f"  ({', '.join(owners)})" if owners else "")
    yield from _wrapped(row.text, "  ")
    yield from _choices(row.choices, "    ")
    from framecast.job.reference import REQUIRED

    for key in each.keys:
        yield f"\n  {_head(key)}"
        yield from _wrapped(key.text, "      ")
        yield from _choices(key.choices, "        ")
        if key.type.split(", or ")[-1] == "section" and key.default != REQUIRED:
            yield f"      its keys: {command('explain', key.key)}"


def _head(row: Explained) -> str:
    """A key, its type and its default; sections have none, their keys do."""
    from framecast.job.reference import REQUIRED, SEE_BELOW

    if row.default in ("", SEE_BELOW):
        return f"{row.key}: {row.type}"
    return f"{row.key}: {row.type}, {'' if row.default == REQUIRED else 'default '}{row.default}"


def _choices(choices: Sequence[Choice], indent: str) -> Iterator[str]:
    width = max((len(each.value) for each in choices), default=0)
    for each in choices:
        yield from _wrapped(each.text, f"{indent}{each.value:{width}}  ", " " * (len(indent) + width + 2))


def _print_definitions(pairs: Sequence[tuple[str, str]]) -> None:
    width = max(len(name) for name, _ in pairs)
    for name, text in pairs:
        for line in _wrapped(text, f"  {name:{width}}  ", " " * (width + 4)):
            typer.echo(line)


def _wrapped(text: str, first: str, following: str | None = None) -> list[str]:
    """Text in lines of the terminal's width; words of code are never cut."""
    width = max(40, min(shutil.get_terminal_size().columns, 110))
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=first if following is None else following,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]
