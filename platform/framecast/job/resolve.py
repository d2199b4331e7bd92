"""From a job to its plan: overrides, plugins, settings, and every problem at once.

Resolving is pure but for reading the job file: it writes nothing and needs no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from framecast.bounded.yaml_text import Key, dotted
from framecast.counting import plural
from framecast.errors import InputError, Problem, did_you_mean
from framecast.job.data_facts import DataFacts
from framecast.job.deepspeed_rules import contradictions
from framecast.job.document import Document
from framecast.job.job import GPU_PRECISIONS, LISTS, SECTIONS, Job
from framecast.job.key_hints import KeyHints
from framecast.job.plan import Plan, measured
from framecast.job.plan_file import PlanFile
from framecast.job.plugin_config import PluginConfig
from framecast.job.search import COSTS, SECONDS
from framecast.job.validation import validated
from framecast.plugin.declarations import Model
from framecast.registry.plugin_source import PluginSource, named_source
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
    registry = Registry.exactly([*sources, *map(source_named, named)], and_installed)
    document = Document.from_data(file.job, layout.PLAN)
    automatic = [f"compute.{name}=auto" for name in file.automatic] if other_hardware else []
    document.override([*automatic, *(overrides or [])])
    known = same_frames or not any(text.startswith("data") for text in overrides or [])
    found = make_plan(document, registry, file.facts if known else None)
    return found if other_hardware else replace(found, automatic=file.automatic)


def source_named(text: str) -> PluginSource:
    """The plugin that the caller of a command names. Raises InputError where there is none."""
    try:
        return named_source(text, Path.cwd())
    except FileNotFoundError as error:
        raise InputError(Problem(str(error), key=f"plugin {text}")) from None


def make_plan(document: Document, registry: Registry, known: DataFacts | None = None) -> Plan:
    """Resolves a job against the plugins found. Raises InputError with every problem at once.

    `known` are facts of the data that an earlier plan has noted.
    """
    plan = check_job(document, registry, known)
    _try_out(plan, document)
    _validate_shapes(plan, document)
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
        problems += [
            Problem(f"{name} is listed twice", key=key, place=document.place((key,)))
            for name in dict.fromkeys(names)
            if names.count(name) > 1
        ]
    scores = measured(part.name for part in listed.get("metrics", []) if part)
    if job:
        problems += _between_settings(job, document, single.get("model"), scores)
    problems += _between_plugins(task, single.get("model"), listed.get("metrics", []), document)
    problems += _refused_scores(listed.get("callbacks", []), scores, document)
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


def with_absolute_paths(document: Document, registry: Registry) -> Document:
    """The same job, the paths in its plugins' sections absolute: its meaning no longer depends on a folder.
    Raises InputError with every problem of the job."""
    resolved = check_job(document, registry).to_dict()["job"]
    data = {
        key: _with_paths(value, resolved[key]) if key in SECTIONS or key in LISTS else value
        for key, value in document.data.items()
    }
    return Document(document.file, data, dict(document.places), document.text)


def relative_paths(plan: Path, trust: Trust | None = None) -> list[tuple[str, str]]:
    """(key, path) of the paths in a plan's file that depend on a folder, as older versions wrote them."""
    written = PlanFile.read(plan).job
    resolved = read_plan(plan, trust=trust).to_dict()["job"]
    return [
        (dotted(key), text)
        for section in (*SECTIONS, *LISTS)
        for key, text in _differing((section,), written.get(section), resolved[section])
    ]


def _differing(key: Key, written: Any, resolved: Any) -> Iterator[tuple[Key, str]]:
    """The texts that were resolved to others."""
    if isinstance(written, dict):
        for name, value in written.items():
            yield from _differing((*key, name), value, resolved[name])
    elif isinstance(written, list):
        for number, pair in enumerate(zip(written, resolved, strict=True)):
            yield from _differing((*key, number), *pair)
    elif isinstance(written, str) and written != resolved:
        yield key, written


def _with_paths(written: Any, resolved: Any) -> Any:
    """What is written, its texts as they were resolved."""
    if isinstance(written, dict) and isinstance(resolved, dict):
        return {key: _with_paths(value, resolved.get(key, value)) for key, value in written.items()}
    if isinstance(written, list) and isinstance(resolved, list):
        return [_with_paths(*pair) for pair in zip(written, resolved, strict=False)]
    return resolved if isinstance(written, str) and isinstance(resolved, str) else written


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
            problems.append(Problem(refusal, key=dotted(at), place=document.place(at)))
    return PluginConfig(kind, declaration, settings, found.source)


