"""Where plugins come from: entry points, a module's name, or a path; and how one is imported."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import site
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from importlib.machinery import ModuleSpec
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from framecast.files import copy_file, copy_tree, make_folder
from framecast.plugin.hooks import PROJECT
from framecast.registry.source_loader import SourceLoader, read_sources_only
from framecast.user_folders import expanded

_LOADED: set[tuple[str, str]] = set()
"""Module and path of each plugin that this process has imported."""


@dataclass(frozen=True)
class Provider:
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
    def from_dict(cls, data: dict[str, Any], folder: Path | None = None) -> Provider:
        """The inverse of `to_dict`. Raises ValueError for what is no provider."""
        known = cls.__dataclass_fields__.keys()
        if not isinstance(data, dict) or not {"name", "module"} <= data.keys() <= known:
            raise ValueError(f"not a plugin: {str(data)[:80]}")
        if not all(isinstance(value, str) and "\0" not in value for value in data.values()):
            raise ValueError(f"not a plugin: {str(data)[:80]}")
        provider = cls(**data)
        return replace(provider, path=str(folder / provider.path)) if folder and provider.path else provider

    def copied_into(self, folder: Path) -> Provider:
        """The same plugin with its code in `folder`, where it is copied to; one that is installed, or is there
        already, stays as it is. The module's name is unique and keeps namesakes apart."""
        source = Path(self.path)
        if not self.path or source.is_relative_to(folder):
            return self
        target, top = folder / self.module / source.name, folder.parent
        if source.is_dir():
            copy_tree(source, target, top, lambda path: path.name == "__pycache__" or path.name.startswith("."))
        else:
            make_folder(target.parent, top)
            copy_file(source, target, top)
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
    def from_others(self) -> bool:
        """Whether it came with a distribution that is not framecast: installed, not written by us, not named by
        the user."""
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


def installed() -> list[Provider]:
    """The plugins of every installed distribution, those of framecast first, by name; none of them is imported."""
    found = {
        (entry.name, entry.value): _from_entry_point(entry)
        for entry in entry_points(group=PROJECT)
        if not _lies_in_current_folder(entry)
    }
    return sorted(found.values(), key=lambda each: (each.from_others, each.name, each.distribution))


def not_installed(providers: Sequence[Provider]) -> list[Provider]:
    """Those that are no entry points of distributions which are installed here: the user has not chosen them by
    installing them."""
    known: set[tuple[str, str, str]] = set()
    for name in {each.distribution for each in providers if each.distribution and not each.path}:
        with suppress(PackageNotFoundError, ValueError):  # handled: its plugins are among the answer
            entries = distribution(name).entry_points.select(group=PROJECT)
            known |= {
                (entry.name, _module(entry), name) for entry in entries if not _lies_in_current_folder(entry)
            }
    return [each for each in providers if each.path or (each.name, each.module, each.distribution) not in known]


def from_text(text: str, folder: Path) -> Provider:
    """The plugin that a user named: a module, or the path (relative to `folder`) of a file or package."""
    if not _is_path(text):
        return Provider(name=text.split(".")[-1], module=text)
    path = (folder / expanded(text)).resolve()
    if not path.exists():
        raise FileNotFoundError(f"no such file or folder: {path}")
    if path.is_dir() and not (path / "__init__.py").exists():
        raise FileNotFoundError(f"{path} holds no __init__.py: name the package's own folder, or a file")
    unique = hashlib.sha256(str(path).encode()).hexdigest()[:8]  # two files of one name are two plugins
    return Provider(name=path.stem, module=f"framecast_plugin_{path.stem}_{unique}", path=str(path))


def _is_path(text: str) -> bool:
    return text.endswith(".py") or "/" in text or text.startswith((".", "~"))


def _lies_in_current_folder(entry: EntryPoint) -> bool:
    """Whether a distribution is found only because commands are given in its folder, as `python -m` does: a folder
    that another user has made can hold metadata of distributions."""
    if entry.dist is None:
        return False
    try:
        here, place = Path.cwd(), Path(str(entry.dist.locate_file(""))).resolve()
    except (OSError, NotImplementedError):  # handled: no current folder, or no folder of files; it is not this one
        return False
    chosen = [
        *os.environ.get("PYTHONPATH", "").split(os.pathsep),
        *site.getsitepackages(),
        site.getusersitepackages(),
    ]
    own = Path(__file__).resolve().parents[2]  # that of a Framecast which was sent to a cluster
    return place == here and place != own and str(place) not in chosen


def _from_entry_point(entry: EntryPoint) -> Provider:
    return Provider(
        name=entry.name,
        module=_module(entry),
        distribution=_said(entry, "Name") or "unknown",
        version=_said(entry, "Version"),
    )


def _module(entry: EntryPoint) -> str:
    return entry.value.partition(":")[0].partition("[")[0].strip()  # entry.module raises for nonsense


def _said(entry: EntryPoint, field: str) -> str:
    try:
        return (entry.dist.metadata[field] if entry.dist else "") or ""
    except Exception:  # handled: metadata that cannot be read; the listing shows no version
        return ""
