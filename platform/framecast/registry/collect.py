"""Asks a plugin's hooks for its declarations, through pluggy: wrappers and order mean what pluggy says."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import pluggy

from framecast.plugin import hooks
from framecast.plugin.declarations import Declaration
from framecast.plugin.kinds import KINDS
from framecast.plugin.settings import Settings


def new_manager() -> pluggy.PluginManager:
    """A manager that knows the hooks, and no plugin."""
    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    return manager


def register(manager: pluggy.PluginManager, module: ModuleType) -> None:
    """Registers a plugin, all or nothing. Raises ValueError for a module without hooks, and what pluggy raises for
    a misspelt one."""
    try:
        manager.register(module)
        if not manager.get_hookcallers(module):
            raise ValueError("declares nothing: no function is marked with @framecast.hookimpl")
        manager.check_pending()  # a misspelt hook is an error, not a hook that never runs
    except BaseException:
        if manager.is_registered(module):
            manager.unregister(module)
        raise


def calling_order(manager: pluggy.PluginManager) -> list[tuple[str, ModuleType]]:
    """(kind, plugin) of each hookimpl that is no wrapper, in the order in which pluggy calls them."""
    return [
        (name, hookimpl.plugin)
        for name, kind in KINDS.items()
        for hookimpl in reversed(getattr(manager.hook, kind.hook).get_hookimpls())
        if not (hookimpl.wrapper or hookimpl.hookwrapper)
    ]


def collect(manager: pluggy.PluginManager, kind: str, module: ModuleType) -> Iterator[Declaration]:
    """What one plugin yields for a kind. Its hook is called without those of other plugins, which tells the source
    of each declaration, and within the wrappers of all that are registered.

    Raises whatever is wrong with the plugin: a hook that raises, what is no declaration, a name that is declared
    twice.
    """
    hook = KINDS[kind].hook
    others = [plugin for name, plugin in calling_order(manager) if name == kind and plugin is not module]
    found: set[str] = set()
    for declarations in manager.subset_hook_caller(hook, remove_plugins=others)():
        for declaration in declarations:
            _check(kind, declaration)
            if declaration.name in found:
                raise ValueError(f"declares {kind} {declaration.name!r} twice")
            found.add(declaration.name)
            yield declaration


def _check(kind: str, declaration: object) -> None:
    """What listings and jobs rest on: a class may be the right one and yet hold nonsense."""
    hook, expected = KINDS[kind].hook, KINDS[kind].declaration
    if not isinstance(declaration, expected):
        raise TypeError(f"{hook} must yield framecast.{expected.__name__}, not {declaration!r}")
    for field in ("name", "summary"):
        value = getattr(declaration, field)
        if not isinstance(value, str) or (field == "name" and not value):
            raise TypeError(f"{hook}: the {field} of a {kind} must be text, not {value!r}")
    if not (isinstance(declaration.settings, type) and issubclass(declaration.settings, Settings)):
        raise TypeError(
            f"{hook}: the settings of {declaration.name} must be a class of framecast.Settings, "
            f"not {declaration.settings!r}"
        )
