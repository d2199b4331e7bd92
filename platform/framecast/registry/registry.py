"""The registry: names from metadata, and the declarations of the plugins that a job needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from framecast.errors import InputError, Problem, did_you_mean
from framecast.plugin.declarations import Declaration
from framecast.plugin.kinds import KINDS
from framecast.registry.collect import calling_order, collect, new_manager, register
from framecast.registry.entry_points import DeclaredName, Installed, read_entry_points
from framecast.registry.import_guard import (
    ImportTimeout,
    import_timeout,
    keep_stdout,
    limit_time,
    refuse_exit,
)
from framecast.registry.import_probe import ImportResult, describe_error, probe
from framecast.registry.plugin_source import PluginSource, named_source

_ORDER = list(KINDS)


@dataclass(frozen=True)
class Registered:
    """A declaration together with the plugin that made it."""

    kind: str
    declaration: Declaration
    source: PluginSource


class Registry:
    """Finds plugins and answers `find(kind, name)`. An object that is passed, never a global.

        registry = Registry.discover(["./my_cell.py"])
        registry.find("model", "my_cell").declaration.build(settings, shape)

    What is installed is known by name from metadata, and a module is imported when a name of it is wanted. Plugins
    that the user named are imported at once. A broken one is kept with its reason, and fails only the job that
    needs it.
    """

    def __init__(self, installed: Installed | None = None) -> None:
        self.blocked: list[str] = []
        self.broken: dict[PluginSource, str] = {}
        """The plugins that could not be imported, with their reasons."""
        self._installed = installed or Installed()
        self._manager = new_manager()
        self._loaded: dict[PluginSource, ModuleType] = {}
        self._named: set[PluginSource] = set()
        self._found: dict[tuple[str, str], list[Registered]] = {}

    @classmethod
    def discover(cls, named: Sequence[str] = (), folder: Path | None = None) -> Registry:
        """What is installed, and the plugins in `named`: modules, paths relative to `folder`, `no:NAME`.

        Raises InputError if a path in `named` does not exist.
        """
        registry = cls(read_entry_points())
        registry.blocked = [text.removeprefix("no:") for text in named if text.startswith("no:")]
        registry.add(*(named_source(text, folder) for text in named if not text.startswith("no:")))
        return registry

    @classmethod
    def exactly(
        cls, sources: Iterable[PluginSource], installed: bool = False, blocked: Sequence[str] = ()
    ) -> Registry:
        """Just these plugins: how a worker gets what the driver resolved; with `installed`, others that are
        installed are found by name, except those in `blocked`. Raises InputError if one of them is broken."""
        registry = cls(read_entry_points() if installed else None)
        registry.blocked = list(blocked)
        registry.add(*sources)
        if registry.broken:
            raise InputError([Problem(why, key=f"plugin {which}") for which, why in registry.broken.items()])
        return registry

    def add(self, *sources: PluginSource) -> None:
        """Imports plugins that the user, or the driver of a run, has named, and takes their declarations; one that
        fails is remembered with its reason. All are imported before the first hook is called, so that wrappers
        hold for all of them."""
        known = {each.source.module: each.source for each in self._installed.names}
        new = [each if each.path else known.get(each.module, each) for each in sources]
        self._named |= {each for each in new if not self._is_blocked(each)}
        self._load(new)

    def find(self, kind: str, name: str) -> Registered:
        """The one declaration of that kind and name; its plugin is imported. Raises InputError with what to do.

        Framecast's own and the plugins that the user named come first: nothing that merely happens to be
        installed takes the place of what they declare.
        """
        sources = [each.source for each in self.names() if (each.kind, each.name) == (kind, name)]
        preferred = [each for each in sources if not each.is_third_party or each in self._named]
        sources = list(dict.fromkeys(preferred or sources))
        if len(sources) > 1:
            both = " and ".join(map(str, sources))
            raise InputError(f"{kind} {name!r} is declared by {both}: switch one off with -p no:NAME")
        if not sources:
            raise InputError(self._explain_unknown(kind, name))
        self._load(sources)
        (source,) = sources
        if source in self.broken:
            raise InputError(f"{kind} {name!r} cannot be used: plugin {self.describe_broken(source)}")
        for found in self._found.get((kind, name), []):
            if found.source == source:
                return found
        why = "; ".join(self._mismatches(source)[0])
        raise InputError(f"{kind} {name!r} cannot be used: plugin {source} {why}{source.in_brackets}")

    def names(self, kind: str | None = None) -> list[DeclaredName]:
        """Every name that a job can use, in order of kind and name: those of plugins that are imported, and those
        that metadata tell of the others. Imports nothing."""
        found = {}
        for each in self._installed.names:
            if not self._is_blocked(each.source) and each.source not in self._named:
                found[each[:3]] = each
        for entries in self._found.values():
            for entry in entries:
                key = entry.kind, entry.declaration.name, entry.source
                if key in found or entry.source in self._named:
                    found[key] = DeclaredName(*key, entry.declaration.summary)
        chosen = [each for each in found.values() if kind in (None, each.kind)]
        return sorted(chosen, key=lambda each: (_ORDER.index(each.kind), each.name, each.source.is_third_party))

    @property
    def loaded(self) -> list[PluginSource]:
        """The plugins that are imported, in the order in which they were."""
        return list(self._loaded)

    @property
    def third_party(self) -> list[PluginSource]:
        """The plugins of other distributions that the user has not named."""
        found = dict.fromkeys(each.source for each in self.names() if each.source.is_third_party)
        return [each for each in found if each not in self._named]

    @property
    def notes(self) -> tuple[str, ...]:
        """What is wrong with the metadata of distributions, a sentence each."""
        return self._installed.notes

    def known(self, kind: str | None = None) -> list[Registered]:
        """The declarations of framecast's own plugins, of those that the user named, and of others that are
        imported already; in order of kind and name. Imports framecast's own."""
        self._load([each.source for each in self.names(kind) if not each.source.is_third_party])
        found = [entry for entries in self._found.values() for entry in entries if kind in (None, entry.kind)]
        return sorted(found, key=lambda entry: (_ORDER.index(entry.kind), entry.declaration.name))

    def load_third_party(self) -> dict[PluginSource, str]:
        """Imports the plugins of other distributions too, for commands that speak of everything installed. Each is
        tried in a child process first; returns those that are left out, with their reasons."""
        waiting = [each for each in self.third_party if each not in self._loaded]
        self.broken |= {each: result.error for each, result in probe(waiting).items() if result.error}
        self._load(waiting)
        return {each: self.broken[each] for each in waiting if each in self.broken}

    def verify(self, sources: Iterable[PluginSource] | None = None) -> dict[PluginSource, ImportResult]:
        """The result of importing plugins in child processes: these, or all that the user named or another
        distribution installed. Names of entry points that the plugin does not declare are errors, too."""
        results = probe([*self._named, *self.third_party] if sources is None else list(sources))
        for source, result in results.items():
            entries = [each for each in self._installed.names if each.source == source]
            if entries and not result.error:
                wrong, notes = mismatches(entries, [(kind, name) for kind, name, _ in result.declared])
                results[source] = result._replace(error="; ".join(wrong), notes=(*result.notes, *notes))
        return results

    def describe_broken(self, source: PluginSource) -> str:
        """A broken plugin with its reason and its file."""
        return f"{source} is broken: {self.broken[source]}{source.in_brackets}"

    def _is_blocked(self, source: PluginSource) -> bool:
        """Whether `no:NAME` names it: by its name, its module (also without "framecast_"), or its distribution."""
        names = {source.name, source.module, source.module.removeprefix("framecast_"), source.distribution}
        return bool(names & set(self.blocked))

    def _mismatches(self, source: PluginSource) -> tuple[list[str], list[str]]:
        entries = [each for each in self._installed.names if each.source == source]
        found = [entry for entries in self._found.values() for entry in entries if entry.source == source]
        return mismatches(entries, [(each.kind, each.declaration.name) for each in found])

    def _explain_unknown(self, kind: str, name: str) -> str:
        message = f"no {kind} is called {name!r}{did_you_mean(name, [each.name for each in self.names(kind)])}"
        for blocked in self.blocked:
            message += f" (plugin {blocked} is switched off by no:{blocked} and was not searched)"
        for source in self.broken:
            message += f" (plugin {self.describe_broken(source)})"
        return message + "".join(f" ({note})" for note in self.notes)

    def _load(self, sources: Iterable[PluginSource]) -> None:
        """Imports what is neither imported nor broken, and keeps what it declares, or the reason why it cannot."""
        seen = {each.module for each in (*self._loaded, *self.broken)}
        new: dict[ModuleType, PluginSource] = {}
        for source in dict.fromkeys(sources):
            if source.module not in seen and not self._is_blocked(source):
                seen.add(source.module)
                with self._attempt(source):
                    source.check_version()
                    module = source.load()
                    register(self._manager, module)
                    new[module] = source
        found: dict[PluginSource, list[Registered]] = {}
        for kind, module in calling_order(self._manager):
            if module in new and new[module] not in self.broken:
                source = new[module]
                with self._attempt(source):
                    declared = [Registered(kind, each, source) for each in collect(self._manager, kind, module)]
                    found.setdefault(source, []).extend(declared)
        for source in found:
            if not found[source] and source not in self.broken:
                self.broken[source] = "declares nothing: its hooks yield no declaration"
        for module, source in new.items():
            if source in self.broken:
                self._manager.unregister(module)
                continue
            self._loaded[source] = module
            for entry in found.get(source, []):
                self._found.setdefault((entry.kind, entry.declaration.name), []).append(entry)

    @contextmanager
    def _attempt(self, source: PluginSource) -> Iterator[None]:
        """Remembers a plugin as broken if its code raises or exits within the block, or takes too long; there is
        no time limit for framecast's own plugins and those that the user named."""
        limited = source.is_third_party and source not in self._named
        try:
            with (
                keep_stdout(source),
                refuse_exit(),
                limit_time(import_timeout()) if limited else nullcontext(),
            ):
                yield
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except ImportTimeout as error:
            self.broken[source] = str(error)
        except BaseException as error:  # a plugin may raise anything, SystemExit too
            self.broken[source] = describe_error(error)


def mismatches(
    entries: Iterable[DeclaredName], declared: Iterable[tuple[str, str]]
) -> tuple[list[str], list[str]]:
    """How a plugin's entry points and what its module declares, (kind, name), differ: names that a job would not
    find in the module, and declarations that no job can name."""
    declared, entered = set(declared), {(each.kind, each.name) for each in entries}
    wrong, notes = [], []
    for kind in _ORDER:
        missing = sorted(name for of, name in entered - declared if of == kind)
        unnamed = sorted(name for of, name in declared - entered if of == kind)
        if missing and unnamed:
            wrong.append(f"declares {kind} {_quoted(unnamed)} but its entry point is named {_quoted(missing)}")
        elif missing:
            wrong.append(f"has an entry point for {kind} {_quoted(missing)} but declares none of that name")
        elif unnamed:
            notes.append(
                f"declares {kind} {_quoted(unnamed)} without an entry point in the group {KINDS[kind].group}, so "
                "that jobs cannot name it"
            )
    return wrong, notes


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))
