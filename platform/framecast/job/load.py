"""From files to plans: the job and its plugins read, or a plan that was written before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from framecast.errors import InputError
from framecast.job.document import Document
from framecast.job.plan import Plan
from framecast.job.plan_file import PlanFile
from framecast.job.resolve import make_plan
from framecast.registry.plugin_source import named_source
from framecast.registry.registry import Registry
from framecast.registry.trust import Trust
from framecast.runs import layout


def load_plan(path: Path, overrides: list[str], plugins: list[str]) -> tuple[Document, Plan]:
    """A job file to its plan: read, override, find plugins, resolve. Raises InputError with every problem."""
    document, registry = load_job(path, overrides, plugins)
    return document, make_plan(document, registry)


def load_job(path: Path, overrides: list[str], plugins: list[str]) -> tuple[Document, Registry]:
    """A job file and the plugins that it may use. Raises InputError where either cannot be read."""
    document = Document.read(path)
    document.override(overrides)
    return document, Registry.discover([*_named_plugins(document, path.parent), *plugins])


def read_plan(
    plan: Path | str,
    overrides: list[str] | None = None,
    and_installed: bool = False,
    trust: Trust | None = None,
    named: Sequence[str] = (),
    same_frames: bool = False,
    other_hardware: bool = False,
) -> Plan:
    """A plan from its file, plan.yaml, or its text, overrides laid over it: with its own plugins and no others,
    unless overrides may name what else is installed. Plugins that lie next to the file are found there. With
    `same_frames`, frames have the shape that the plan has noted whatever overrides say of the data, which need not
    be here. With `other_hardware`, resources that the job left to `auto` are open again.

    Its plugins are imported as far as `trust` allows; without it that is asked of what this user has submitted
    here. The plugins `named` by the caller, modules or paths, take the place of those that may not be imported.
    Raises InputError where one may not be.
    """
    file = PlanFile.read(plan)
    trust = trust or (Trust("the plan") if isinstance(plan, str) else Trust.in_folder(plan.parent))
    sources = [each for each in file.sources if not named or not trust.refuses(each)]
    trust.refuse(sources)
    registry = Registry.exactly([*sources, *(named_source(text) for text in named)], and_installed)
    document = Document.from_data(file.job, layout.PLAN)
    automatic = [f"compute.{name}=auto" for name in file.automatic] if other_hardware else []
    document.override([*automatic, *(overrides or [])])
    known = same_frames or not any(text.startswith("data") for text in overrides or [])
    found = make_plan(document, registry, file.facts if known else None)
    return found if other_hardware else replace(found, automatic=file.automatic)


def _named_plugins(document: Document, folder: Path) -> list[str]:
    """The job's `plugins:`, their paths taken relative to the job file. Raises InputError where there is none."""
    named = document.data.get("plugins")
    result, problems = [], []
    for index, text in enumerate(named if isinstance(named, list) else []):
        if not isinstance(text, str):
            continue  # the job model says so
        try:
            result.append(text if text.startswith("no:") else named_source(text, folder).path or text)
        except InputError as error:
            problems += [document.problem(("plugins", index), each.message) for each in error.problems]
    if problems:
        raise InputError(problems)
    return result
