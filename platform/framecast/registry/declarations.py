"""What a plugin's module declares, asked of its hooks one by one."""

from __future__ import annotations

from types import ModuleType

import pluggy

from framecast.plugin import hooks
from framecast.plugin.declarations import KINDS, Declaration
from framecast.plugin.settings import Settings


def declarations(module: ModuleType) -> list[tuple[str, Declaration]]:
    """(kind, declaration) of all that the module's hooks yield, in the order in which hooks are called.

    Raises whatever is wrong with the plugin: a hook that is misspelt or raises, what is no declaration, a name
    that is declared twice, nothing at all.
    """
    manager = pluggy.PluginManager(hooks.PROJECT)  # one for each plugin: what is wrong with it touches no other
    manager.add_hookspecs(hooks)
    manager.register(module)
    manager.check_pending()  # a misspelt hook is an error, not a hook that never runs
    found: dict[tuple[str, str], Declaration] = {}
    for kind, hook in hooks.HOOK_OF_KIND.items():
        for implementation in getattr(manager.hook, hook).get_hookimpls():
            for declaration in implementation.function():
                _check(kind, hook, declaration)
                if (kind, declaration.name) in found:
                    raise ValueError(f"declares {kind} {declaration.name!r} twice")
                found[kind, declaration.name] = declaration
    if not found:
        raise ValueError("declares nothing: no function is marked with @framecast.hookimpl")
    return [(kind, declaration) for (kind, _), declaration in found.items()]


def _check(kind: str, hook: str, declaration: object) -> None:
    """What listings and jobs rest on: a class may be the right one and yet hold nonsense."""
    if not isinstance(declaration, KINDS[kind]):
        raise TypeError(f"{hook} must yield framecast.{KINDS[kind].__name__}, not {declaration!r}")
    for field in ("name", "summary"):
        value = getattr(declaration, field)
        if not isinstance(value, str) or (field == "name" and not value):
            raise TypeError(f"{hook}: the {field} of a {kind} must be text, not {value!r}")
    if not (isinstance(declaration.settings, type) and issubclass(declaration.settings, Settings)):
        raise TypeError(
            f"{hook}: the settings of {declaration.name} must be a class of framecast.Settings, "
            f"not {declaration.settings!r}"
        )
