"""Names of a package that are imported on first use (PEP 562)."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from typing import Any


def lazy_exports(package: str) -> Callable[[str], Any]:
    """The `__getattr__` of a package, which imports on first use what the package imports for type checkers only.

        if TYPE_CHECKING:
            from my_plugin.cell import MyCell       # a name of a module
            import my_plugin.drawing as drawing     # a module

        __all__ = ["MyCell", "drawing"]
        __getattr__ = framecast.lazy_exports(__name__)

    Raises AttributeError for names that `__all__` has not, as Python does.
    """

    @cache
    def imports() -> dict[str, tuple[str, str]]:
        return dict(_imports_for_type_checkers(inspect.getsource(sys.modules[package])))

    def load_name(name: str) -> Any:
        if name not in sys.modules[package].__all__ or name not in imports():
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, attribute = imports()[name]
        imported = import_module(module, package)
        value = getattr(imported, attribute) if attribute else imported
        setattr(sys.modules[package], name, value)
        return value

    return load_name


_GUARDS = ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def _imports_for_type_checkers(source: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """(name, (module, attribute)) of each import under `if TYPE_CHECKING:`; no attribute where the name is that of
    the module."""
    for block in ast.parse(source).body:
        if not (isinstance(block, ast.If) and ast.unparse(block.test) in _GUARDS):
            continue
        for node in block.body:
            for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
                module, attribute = alias.name, ""
                if isinstance(node, ast.ImportFrom):
                    dots = "." * node.level  # of a relative import
                    module, attribute = (
                        (dots + node.module, alias.name) if node.module else (dots + alias.name, "")
                    )
                yield alias.asname or alias.name, (module, attribute)
