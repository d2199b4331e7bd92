"""A declaration put through all checks of its kind."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from framecast.errors import InputError, did_you_mean
from framecast.registry.plugin_source import PluginSource, named_source
from framecast.registry.registry import Registered, Registry
from framecast.testing.check_options import CheckOptions
from framecast.testing.plugin_under_test import PluginUnderTest
from framecast.testing.verdict import LeftOut, Nonconformity

Check = Callable[[PluginUnderTest], None]
_MODULES_OF_KIND = {
    "model": (
        "model_shape_checks",
        "model_gradient_checks",
        "model_prediction_checks",
        "model_checkpoint_checks",
    ),
    "data": ("dataset_checks",),
    "metric": ("metric_checks",),
    "task": ("task_checks",),
    "callback": ("callback_checks",),
}
COMPANIONS = PluginSource(name="companions", module="framecast.testing.fixtures")
"""The kit's own small model, data and task, with which tasks and callbacks train."""


@dataclass(frozen=True)
class CheckResult:
    """What came of one check: `reason` says in a line what is wrong or why it was left out, `where` holds the
    plugin's own traceback, and `advice` is the check's docstring."""

    kind: str
    name: str
    check: str
    state: Literal["ok", "FAIL", "left out"]
    reason: str = ""
    advice: str = ""
    where: str = ""


class Inspection:
    """The checks of one declaration. They share the files that the author's function makes, in `folder`."""

    def __init__(self, entry: Registered, registry: Registry, given: CheckOptions, folder: Path) -> None:
        self.subject = PluginUnderTest(entry, registry, given, folder)

    @classmethod
    def all(
        cls, plugin: str, given: CheckOptions, folder: Path, beside: Path, named: tuple[str, ...] = ()
    ) -> list[Inspection]:
        """One for each declaration that `plugin` means, see `found`."""
        registry, entries = found(plugin, beside, named)
        return [cls(entry, registry, given, folder) for entry in entries]

    def findings(self) -> Iterator[CheckResult]:
        """What comes of each check, one after the other."""
        for check in checks(self.subject.kind):
            yield self.finding(check)

    def finding(self, check: Check) -> CheckResult:
        """What comes of one check."""
        from framecast.testing.global_state import restored  # needs torch

        said = {
            "kind": self.subject.kind,
            "name": self.subject.declaration.name,
            "check": check.__name__,
            "advice": inspect.getdoc(check) or "",
        }
        try:
            with restored():
                check(self.subject)
        except LeftOut as why:
            return CheckResult(**said, state="left out", reason=str(why))
        except Nonconformity as found:
            return CheckResult(**said, state="FAIL", reason=str(found))
        except (Exception, SystemExit) as error:  # a plugin may raise anything
            where = "".join(traceback.format_exception(error))
            return CheckResult(**said, state="FAIL", reason=f"{type(error).__name__}: {error}", where=where)
        return CheckResult(**said, state="ok")


def found(plugin: str, beside: Path, named: tuple[str, ...] = ()) -> tuple[Registry, list[Registered]]:
    """The declarations meant: all those of a file, package or module, or those installed (or among `named`) that
    are called so. Paths are relative to `beside`. Raises InputError where there is none, or the plugin is
    broken."""
    registry = Registry.discover(list(named), beside)
    registry.add(COMPANIONS)
    kinds = [each.kind for each in registry.names() if each.name == plugin]
    if kinds:
        return registry, [registry.find(kind, plugin) for kind in dict.fromkeys(kinds)]
    source = named_source(plugin, beside)
    registry.add(source)
    own = [each for each in registry.names() if each.source.module == source.module]
    if own:
        return registry, [registry.find(each.kind, each.name) for each in own]
    if not source.path and not source.file():
        known = {each.name for each in registry.names() if each.source != COMPANIONS}
        raise InputError(f"nothing installed is called {plugin!r}{did_you_mean(plugin, known)}")
    broken = next((each for each in registry.broken if each.module == source.module), None)
    raise InputError(f"plugin {registry.describe_broken(broken) if broken else f'{source} declares nothing'}")


def try_import(plugin: str, beside: Path) -> None:
    """Imports the plugins meant, as in `found`, in child processes with a time limit. Raises InputError where one
    is broken."""
    registry = Registry.discover()
    sources = {each.source for each in registry.names() if each.name == plugin and each.source.is_third_party}
    if not sources and not any(each.name == plugin for each in registry.names()):
        sources = {named_source(plugin, beside)}
    for source, result in registry.verify([each for each in sources if each.file()]).items():
        if result.error:
            raise InputError(f"plugin {source} is broken: {result.error}{source.in_brackets}")


def checks(kind: str) -> list[Check]:
    """What is asked of a kind, in the order in which it is written down: every public function of its modules."""
    return [
        function
        for name in ("shared_checks", *_MODULES_OF_KIND[kind])
        for function in _public(import_module(f"framecast.testing.{name}"))
    ]


def _public(module: ModuleType) -> list[Any]:
    return [
        value
        for name, value in vars(module).items()
        if not name.startswith("_") and inspect.isfunction(value) and value.__module__ == module.__name__
    ]
