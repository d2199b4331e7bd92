"""From a job to its plan: plugins, settings, and every problem at once. Needs no torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from framecast.bounded.yaml_text import Key, dotted
from framecast.errors import InputError, Problem
from framecast.job.data_facts import DataFacts
from framecast.job.document import Document
from framecast.job.job import LISTS, SECTIONS, Job
from framecast.job.key_hints import KeyHints
from framecast.job.plan import Plan, measured
from framecast.job.plugin_config import PluginConfig
from framecast.job.rules import between_plugins, between_settings, refused_scores, refused_shapes
from framecast.job.validation import validated
from framecast.plugin.declarations import Model
from framecast.registry.registry import Registry


def make_plan(document: Document, registry: Registry, known: DataFacts | None = None) -> Plan:
    """Resolves a job against the plugins found. Raises InputError with every problem at once.

    `known` are facts of the data that an earlier plan has noted.
    """
    plan = check_job(document, registry, known)
    _try_out(plan, document)
    if problems := [document.problem(*found) for found in refused_shapes(plan)]:
        raise InputError(problems)
    return plan


def check_job(document: Document, registry: Registry, known: DataFacts | None = None) -> Plan:
    """The plan of a job whose data are elsewhere: all is checked but what only they can tell. Raises InputError
    with every problem at once."""
    document = document.with_credentials()
    problems: list[Problem] = []
    job = validated(Job, document.data, document, (), problems, KeyHints(document, registry))
    single = {
        key: resolved_part(kind, document.data[key], (key,), document, registry, problems)
        for key, kind in SECTIONS.items()
        if key in document.data
    }
    task = single.get("task")
    data = document.data
    if data.get("metrics") is None and task is not None:  # the task's own list
        data = {**data, "metrics": list(task.declaration.default_metrics)}
    listed = {
        key: [
            resolved_part(kind, entry, (key, index), document, registry, problems)
            for index, entry in enumerate(data.get(key) or [])
        ]
        for key, kind in LISTS.items()
        if isinstance(data.get(key), list | None)
    }
    for key, parts in listed.items():
        names = [part.name for part in parts if part]
        twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
        problems += [document.problem((key,), f"{name} is listed twice") for name in twice]
    scores = measured(part.name for part in listed.get("metrics", []) if part)
    model, metrics, callbacks = single.get("model"), listed.get("metrics", []), listed.get("callbacks", [])
    against = [*between_plugins(task, model, metrics), *refused_scores(callbacks, scores)]
    if job:
        against += between_settings(job, model, scores)
    problems += [document.problem(*found) for found in against]
    baselines = [
        resolved_part("model", name, ("task",), document, registry, problems)
        for name in (task.declaration.baselines if task else ())
    ]
    if problems:
        raise InputError(problems)
    assert job is not None
    return Plan(
        job=job,
        task=_sound(single["task"]),
        model=_sound(single["model"]),
        data=_sound(single["data"]),
        metrics=tuple(map(_sound, listed["metrics"])),
        callbacks=tuple(map(_sound, listed["callbacks"])),
        baselines=tuple(map(_sound, baselines)),
        known=known,
    )


def resolved_part(
    kind: str, entry: Any, key: Key, document: Document, registry: Registry, problems: list[Problem]
) -> PluginConfig[Any] | None:
    """The plugin's declaration and settings for one section of the job; None where there are problems."""
    if isinstance(entry, str):
        entry = {"name": entry}
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        return None  # the job model has said so
    try:
        found = registry.find(kind, entry["name"])
    except InputError as error:
        at = (*key, "name") if (*key, "name") in document.places else key
        problems += [Problem(each.message, key=dotted(key), place=document.place(at)) for each in error.problems]
        return None
    declaration = found.declaration
    written = {name: value for name, value in entry.items() if name != "name"}
    settings = validated(declaration.settings, written, document, key, problems, KeyHints(document, registry))
    if settings is None:
        return None
    for constraint in declaration.constraints if isinstance(declaration, Model) else ():
        refusal = constraint.refusal(settings.model_dump())
        if refusal:
            at = next(((*key, name) for name in constraint.names if name in written), key)
            problems.append(document.problem(at, refusal))
    return PluginConfig(kind, declaration, settings, found.source)


def _try_out(plan: Plan, document: Document) -> None:
    """Asks the plugins for shape and cost, so that what they refuse is a problem of the job."""
    asked: list[tuple[str, Callable[[], object]]] = [
        ("task", lambda: plan.frames),
        ("data", lambda: plan.sample_shape),
        ("model", lambda: plan.cost),
    ]
    for key, ask in asked:
        try:
            ask()
        except (ValueError, InputError) as error:
            raise InputError(document.problem((key,), str(error))) from None


def _sound(part: PluginConfig[Any] | None) -> PluginConfig[Any]:
    assert part is not None, "a part without problems is there"
    return part
