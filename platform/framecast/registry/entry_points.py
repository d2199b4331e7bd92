"""What installed distributions say of their plugins in their metadata; reading it imports none of them.

[framecast.models]
my_cell = my_package.my_cell

An entry point's name is the name that the module declares, its group the kind (`framecast.plugin.kinds`).
"""

from __future__ import annotations

import os
import site
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path
from typing import NamedTuple

from framecast.plugin.hooks import PROJECT
from framecast.plugin.kinds import KINDS
from framecast.registry.plugin_source import PluginSource

_OLD_GROUP = PROJECT
"""The one group of framecast before 0.2, whose entries named plugins instead of what they declare."""
_KIND_OF_GROUP = {kind.group: name for name, kind in KINDS.items()}


class DeclaredName(NamedTuple):
    """A name that a job can use, and the plugin that declares it. `summary` is that of the declaration where the
    plugin is imported, else that of its distribution."""

    kind: str
    name: str
    source: PluginSource
    summary: str = ""


@dataclass(frozen=True)
class Installed:
    """`names`: framecast's own first. `notes`: what could not be read, or is no longer, and what to do."""

    names: tuple[DeclaredName, ...] = ()
    notes: tuple[str, ...] = ()


def read_entry_points() -> Installed:
    """The plugins of every installed distribution. Distributions that are found only because commands are given in
    their folder do not count."""
    names: list[DeclaredName] = []
    notes: list[str] = []
    for found in _distributions_with_plugins():
        name, version, summary = _describe(found)
        try:
            entries = list(found.entry_points)
        except Exception as error:  # handled: the note says so, and all others are read
            notes.append(f"the entry points of {name} cannot be read: {type(error).__name__}: {error}")
            continue
        for entry in entries:
            if entry.group in _KIND_OF_GROUP:
                source = PluginSource(_module(entry), _module(entry), distribution=name, version=version)
                names.append(DeclaredName(_KIND_OF_GROUP[entry.group], entry.name, source, summary))
        outdated = [entry for entry in entries if entry.group == _OLD_GROUP]
        if outdated and name != PROJECT:
            notes.append(_outdated_note(f"{name} {version}".strip(), outdated))
    if all(each.source.is_third_party for each in names):
        notes.append("framecast is installed without entry points of its plugins: reinstall it (pip install -e .)")
    return Installed(tuple(dict.fromkeys(names)), tuple(notes))


def not_installed(sources: Sequence[PluginSource]) -> list[PluginSource]:
    """Those that are no entry points of distributions which are installed here: the user has not chosen them by
    installing them."""
    known: set[tuple[str, str]] = set()
    for name in {each.distribution for each in sources if each.distribution and not each.path}:
        if found := _installed(name):
            known |= {(_module(entry), name) for entry in found.entry_points if entry.group in _KIND_OF_GROUP}
    return [each for each in sources if each.path or (each.module, each.distribution) not in known]


def _distributions_with_plugins() -> list[Distribution]:
    """Framecast first, then by name."""
    found: dict[str, Distribution] = {}
    for each in distributions():
        try:
            if PROJECT in (each.read_text("entry_points.txt") or "") and not _lies_in_current_folder(each):
                name = _describe(each)[0]
                found.setdefault(name, _installed(name) or each)
        except (OSError, ValueError):  # handled: no text can be read there, so no plugin is known
            continue
    return [found[name] for name in sorted(found, key=lambda name: (name != PROJECT, name))]


def _installed(name: str) -> Distribution | None:
    """The distribution of that name. Of several, the first on Python's path counts, as it does for imports."""
    return next((each for each in distributions(name=name) if not _lies_in_current_folder(each)), None)


def _outdated_note(which: str, entries: list[EntryPoint]) -> str:
    modules = ", ".join(dict.fromkeys(_module(entry) for entry in entries))
    groups = " or ".join(kind.group for kind in KINDS.values())
    return (
        f"{which} declares {modules} in the entry-point group {_OLD_GROUP!r}, which is no longer read: its author "
        f'writes NAME = "{_module(entries[0])}" in the group {groups}, where NAME is what the plugin declares'
    )


def _describe(found: Distribution) -> tuple[str, str, str]:
    """Name, version and summary of a distribution."""
    try:  # for a missing field, readers return None or raise KeyError
        metadata = found.metadata
        fields = {field: metadata[field] for field in ("Name", "Version", "Summary") if field in metadata}
    except Exception:  # handled: metadata that cannot be read; the listing shows "unknown"
        fields = {}
    return fields.get("Name") or "unknown", fields.get("Version") or "", fields.get("Summary") or ""


def _lies_in_current_folder(found: Distribution) -> bool:
    """Whether a distribution is found only because commands are given in its folder, as `python -m` does: a folder
    that another user has made can hold metadata of distributions."""
    try:
        here, place = Path.cwd(), Path(str(found.locate_file(""))).resolve()
    except (OSError, NotImplementedError):  # handled: no current folder, or no folder of files; it is not this one
        return False
    chosen = [
        *os.environ.get("PYTHONPATH", "").split(os.pathsep),
        *site.getsitepackages(),
        site.getusersitepackages(),
    ]
    own = Path(__file__).resolve().parents[2]  # that of a Framecast which was sent to a cluster
    return place == here and place != own and str(place) not in chosen


def _module(entry: EntryPoint) -> str:
    return entry.value.partition(":")[0].partition("[")[0].strip()  # entry.module raises for nonsense
