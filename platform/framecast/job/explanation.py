"""What a key of the job file means: `platform explain KEY`, and the overview that it gives without a key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from framecast.errors import InputError, list_choices
from framecast.job.document import Document
from framecast.job.job import LISTS, SECTIONS, Job
from framecast.job.key_hints import KeyHints
from framecast.job.reference import ANY, Choice, Explained, settings_table
from framecast.plugin.kinds import KINDS
from framecast.registry.registry import Registered, Registry


@dataclass(frozen=True)
class Explanation:
    """A key, or the same key of several plugins, and the keys within it where it is a section."""

    row: Explained
    keys: tuple[Explained, ...] = ()


def overview(registry: Registry) -> tuple[list[Explained], dict[str, list[Choice]]]:
    """The keys at the top of a job, and every plugin's declarations by kind."""
    top = [row for row in settings_table(Job) if "." not in row.key]
    return top, {kind: _declared(registry, kind) for kind in KINDS}


def explain(key: str, registry: Registry) -> list[Explanation]:
    """What `key` of the job file means; a key of several plugins is explained for each. Raises InputError.

    Keys within lists may be written with or without an index: metrics.0.protocol, metrics.protocol; and those of
    one plugin with its name: model.my_cell.width. A plugin's name alone explains its settings.
    """
    _import_named(key, registry)
    section, _, inner = key.partition(".")
    kind = SECTIONS.get(section) or LISTS.get(section)
    if kind is None:
        return list(_of_job(key)) or _of_declared(key, registry) or _refuse(key, registry)
    if section in LISTS:
        inner = re.sub(r"^\d+(\.|$)", "", inner)
    if inner in ("", "name"):
        return [_of_plugins(key, section, kind, registry)]
    return list(_of_settings(section, inner, kind, registry)) or _refuse(key, registry)


def _import_named(key: str, registry: Registry) -> None:
    """Imports the plugin that a key names, as in model.my_cell.width. Raises InputError where it is broken."""
    section, _, inner = re.sub(r"\.\d+(?=\.|$)", "", key).partition(".")
    kind = SECTIONS.get(section) or LISTS.get(section)
    for each in registry.names():
        if each.name == key or (each.kind == kind and f"{inner}.".startswith(f"{each.name}.")):
            registry.find(each.kind, each.name)


def _of_job(key: str) -> Iterator[Explanation]:
    """A key outside the plugins' sections, also below a key that the user chooses."""
    table = settings_table(Job)
    if not key:
        return
    pattern = {row.key: re.escape(row.key).replace(ANY, ".+") for row in table}
    found = [row for row in table if row.key == key] or [
        row for row in table if ANY in row.key and re.fullmatch(pattern[row.key], key)
    ]
    if not found:  # within a mapping of free keys, such as deepspeed.extra
        found = [row for row in table if row.type == "section" and not _within(table, row.key)]
        found = [row for row in found if key.startswith(f"{row.key}.")]
    if found:  # the longest is the closest: search.parameters.model.width.int is no key called width.int
        row = max(found, key=lambda row: len(row.key))
        keys = [replace(each, key=each.key.replace(row.key, key, 1)) for each in _within(table, row.key)]
        yield Explanation(replace(row, key=key), tuple(keys))


def _of_plugins(key: str, section: str, kind: str, registry: Registry) -> Explanation:
    """A section of plugins: its choices are what is installed."""
    row = next(row for row in settings_table(Job) if row.key == section)
    return Explanation(replace(row, key=key, choices=tuple(_declared(registry, kind))))


def _of_settings(section: str, inner: str, kind: str, registry: Registry) -> Iterator[Explanation]:
    """A setting of the plugins that have it, or all settings of the one that is named."""
    for entry in registry.known(kind):
        name = entry.declaration.name
        table = settings_table(entry.declaration.settings, owner=f"{kind} {name}")
        if inner == name:
            yield _of_declaration(entry, section)
            continue
        wanted = inner.removeprefix(f"{name}.")
        for row in table:
            if row.key == wanted:
                keys = [replace(each, key=f"{section}.{each.key}") for each in _within(table, wanted)]
                yield Explanation(replace(row, key=f"{section}.{wanted}"), tuple(keys))


def _of_declared(name: str, registry: Registry) -> list[Explanation]:
    sections = {kind: section for section, kind in (SECTIONS | LISTS).items()}
    return [
        _of_declaration(entry, sections[entry.kind])
        for entry in registry.known()
        if entry.declaration.name == name
    ]


def _of_declaration(entry: Registered, section: str) -> Explanation:
    owner = f"{entry.kind} {entry.declaration.name}"
    table = settings_table(entry.declaration.settings, prefix=f"{section}.", owner=owner)
    row = Explained(f"{section}.name", entry.declaration.name, "", f"{entry.declaration.summary}.", owner)
    return Explanation(row, tuple(each for each in table if each.key.count(".") == 1))


def _within(table: list[Explained], key: str) -> list[Explained]:
    """The rows directly below a section."""
    below = [row for row in table if row.key.startswith(f"{key}.")]
    return [row for row in below if "." not in row.key.removeprefix(f"{key}.")]


def _declared(registry: Registry, kind: str) -> list[Choice]:
    registry.known(kind)  # imports our own, whose summaries are then known
    return [Choice(each.name, each.summary) for each in registry.names(kind)]


def _refuse(key: str, registry: Registry) -> list[Explanation]:
    hints = KeyHints(Document.from_data({}), registry)
    section = key.rpartition(".")[0]
    siblings = [known.rpartition(".")[2] for known in hints.keys if known.rpartition(".")[0] == section]
    near = hints.near(tuple(key.split(".")), siblings)
    full = [f"{section}.{each}" if section and each in siblings else each for each in near]
    hint = f", did you mean {' or '.join(full)}?" if near else list_choices(siblings)
    raise InputError(f"no key {key!r} in a job{hint} (platform explain shows all)")
