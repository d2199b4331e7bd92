"""Where a plugin comes from: a distribution, a module's name, or a path; and how it is imported."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from dataclasses import asdict, dataclass, replace
from importlib.machinery import ModuleSpec
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from types import ModuleType
from typing import Any

from framecast.errors import InputError, Problem
from framecast.files import copy_file, copy_tree, make_folder
from framecast.plugin.hooks import PROJECT
from framecast.registry.source_loader import SourceLoader, read_sources_only
from framecast.user_folders import expanded

_LOADED: set[tuple[str, str]] = set()
"""Module and path of each plugin that this process has imported."""


@dataclass(frozen=True)
class PluginSource:
    """One plugin: an importable module, and where it was found. Plain data, so that it travels with a job."""

    name: str
    module: str
    distribution: str = ""
    version: str = ""
    path: str = ""

    def __str__(self) -> str:
        origin = f"{self.distribution} {self.version}".strip() or self.path or f"module {self.module}"
        return f"{self.name} ({origin})"

    def to_dict(self, folder: Path | None = None) -> dict[str, Any]:
        """As plain data. A path within `folder` is written relative to it, so that the folder may move."""
        data = {key: value for key, value in asdict(self).items() if value}
        if folder and self.path and Path(self.path).is_relative_to(folder):
            data["path"] = str(Path(self.path).relative_to(folder))
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any], folder: Path | None = None) -> PluginSource:
        """The inverse of `to_dict`. Raises ValueError for anything else."""
        known = cls.__dataclass_fields__.keys()
        if not isinstance(data, dict) or not {"name", "module"} <= data.keys() <= known:
            raise ValueError(f"not a plugin: {str(data)[:80]}")
        if not all(isinstance(value, str) and "\0" not in value for value in data.values()):
            raise ValueError(f"not a plugin: {str(data)[:80]}")
        source = cls(**data)
        return replace(source, path=str(folder / source.path)) if folder and source.path else source

    def copied_into(self, folder: Path) -> PluginSource:
        """The same plugin with its code in `folder`, where it is copied to; one that is installed, or is there
        already, stays as it is. The module's name is unique and keeps namesakes apart."""
        path = Path(self.path)
        if not self.path or path.is_relative_to(folder):
            return self
        target, top = folder / self.module / path.name, folder.parent
        if path.is_dir():
            copy_tree(path, target, top, lambda path: path.name == "__pycache__" or path.name.startswith("."))
        else:
            make_folder(target.parent, top)
            copy_file(path, target, top)
        return replace(self, path=str(target))

    @property
    def code(self) -> Path | None:
        """The file or the package that its code lies in, found without importing anything; None where there is
        none."""
        if self.path:
            return Path(self.path)
        places = self.places()
        return places[0] if places else None

    @property
    def is_third_party(self) -> bool:
        """Whether it came with a distribution other than framecast."""
        return self.distribution not in ("", PROJECT)

    def file(self) -> str:
        """The file that `load` imports, found without importing anything; "" where there is none."""
        if self.path:
            path = Path(self.path)
            return str(path / "__init__.py" if path.is_dir() else path)
        spec = self._top()
        inner = self.module.split(".")[1:]
        for place in (spec.submodule_search_locations or []) if spec and inner else []:
            base = Path(place, *inner)
            for file in (base / "__init__.py", base.with_suffix(".py")):
                if file.exists():
                    return str(file)
        return str(spec.origin or "") if spec else ""

    @property
    def in_brackets(self) -> str:
        """ " [FILE]" to follow the plugin in a message; "" where there is none, or `str` has named it."""
        file = self.file()
        return f" [{file}]" if file and file not in str(self) else ""

    def places(self) -> list[Path]:
        """The folders, or the file, that its code lies in; found without importing anything."""
        spec = self._top()
        found = [Path(place) for place in spec.submodule_search_locations or []] if spec else []
        if spec and spec.origin and not found:
            found = [Path(spec.origin)]
        return found

    def _top(self) -> ModuleSpec | None:
        """The package or module at the top: to look for what is within would import it."""
        try:
            return importlib.util.find_spec(self.module.split(".")[0])
        except (ImportError, ValueError):  # handled: no such module; importing it says so
            return None

    @property
    def is_imported(self) -> bool:
        """Whether this process has imported it already, so that to load it runs none of its code."""
        return (self.module, self.path) in _LOADED and self.module in sys.modules

    def check_version(self) -> None:
        """Raises ImportError where the plugin's distribution wants another framecast than this one."""
        from packaging.requirements import Requirement  # only plugins of others need it

        try:
            wanted = requires(self.distribution) if self.is_third_party else None
        except PackageNotFoundError:  # handled: it is not installed here, which importing it says
            return
        running = version(PROJECT)
        for text in wanted or ():
            requirement = Requirement(text)
            if requirement.name.lower() != PROJECT:
                continue
            applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            if applies and not requirement.specifier.contains(running, prereleases=True):
                raise ImportError(f"needs {requirement.name}{requirement.specifier}, and this is {running}")

    def load(self) -> ModuleType:
        """Imports the plugin's module; whatever it raises is for the caller to report."""
        module = self._load()
        _LOADED.add((self.module, self.path))
        return module

    def _load(self) -> ModuleType:
        if not self.path:
            return importlib.import_module(self.module)
        if self.module in sys.modules:
            return sys.modules[self.module]
        path = Path(self.path)
        file = path / "__init__.py" if path.is_dir() else path
        spec = importlib.util.spec_from_file_location(
            self.module,
            file,
            loader=SourceLoader(self.module, str(file)) if file.suffix == ".py" else None,
            submodule_search_locations=[str(path)] if path.is_dir() else None,
        )
        if spec is None or spec.loader is None:
            raise ImportError(f"{file} is not a Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[self.module] = module
        if path.is_dir():
            read_sources_only(path)
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[self.module]
            raise
        return module


def named_source(text: str, folder: Path | None = None) -> PluginSource:
    """The plugin that a user named: a module, or the path of a file or package, relative to `folder` or to the
    current one. Raises InputError where nothing is at the path."""
    if not _is_path(text):
        return PluginSource(name=text.split(".")[-1], module=text)
    path = ((folder or Path.cwd()) / expanded(text)).resolve()
    if not path.exists():
        raise InputError(Problem(f"no such file or folder: {path}", key=f"plugin {text}"))
    if path.is_dir() and not (path / "__init__.py").exists():
        message = f"{path} holds no __init__.py: name the package's own folder, or a file"
        raise InputError(Problem(message, key=f"plugin {text}"))
    unique = hashlib.sha256(str(path).encode()).hexdigest()[:8]  # two files of one name are two plugins
    return PluginSource(name=path.stem, module=f"framecast_plugin_{path.stem}_{unique}", path=str(path))


def _is_path(text: str) -> bool:
    return text.endswith(".py") or "/" in text or text.startswith((".", "~"))
