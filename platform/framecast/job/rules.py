"""What single settings cannot know: rules between the settings and the plugins of a job.

Each function yields the keys of the job that cannot stay as they are, with what is wrong and what to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from framecast.bounded.yaml_text import Key
from framecast.counting import plural
from framecast.errors import did_you_mean
from framecast.job.deepspeed import contradictions
from framecast.job.job import Job
from framecast.job.plan import Plan
from framecast.job.plugin_config import PluginConfig
from framecast.job.search import COSTS, SECONDS
from framecast.job.training import GPU_PRECISIONS

Found: TypeAlias = Iterator[tuple[Key, str]]


def between_settings(job: Job, model: PluginConfig[Any] | None, scores: tuple[str, ...]) -> Found:
    """What is wrong between settings of the job; `scores` are those that its evaluation has."""
    training, compute = job.training, job.compute
    parts = compute.max_workers * training.accumulate
    if training.batch_size < parts:
        yield (
            ("training", "batch_size"),
            f"{plural(training.batch_size, 'clip')} cannot be divided among "
            f"{plural(compute.max_workers, 'worker')} "
            f"x {plural(training.accumulate, 'accumulated part')}: at least {parts} are needed",
        )
    if job.checkpoints.monitor not in scores:
        choices = ", ".join(scores)
        message = f"{job.checkpoints.monitor} is not measured in this job, choose from: {choices}"
        yield ("checkpoints", "monitor"), message
    for objective in job.search.measured if job.search else ():
        if objective not in scores:
            choices = did_you_mean(objective, [*scores, *COSTS, SECONDS])
            message = f"{objective} is not measured in this job{choices}"
            yield ("search", "objectives", objective), message
    if training.precision in GPU_PRECISIONS and compute.gpus_per_worker == 0:
        message = f"{training.precision} needs a GPU and compute.gpus_per_worker is 0: write fp32, bf16 or auto"
        yield ("training", "precision"), message
    part = compute.gpus_per_worker
    if isinstance(part, float) and 0 < part < 1 < compute.max_workers:
        message = f"{compute.max_workers} workers exchange gradients and need a GPU each, not {part}: write 0 or 1"
        yield ("compute", "gpus_per_worker"), message
    if (training.precision, training.strategy, job.deepspeed.zero_stage) == ("fp16", "deepspeed", 0):
        # engine.backward scales losses only for ZeRO's optimizers, yet the other one unscales gradients
        message = "DeepSpeed does not scale fp16 losses without ZeRO: write 1, which costs one worker nothing"
        yield ("deepspeed", "zero_stage"), message
    yield from contradictions(job.deepspeed)
    if training.activation_checkpointing == "layers" and model and not model.declaration.activation_checkpointing:
        message = f"the model {model.name} cannot compute its layers again: write none"
        yield ("training", "activation_checkpointing"), message


def between_plugins(
    task: PluginConfig[Any] | None, model: PluginConfig[Any] | None, metrics: list[PluginConfig[Any] | None]
) -> Found:
    """Where the model does not produce what the task requires, or the task not what a metric scores."""
    if task is None:
        return
    needs = task.declaration.requires
    answers = {"frames": "predicts frames", "logits": "recognises classes"}
    if model and model.declaration.produces != needs:
        message = (
            f"{model.name} {answers[model.declaration.produces]}, and the task {task.name} needs a model that "
        )
        yield ("model",), message + answers[needs]
    for index, metric in enumerate(metrics):
        if metric and metric.declaration.requires == "logits" != needs:
            message = f"{metric.name} scores classes, and the task {task.name} asks for none: leave it out"
            yield ("metrics", index), message
    if model and needs == model.declaration.produces == "logits":
        yield from _without_frames(task, model, metrics)


def _without_frames(
    task: PluginConfig[Any], model: PluginConfig[Any], metrics: list[PluginConfig[Any] | None]
) -> Found:
    """What a recognition model that predicts no frames, or none of the future, cannot be asked for."""
    predicts = model.declaration.predicts_frames(model.settings)
    horizon, (_, key) = task.declaration.horizon, task.declaration.horizon_settings
    future = horizon(task.settings)[1] if horizon else 1
    reason = "" if predicts else f"{model.name} predicts no frames"
    if predicts and not future:
        reason = f"task.{key} is 0" if key else f"the task {task.name} predicts none"
    for index, metric in enumerate(metrics):
        if reason and metric and metric.declaration.requires == "frames":
            yield ("metrics", index), f"{metric.name} scores predicted frames, and {reason}: leave it out"
    if task.declaration.accepts and (refusal := task.declaration.accepts(task.settings, predicts)):
        yield ("task",), refusal


def refused_scores(callbacks: list[PluginConfig[Any] | None], scores: tuple[str, ...]) -> Found:
    """What callbacks have to say against the scores that the job has."""
    for index, part in enumerate(callbacks):
        if part and part.declaration.accepts and (reason := part.declaration.accepts(part.settings, scores)):
            yield ("callbacks", index), f"{part.name}: {reason}"


def refused_shapes(plan: Plan) -> Found:
    """What the model and the metrics have to say against the shape of the data."""
    sample, model = plan.sample_shape, plan.model
    accepts = model.declaration.accepts
    if accepts and plan.horizon and (reason := accepts(model.settings, sample, *plan.horizon)):
        yield ("model",), f"{model.name}: {reason}"
    for index, part in enumerate(plan.metrics):
        if part.declaration.accepts and (reason := part.declaration.accepts(part.settings, sample)):
            yield ("metrics", index), f"{part.name}: {reason}"
