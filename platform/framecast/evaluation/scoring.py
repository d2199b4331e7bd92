"""Scores models on a split, as one of any number of processes. Trivial forecasters are always among them.

In fp32, whatever the model was trained in: a score should not depend on who computes it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from framecast.engine.batches import Batches
from framecast.engine.evaluation import Observer, evaluate
from framecast.engine.world import World
from framecast.errors import InputError
from framecast.evaluation.request import Request
from framecast.job.plan import Plan


def score(request: Request, world: World) -> None:
    """Answers a request together with the other processes of `world`. Each clip goes through each model once."""
    split, subjects = request.split, request.subjects()
    plan = subjects[0].plan
    dataset = plan.data.declaration.build(plan.data.settings, split, plan.frames)
    if not len(dataset):
        raise InputError(f"the {split} split of {plan.data.name} has no clips")
    batches = Batches(dataset, plan.job.training.batch_size, world, plan.job.compute.data_processes)
    models = [*((subject.label, subject.plan, subject.model(world.device)) for subject in subjects)]
    models += [(name, plan, model) for name, model in _forecasters(plan, world)]
    total = len(dataset) * len(models)
    rows: list[dict[str, Any]] = []
    for number, (label, own_plan, model) in enumerate(models):
        with _recording(request.clips(number, world.rank), own_plan) as record:

            def observe(
                positions: Sequence[int],
                values: dict[str, Tensor],
                record: Observer = record,
                before: int = number * len(dataset),
            ) -> None:
                record(positions, values)
                if world.first and positions:
                    request.tell(before + positions[-1] + 1, total)

            task = own_plan.task.declaration.build(own_plan.task.settings)
            scores = evaluate(model, task, own_plan, batches, world, split=split, observe=observe)
        rows.append(
            {
                "label": label,
                "model": own_plan.model.name if number < len(subjects) else label,
                "parameters": sum(parameter.numel() for parameter in model.parameters()),
                "metrics": {name.removeprefix(f"{split}/"): value for name, value in scores.metrics.items()},
                "per_frame": {name.removeprefix(f"{split}/"): value for name, value in scores.per_frame.items()},
                "counts": {name.removeprefix(f"{split}/"): value for name, value in scores.counts.items()},
                "confusion": None if scores.confusion is None else scores.confusion.tolist(),
            }
        )
    world.barrier()
    if world.first:
        request.answer({"clips": len(dataset), "rows": rows})


def _forecasters(plan: Plan, world: World) -> list[tuple[str, nn.Module]]:
    return [
        (part.name, part.declaration.build(part.settings, plan.sample_shape).to(world.device))
        for part in plan.baselines
        if part.name != plan.model.name
    ]


@contextmanager
def _recording(file: Path, plan: Plan) -> Iterator[Observer]:
    """Writes each clip's scores, the mean over its frames, as they come."""
    names = ["loss", *(part.name for part in plan.metrics)]
    with open(file, "w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["clip", *names])

        def record(positions: Sequence[int], values: dict[str, Tensor]) -> None:
            means = [values[name].double().nanmean(1).tolist() for name in names]
            for position, *row in zip(positions, *means, strict=True):
                writer.writerow([position, *(repr(value) for value in row)])

        yield record
