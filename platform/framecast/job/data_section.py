"""A data set on its own, outside a job: what `platform data` works on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from framecast.errors import InputError, Problem
from framecast.job.document import Document
from framecast.job.load import load_job
from framecast.job.plugin_config import PluginConfig
from framecast.job.resolve import make_plan, resolved_part
from framecast.plugin.declarations import Dataset
from framecast.registry.registry import Registry


def data_part(
    name: str, settings: list[str], plugins: list[str], root: str | None = None
) -> PluginConfig[Dataset[Any]]:
    """The data set called `name` with `settings` (key=value), its files in `root`. Raises InputError with every
    problem."""
    registry = Registry.discover(plugins)
    document = Document.from_data({"data": {"name": name}}, "command line")
    document.override([f"data.{setting}" for setting in _with_root(name, settings, root, registry)])
    problems: list[Problem] = []
    part = resolved_part("data", document.data["data"], ("data",), document, registry, problems)
    if problems or part is None:
        raise InputError(problems)
    return part


def data_of_job(
    path: Path, settings: list[str], plugins: list[str], root: str | None = None
) -> tuple[PluginConfig[Dataset[Any]], int]:
    """The data set of a job file, `settings` and `root` laid over it, and the length of the clips that its task
    needs."""
    document, registry = load_job(path, [], plugins)
    section = document.data.get("data")
    name = section.get("name") if isinstance(section, dict) else section
    document.override([f"data.{setting}" for setting in _with_root(name, settings, root, registry)])
    plan = make_plan(document, registry)
    return plan.data, plan.frames


def _with_root(name: object, settings: list[str], root: str | None, registry: Registry) -> list[str]:
    """The settings, the one that says where the data set's files are set to `root`."""
    if root is None or not isinstance(name, str):
        return settings
    declaration = registry.find("data", name).declaration
    key = declaration.folder_setting if isinstance(declaration, Dataset) else None
    if key is None:
        raise InputError(f"the data set {name} has no setting that is a path: leave out --root")
    return [f"{key}={root}", *settings]
