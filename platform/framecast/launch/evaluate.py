"""Evaluates on any number of workers: one in this process, more through Ray."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from framecast.errors import InputError, Problem, TrainingFailed, disk_problem, in_one_line
from framecast.evaluation.evaluation_target import EvaluationTarget
from framecast.evaluation.request import Request
from framecast.evaluation.result import Result
from framecast.files import make_folder, remove_tree
from framecast.job.compute import Compute
from framecast.job.plan import Plan
from framecast.job.scoring_terms import differing_data, differing_horizon
from framecast.launch.capture_output import capture_output
from framecast.launch.hardware import Device, local_resources, resolve_for_evaluation
from framecast.launch.processes import alone, joined, log_as_worker, ray_rank
from framecast.launch.worker import in_a_line
from framecast.runs.folder import Folder

Told = Callable[[], tuple[int, int]]
"""Tells the clips done, and all there are."""


def evaluate(
    subjects: Sequence[EvaluationTarget],
    split: str,
    output: Path,
    progress: Callable[[Told, IO[str]], AbstractContextManager[None]],
    device: Device = "auto",
) -> tuple[Result, str]:
    """Scores the subjects on a split and writes the result's files into `output`.

    Returns the result, and why it could not be written there; empty where it was.

    `progress` shows on a terminal what it receives while its context lasts; all else that is printed meanwhile
    goes into a log. Raises InputError where subjects cannot be compared, TrainingFailed where scoring fails.
    """
    validate_comparable(subjects)
    folder = Folder(Path(tempfile.mkdtemp(prefix="framecast-evaluation-")))
    make_folder(folder.logs, folder.path)
    plan = subjects[0].plan
    if plan.job.compute.address is None:
        plan, notes = resolve_for_evaluation(plan, local_resources(), device)
        for note in notes:
            print(f"note: {note}", file=sys.stderr)
    there = [replace(subject, plan=_computed_as(subject.plan, plan)) for subject in subjects]
    request = Request.write(folder.path, split, there)
    try:
        with capture_output(folder.driver_log) as terminal, progress(request.progress, terminal):
            _score(request, folder, plan.job.compute)
    except (InputError, KeyboardInterrupt):
        remove_tree(folder.path)
        raise
    except Exception as error:
        raise TrainingFailed(f"{in_a_line(error)}; logs are in {folder.logs}") from error
    result = Result.of(request, subjects)
    try:
        result.write(output)
    except (OSError, InputError) as error:
        return result, f"{_why(error)}; {_keep(result, folder)}"
    remove_tree(folder.path)
    return result, ""


def _computed_as(plan: Plan, first: Plan) -> Plan:
    """The plan of a subject on the hardware of the first one, and in fp32 as that."""
    training = plan.job.training.model_copy(update={"precision": "fp32"})
    return replace(plan, job=plan.job.model_copy(update={"training": training, "compute": first.job.compute}))


def _why(error: OSError | InputError) -> str:
    """Why the result's files were not written."""
    return disk_problem(error) or in_one_line(error) if isinstance(error, OSError) else str(error)


def _keep(result: Result, folder: Folder) -> str:
    """Writes a result that its own folder did not take into the temporary one, and says where it is."""
    try:
        file, *_ = result.write(folder.path)
        return f"the scores are kept in {file}"
    except (OSError, InputError) as error:
        return f"nor could they be kept in {folder.path}: {_why(error)}"


def validate_comparable(subjects: Sequence[EvaluationTarget]) -> None:
    """Raises InputError where the subjects would not be scored on the same clips, over the same horizon and by the
    same metrics, or where one is named twice."""
    first = subjects[0]
    problems = []
    for place, subject in enumerate(subjects[1:], start=1):
        if any(subject.label == other.label and subject.weights == other.weights for other in subjects[:place]):
            problems.append(Problem(f"{subject.label} is named twice: a comparison needs different models"))
        keys = differing_data(first.plan, subject.plan) + differing_horizon(first.plan, subject.plan)
        if [part.to_dict() for part in first.plan.metrics] != [part.to_dict() for part in subject.plan.metrics]:
            keys.append("metrics")
        if keys:
            problems.append(
                Problem(
                    f"{first.label} and {subject.label} differ in {', '.join(keys)}: set the same for both, "
                    f"such as {keys[0]}=..."
                )
            )
    if problems:
        raise InputError(problems)


def _score(request: Request, folder: Folder, compute: Compute) -> None:
    if compute.max_workers == 1:
        from framecast.evaluation.scoring import score

        score(request, alone(compute))
        return
    from framecast.launch.ray_train import ray_session, run_on_workers

    compute = compute.model_copy(update={"max_failures": 0})
    with ray_session(folder, compute, local_resources()):
        run_on_workers(score_as_ray_worker, folder, compute)


def score_as_ray_worker(config: dict[str, Any]) -> None:
    """Answers the request in `config["folder"]` as one of Ray Train's workers."""
    folder = Folder(Path(config["folder"]))
    log_as_worker(folder.logs, ray_rank())
    request = Request(folder.path)
    from framecast.evaluation.scoring import score

    with joined(request.subjects()[0].plan.job.compute, folder.logs) as distributed:
        score(request, distributed)
