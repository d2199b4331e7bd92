"""A data set on its own, outside a job: what `platform data` works on."""

from __future__ import annotations

from pathlib import Path

from framecast.errors import InputError, Problem
from framecast.job.document import Document
from framecast.job.plan import PluginConfig
from framecast.job.resolve import load_plan, resolved_part
from framecast.registry.registry import Registry


def data_part(name: str, settings: list[str], plugins: list[str]) -> PluginConfig:
    """The data set called `name` with `settings` (key=value). Raises InputError with every problem."""
    document = Document.from_data({"data": {"name": name}}, "command line")
    document.override([f"data.{setting}" for setting in settings])
    problems: list[Problem] = []
    part = resolved_part("data", document.data["data"], ("data",), document, Registry.discover(plugins), problems)
    if problems or part is None:
        raise InputError(problems)
    return part


def data_of_job(path: Path, settings: list[str], plugins: list[str]) -> tuple[PluginConfig, int]:
    """The data set of a job file, `settings` laid over it, and the length of the clips that its task needs."""
    _, plan = load_plan(path, [f"data.{setting}" for setting in settings], plugins)
    return plan.data, plan.frames
