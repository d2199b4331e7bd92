"""Scores models on a split, as one of any number of processes. The task's baselines are always among them.

In IEEE fp32, whatever the model was trained in: a score should not depend on who computes it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from framecast.data.renormalised_clips import ensure_same_channels, normalisation_notes
from framecast.engine.components import build_baselines
from framecast.engine.data_loading.batches import Batches
from framecast.engine.distributed_context import DistributedContext
from framecast.engine.evaluation.evaluate import Observer, evaluate
from framecast.engine.out_of_memory import translate_evaluation_oom
from framecast.engine.strategies.precision import float32_products
from framecast.errors import InputError
from framecast.evaluation.evaluation_target import EvaluationTarget
from framecast.evaluation.request import Request
from framecast.evaluation.rescaled_network import RescaledNetwork
from framecast.job.plan import Plan
from framecast.plugin.normalisation import Normalisation
from framecast.plugin.protocols.clip_dataset import ClipDataset


def score(request: Request, distributed: DistributedContext) -> None:
    """Answers a request together with the other processes of `distributed`. Each clip goes through each model
    once.

    Clips are normalised as the first subject was trained, whatever the statistics of the data are by now: its
    scores are those of the model as trained, and the others' have the same unit.
    """
    split, subjects = request.split, request.subjects()
    plan = subjects[0].plan
    dataset = plan.data.build(split, plan.frames)
    if not len(dataset):
        raise InputError(f"the {split} split of {plan.data.name} has no clips")
    batches = Batches(
        dataset,
        plan.job.training.clips_evaluated_at_once(distributed.size),
        distributed,
        plan.job.compute.data_processes,
    )
    common = next((subject.normalisation for subject in subjects if subject.normalisation), None)
    batches.normalise_as(common)
    notes = normalisation_notes(dataset.normalisation, common) if dataset.normalisation and common else []
    models = [*((subject.label, subject.plan, _network(subject, common, distributed)) for subject in subjects)]
    models += [(name, plan, model) for name, model in build_baselines(plan, distributed.device).items()]
    total = len(dataset) * len(models)
    rows: list[dict[str, Any]] = []
    for number, (label, own_plan, model) in enumerate(models):
        with _recording(request.clips(number, distributed.rank), own_plan, dataset) as record:

            def observe(
                positions: Sequence[int],
                values: dict[str, Tensor],
                aggregations: Mapping[str, str],
                record: Observer = record,
                before: int = number * len(dataset),
            ) -> None:
                record(positions, values, aggregations)
                if distributed.is_rank_zero and positions:
                    request.report_progress(before + positions[-1] + 1, total)

            task = own_plan.task.build()
            with float32_products(), translate_evaluation_oom():
                scores = evaluate(model, task, own_plan, batches, distributed, split=split, observe=observe)
            aggregations = {name.removeprefix(f"{split}/"): how for name, how in scores.aggregations.items()}
        rows.append(
            {
                "label": label,
                "model": own_plan.model.name if number < len(subjects) else label,
                "baseline": number >= len(subjects) or own_plan.model.declaration.baseline,
                "parameters": sum(parameter.numel() for parameter in model.parameters()),
                "metrics": {name.removeprefix(f"{split}/"): value for name, value in scores.metrics.items()},
                "per_frame": {name.removeprefix(f"{split}/"): value for name, value in scores.per_frame.items()},
                "counts": {name.removeprefix(f"{split}/"): value for name, value in scores.counts.items()},
                "confusion": None if scores.confusion is None else scores.confusion.tolist(),
            }
        )
    distributed.barrier()
    if distributed.is_rank_zero:
        request.write_results(
            {
                "clips": len(dataset),
                "grouped_by": dataset.grouped_by,
                "aggregations": aggregations,
                "notes": [f"{note.subject}: {note.text}" for note in notes],
                "rows": rows,
            }
        )


def _network(
    subject: EvaluationTarget, common: Normalisation | None, distributed: DistributedContext
) -> nn.Module:
    """The subject's model, for clips that are normalised by `common`."""
    network, own = subject.model(distributed.device), subject.normalisation
    if own is None or common is None or own.is_equivalent(common):
        return network
    ensure_same_channels(own, common)
    return RescaledNetwork(network, common, own, distributed.device)


@contextmanager
def _recording(file: Path, plan: Plan, dataset: ClipDataset) -> Iterator[Observer]:
    """Writes each clip's origin and scores as they come: each score over the clip's frames, and how many those
    are: a frame that is masked as a whole has no value."""
    names = ["loss", *(part.name for part in plan.metrics)]
    grouped = dataset.grouped_by not in (None, "clip")
    with open(file, "w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["clip", "group", "start", "end", *names, *(f"frames of {name}" for name in names)])

        def record(positions: Sequence[int], values: dict[str, Tensor], aggregations: Mapping[str, str]) -> None:
            scores, frames = [], []
            for name in names:
                values_BT = values[name].double()
                if aggregations.get(name) == "root_mean_square":
                    scores.append(values_BT.square().nanmean(1).sqrt().tolist())
                else:
                    scores.append(values_BT.nanmean(1).tolist())
                frames.append((~values_BT.isnan()).sum(1).tolist())
            for number, position in enumerate(positions):
                origin = dataset.origin(position) if grouped else ("", "", "")
                row = [repr(each[number]) for each in scores]
                writer.writerow([position, *origin, *row, *(each[number] for each in frames)])

        yield record
