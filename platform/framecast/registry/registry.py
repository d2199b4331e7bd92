"""The registry: every declaration found, by kind and name, and every plugin, sound or broken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pluggy

from framecast.errors import InputError, Problem, did_you_mean
from framecast.registry import hooks
from framecast.registry.kinds import KINDS, Declaration
from framecast.registry.provider import Provider, from_text, installed


@dataclass(frozen=True)
class Registered:
    """A declaration together with the plugin that made it."""

    kind: str
    declaration: Declaration
    provider: Provider


class Registry:
    """Finds plugins and answers `find(kind, name)`. An object that is passed, never a global.

        registry = Registry.discover(["./my_cell.py"])
        registry.find("model", "conv_tt_lstm").declaration.build(settings, shape)

    Plugins load one by one: a broken one is kept with its reason in `broken` and fails only the job that
    needs it. Two declarations of one name are kept both; asking for that name is an error that names both.
    """

    def __init__(self) -> None:
        self.providers: list[Provider] = []
        self.broken: dict[Provider, str] = {}
        self.blocked: list[str] = []
        self._found: dict[tuple[str, str], list[Registered]] = {}
        self._manager = pluggy.PluginManager(hooks.PROJECT)
        self._manager.add_hookspecs(hooks)

    @classmethod
    def discover(cls, named: Sequence[str] = (), folder: Path | None = None) -> Registry:
        """Everything installed, then the plugins in `named`: modules, paths relative to `folder`, `no:NAME`.

        Raises InputError if a path in `named` does not exist.
        """
        registry = cls()
        registry.blocked = [text.removeprefix("no:") for text in named if text.startswith("no:")]
        for provider in installed():
            registry.add(provider)
        for text in named:
            if not text.startswith("no:"):
                try:
                    registry.add(from_text(text, folder or Path.cwd()))
                except FileNotFoundError as error:
                    raise InputError(Problem(str(error), key=f"plugin {text}")) from None
        return registry

    @classmethod
    def exactly(cls, providers: Iterable[Provider]) -> Registry:
        """Just these plugins: how a worker gets what the driver resolved. Raises InputError if one is broken."""
        registry = cls()
        for provider in providers:
            registry.add(provider)
        if registry.broken:
            raise InputError([Problem(why, key=f"plugin {which}") for which, why in registry.broken.items()])
        return registry

    def add(self, provider: Provider) -> None:
        """Imports a plugin and takes its declarations; remembers the reason if that fails."""
        if provider.name in self.blocked or provider.module in {known.module for known in self.providers}:
            return
        self.providers.append(provider)
        try:
            found = self._declarations(provider, provider.load())
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # a plugin may raise anything, SystemExit too
            self.broken[provider] = f"{type(error).__name__}: {error}"
            if self._manager.has_plugin(provider.module):  # or its misspelt hook would haunt the next plugin
                self._manager.unregister(name=provider.module)
            return
        for entry in found:
            self._found.setdefault((entry.kind, entry.declaration.name), []).append(entry)

    def find(self, kind: str, name: str) -> Registered:
        """The one declaration of that kind and name. Raises InputError with the way out."""
        entries = self._found.get((kind, name), [])
        if len(entries) == 1:
            return entries[0]
        if entries:
            providers = " and ".join(str(entry.provider) for entry in entries)
            raise InputError(f"{kind} {name!r} is declared by {providers}: switch one off with -p no:NAME")
        message = f"no {kind} is called {name!r}{did_you_mean(name, self.names(kind))}"
        for blocked in self.blocked:
            message += f" (plugin {blocked} is switched off by no:{blocked} and was not searched)"
        for provider, why in self.broken.items():
            message += f" (plugin {provider} is broken and was not searched: {why})"
        raise InputError(message)

    @property
    def sound(self) -> list[Provider]:
        """The plugins that could be loaded."""
        return [provider for provider in self.providers if provider not in self.broken]

    def names(self, kind: str) -> list[str]:
        return sorted(name for found_kind, name in self._found if found_kind == kind)

    def all(self) -> list[Registered]:
        """Every declaration, in order of kind and name; a clashing name appears once for each plugin."""
        order = list(KINDS)
        everything = [entry for entries in self._found.values() for entry in entries]
        return sorted(everything, key=lambda entry: (order.index(entry.kind), entry.declaration.name))

    def _declarations(self, provider: Provider, module: ModuleType) -> list[Registered]:
        if self._manager.register(module, name=provider.module) is None:
            return []
        self._manager.check_pending()  # a misspelt hook is an error, not a hook that never runs
        found: list[Registered] = []
        for kind, hook in hooks.HOOK_OF_KIND.items():
            for implementation in getattr(self._manager.hook, hook).get_hookimpls():
                if implementation.plugin is module:
                    for declaration in implementation.function():
                        if not isinstance(declaration, KINDS[kind]):
                            raise TypeError(
                                f"{hook} must yield framecast.{KINDS[kind].__name__}, not {declaration!r}"
                            )
                        found.append(Registered(kind, declaration, provider))
        if not found:
            raise ValueError("declares nothing: no function is marked with @framecast.hookimpl")
        return found