def _between_settings(
    job: Job, document: Document, model: PluginConfig[Any] | None, scores: tuple[str, ...]
) -> list[Problem]:
    """What single settings cannot know: rules between them."""
    found: list[tuple[Key, str]] = []
    training, compute = job.training, job.compute
    parts = compute.max_workers * training.accumulate
    if training.batch_size < parts:
        found.append(
            (
                ("training", "batch_size"),
                f"{plural(training.batch_size, 'clip')} cannot be divided among "
                f"{plural(compute.max_workers, 'worker')} "
                f"x {plural(training.accumulate, 'accumulated part')}: at least {parts} are needed",
            )
        )
    if job.checkpoints.monitor not in scores:
        choices = ", ".join(scores)
        message = f"{job.checkpoints.monitor} is not measured in this job, choose from: {choices}"
        found.append((("checkpoints", "monitor"), message))
    for objective in job.search.measured if job.search else ():
        if objective not in scores:
            choices = did_you_mean(objective, [*scores, *COSTS, SECONDS])
            message = f"{objective} is not measured in this job{choices}"
            found.append((("search", "objectives", objective), message))
    if training.precision in GPU_PRECISIONS and compute.gpus_per_worker == 0:
        message = f"{training.precision} needs a GPU and compute.gpus_per_worker is 0: write fp32, bf16 or auto"
        found.append((("training", "precision"), message))
    part = compute.gpus_per_worker
    if isinstance(part, float) and 0 < part < 1 < compute.max_workers:
        message = f"{compute.max_workers} workers exchange gradients and need a GPU each, not {part}: write 0 or 1"
        found.append((("compute", "gpus_per_worker"), message))
    if (training.precision, training.strategy, job.deepspeed.zero_stage) == ("fp16", "deepspeed", 0):
        # engine.backward scales losses only for ZeRO's optimizers, yet the other one unscales gradients
        message = "DeepSpeed does not scale fp16 losses without ZeRO: write 1, which costs one worker nothing"
        found.append((("deepspeed", "zero_stage"), message))
    found += contradictions(job.deepspeed)
    if training.activation_checkpointing == "layers" and model and not model.declaration.activation_checkpointing:
        message = f"the model {model.name} cannot compute its layers again: write none"
        found.append((("training", "activation_checkpointing"), message))
    return [Problem(message, key=dotted(key), place=document.place(key)) for key, message in found]


def _between_plugins(
    task: PluginConfig[Any] | None,
    model: PluginConfig[Any] | None,
    metrics: list[PluginConfig[Any] | None],
    document: Document,
) -> list[Problem]:
    """Whether the model gives what the task asks for, and the task what metrics score."""
    if task is None:
        return []
    needs = task.declaration.requires
    answers = {"frames": "predicts frames", "logits": "recognises classes"}
    found: list[tuple[Key, str]] = []
    if model and model.declaration.produces != needs:
        message = (
            f"{model.name} {answers[model.declaration.produces]}, and the task {task.name} needs a model that "
        )
        found.append((("model",), message + answers[needs]))
    for index, metric in enumerate(metrics):
        if metric and metric.declaration.requires == "logits" != needs:
            message = f"{metric.name} scores classes, and the task {task.name} asks for none: leave it out"
            found.append((("metrics", index), message))
    if model and needs == model.declaration.produces == "logits":
        found += _without_frames(task, model, metrics)
    return [Problem(message, key=dotted(key), place=document.place(key)) for key, message in found]


def _without_frames(
    task: PluginConfig[Any], model: PluginConfig[Any], metrics: list[PluginConfig[Any] | None]
) -> list[tuple[Key, str]]:
    """What a recognition model that predicts no frames, or none of the future, cannot be asked for."""
    predicts = model.declaration.predicts_frames(model.settings)
    horizon, (_, key) = task.declaration.horizon, task.declaration.horizon_settings
    future = horizon(task.settings)[1] if horizon else 1
    reason = "" if predicts else f"{model.name} predicts no frames"
    if predicts and not future:
        reason = f"task.{key} is 0" if key else f"the task {task.name} predicts none"
    found: list[tuple[Key, str]] = [
        (("metrics", index), f"{metric.name} scores predicted frames, and {reason}: leave it out")
        for index, metric in enumerate(metrics)
        if reason and metric and metric.declaration.requires == "frames"
    ]
    if task.declaration.accepts and (refusal := task.declaration.accepts(task.settings, predicts)):
        found.append((("task",), refusal))
    return found


def _refused_scores(
    callbacks: list[PluginConfig[Any] | None], scores: tuple[str, ...], document: Document
) -> list[Problem]:
    """What callbacks have to say against the scores that the job has."""
    problems = []
    for index, part in enumerate(callbacks):
        if part and part.declaration.accepts and (reason := part.declaration.accepts(part.settings, scores)):
            key: Key = ("callbacks", index)
            problems.append(Problem(f"{part.name}: {reason}", key=dotted(key), place=document.place(key)))
    return problems


def _validate_shapes(plan: Plan, document: Document) -> None:
    """Asks the model and the metrics whether they can work with the data's shape. Raises InputError."""
    sample = plan.sample_shape
    found: list[tuple[Key, str, str | None]] = []
    accepts = plan.model.declaration.accepts
    if accepts and plan.horizon:
        found.append((("model",), plan.model.name, accepts(plan.model.settings, sample, *plan.horizon)))
    for index, part in enumerate(plan.metrics):
        if part.declaration.accepts:
            found.append((("metrics", index), part.name, part.declaration.accepts(part.settings, sample)))
    problems = [
        Problem(f"{name}: {reason}", key=dotted(key), place=document.place(key))
        for key, name, reason in found
        if reason
    ]
    if problems:
        raise InputError(problems)


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
            raise InputError(Problem(str(error), key=key, place=document.place((key,)))) from None


def _named_plugins(document: Document, folder: Path) -> list[str]:
    """The job's `plugins:`, their paths taken relative to the job file. Raises InputError where there is none."""
    named = document.data.get("plugins")
    result, problems = [], []
    for index, text in enumerate(named if isinstance(named, list) else []):
        if not isinstance(text, str):
            continue  # the job model says so
        if text.startswith("no:"):
            result.append(text)
            continue
        try:
            source = named_source(text, folder)
        except FileNotFoundError as error:
            key: Key = ("plugins", index)
            problems.append(Problem(str(error), key=dotted(key), place=document.place(key)))
        else:
            result.append(source.path or text)
    if problems:
        raise InputError(problems)
    return result


def _sound(part: PluginConfig[Any] | None) -> PluginConfig[Any]:
    assert part is not None, "a part without problems is there"
    return part
