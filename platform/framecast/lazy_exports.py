"""Names of a package that are imported on first use (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_exports(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """The `__getattr__` of a package that exports names from modules it does not import by itself.

    `modules` gives for each name the module that defines it, or that it is; ".video" is relative to the package.
    Raises AttributeError for other names, as Python does.
    """

    def load_name(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = import_module(modules[name], package)
        is_the_module = modules[name].endswith(f".{name}") and not hasattr(module, name)
        value = module if is_the_module else getattr(module, name)
        setattr(sys.modules[package], name, value)
        return value

    return load_name
