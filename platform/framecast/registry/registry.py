"""The registry: every declaration found, by kind and name, and every plugin, sound or broken."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path

from framecast.errors import InputError, Problem, did_you_mean
from framecast.plugin.declarations import KINDS, Declaration
from framecast.registry import memory
from framecast.registry.declarations import declarations
from framecast.registry.outcome import Declared, Outcome
from framecast.registry.provider import Provider, from_text, installed

_ORDER = list(KINDS)


@dataclass(frozen=True)
class Registered:
    """A declaration together with the plugin that made it."""

    kind: str
    declaration: Declaration
    provider: Provider


class Registry:
    """Finds plugins and answers `find(kind, name)`. An object that is passed, never a global.

        registry = Registry.discover(["./my_cell.py"])
        registry.find("model", "my_cell").declaration.build(settings, shape)

    Plugins load one by one: a broken one is kept with its reason and fails only the job that needs it.
    Framecast's own and those that the user named are imported at once. What other distributions have installed
    is imported when something is wanted that only they declare; what they declare is asked of their `Outcome`,
    which a process of its own has found out.
    """

    def __init__(self) -> None:
        self.providers: list[Provider] = []
        """In the order in which their hooks are called."""
        self.blocked: list[str] = []
        self._outcomes: dict[Provider, Outcome] = {}
        self._imported: set[Provider] = set()
        self._found: dict[tuple[str, str], list[Registered]] = {}

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
            if registry._is_new(provider):
                registry.providers.append(provider)
                registry._import(provider)
        if registry.broken:
            raise InputError([Problem(why, key=f"plugin {which}") for which, why in registry.broken.items()])
        return registry

    def add(self, provider: Provider) -> None:
        """Imports a plugin and takes its declarations, or remembers the reason if that fails; one of another
        distribution only when it is wanted."""
        if self._is_new(provider):
            self.providers.append(provider)
            if not provider.from_others:
                self._import(provider)

    def find(self, kind: str, name: str) -> Registered:
        """The one declaration of that kind and name. Raises InputError with the way out.

        Framecast's own and the plugins that the user named come first: nothing that merely happens to be
        installed takes the place of what they declare.
        """
        if (kind, name) not in self._found:
            wanted = [each for each, outcome in self.outcomes().items() if _declares(outcome, kind, name)]
            if len(wanted) > 1:
                raise _clash(kind, name, wanted)
            for provider in wanted:
                self._import(provider)
        entries = self._found.get((kind, name), [])
        if len(entries) == 1:
            return entries[0]
        if entries:
            raise _clash(kind, name, [entry.provider for entry in entries])
        message = f"no {kind} is called {name!r}{did_you_mean(name, self.names(kind))}"
        for blocked in self.blocked:
            message += f" (plugin {blocked} is switched off by no:{blocked} and was not searched)"
        for provider, why in self.broken.items():
            message += f" (plugin {provider} is broken and was not searched: {why})"
        raise InputError(message)

    def outcomes(self, again: bool = False) -> dict[Provider, Outcome]:
        """What came of each plugin, in the order in which their hooks are called. Those of other distributions
        that are neither imported nor remembered (with `again`, all of them) are imported in other processes."""
        unknown = [each for each in self.providers if each.from_others and (again or each not in self._outcomes)]
        self._outcomes |= memory.outcomes([each for each in unknown if each not in self._imported], again)
        return {provider: self._outcomes[provider] for provider in self.providers}

    @property
    def broken(self) -> dict[Provider, str]:
        """The plugins that cannot be used, with their reasons."""
        return {provider: outcome.reason for provider, outcome in self.outcomes().items() if not outcome.usable}

    @property
    def sound(self) -> list[Provider]:
        """The plugins that a worker may import: those imported here, and others that do nothing but declare."""
        found = self.outcomes().items()
        return [each for each, outcome in found if each in self._imported or outcome.state == "ok"]

    def names(self, kind: str) -> list[str]:
        """All names of that kind, those of plugins that are not imported too."""
        return sorted({each.name for each, _ in self.declared() if each.kind == kind})

    def declared(self) -> list[tuple[Declared, Provider]]:
        """Every declaration with its plugin, in order of kind and name. Imports nothing more than it must know."""
        found = [(each, provider) for provider, outcome in self.outcomes().items() for each in outcome.declares]
        return sorted(found, key=lambda pair: (_ORDER.index(pair[0].kind), pair[0].name))

    def all(self) -> list[Registered]:
        """Every declaration, in order of kind and name; a clashing name appears once for each plugin. Imports
        every plugin that can be used."""
        for provider, outcome in self.outcomes().items():
            if outcome.usable:
                self._import(provider)
        everything = [entry for entries in self._found.values() for entry in entries]
        return sorted(everything, key=lambda entry: (_ORDER.index(entry.kind), entry.declaration.name))

    def imported(self, kind: str) -> list[Registered]:
        """The declarations of that kind whose plugins are imported already, in order of name."""
        found = [entry for (each, _), entries in self._found.items() if each == kind for entry in entries]
        return sorted(found, key=lambda entry: entry.declaration.name)

    def _is_new(self, provider: Provider) -> bool:
        known = {each.module for each in self.providers}
        return provider.name not in self.blocked and provider.module not in known

    def _import(self, provider: Provider) -> None:
        if provider in self._imported:
            return
        try:
            with _keeping_stdout():
                found = declarations(provider.load())
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # a plugin may raise anything, SystemExit too
            self._outcomes[provider] = Outcome.broken(error)
            return
        self._imported.add(provider)
        self._outcomes.setdefault(provider, Outcome.sound(found))
        for kind, declaration in found:
            entry = Registered(kind, declaration, provider)
            self._found.setdefault((kind, declaration.name), []).append(entry)


def _declares(outcome: Outcome, kind: str, name: str) -> bool:
    return any((each.kind, each.name) == (kind, name) for each in outcome.declares)


def _clash(kind: str, name: str, providers: Iterable[Provider]) -> InputError:
    named = " and ".join(map(str, providers))
    return InputError(f"{kind} {name!r} is declared by {named}: switch one off with -p no:NAME")


@contextmanager
def _keeping_stdout() -> Iterator[None]:
    """What a plugin prints as it is imported goes to stderr, also from C code and from processes that it starts:
    what a command prints may be for programs. What the plugin puts in the place of sys.stdout is put back."""
    errors = sys.stderr
    with suppress(AttributeError, OSError):  # handled: nothing to flush where there is no stdout
        sys.stdout.flush()
    try:
        kept = os.dup(1)
    except OSError:  # handled: no stdout to keep
        kept = None
    try:
        if kept is not None:
            os.dup2(2, 1)
        with redirect_stdout(errors), redirect_stderr(errors):
            yield
    finally:
        if kept is not None:
            os.dup2(kept, 1)
            os.close(kept)
