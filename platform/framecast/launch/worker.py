"""What a training process does, under Ray or not: join its peers, and train the run in its folder."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from framecast.errors import InputError, PeersWaiting, access_problem, why_not_written
from framecast.job.load import read_plan
from framecast.job.plan import Plan
from framecast.launch.mirroring import as_worker
from framecast.launch.processes import alone, joined, log_as_worker, ray_rank
from framecast.launch.signals import StopSignals
from framecast.plugin.cause import Cause
from framecast.plugin.events import Event, RunFailed, RunStarted, StepDone
from framecast.registry.trust import Trust, pass_on
from framecast.runs.phases import note_phase
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status
from framecast.user_folders import give_libraries_a_home


def train_in_this_process(run: RunFolder, signals: StopSignals) -> None:
    """Trains the run as the only process there is, until `signals` stop it. Raises InputError where its data
    refuse the job."""

    def listen(event: Event) -> None:
        signals.begun = signals.begun or isinstance(event, RunStarted)

    give_libraries_a_home()
    run.take_refusal()  # of an earlier attempt
    note_phase(run, "loading PyTorch")
    plan = read_plan(run.plan)
    distributed = alone(plan.job.compute, metal=plan.job.training.strategy == "torch")
    from framecast.engine.train import train

    train(plan, run, distributed, listen, lambda: signals.request)
    if refusal := run.take_refusal():
        raise InputError(refusal)


def train_as_ray_worker(config: dict[str, Any]) -> None:
    """Trains the run in `config["folder"]` as one of Ray Train's workers; `config["plugins"]` are those that its
    driver has imported."""
    rank = ray_rank()
    with as_worker(config["folder"], config["url"], rank) as run:
        log_as_worker(run.logs, rank)
        _train_joined(run, read_plan(run.plan, trust=Trust.passed_on(run.path, config["plugins"])))


def train_on_workers(run: RunFolder, plan: Plan, look: Callable[[], None] = lambda: None) -> None:
    """Trains the run, whose plan this is, through Ray Train, which calls `look` again and again. Raises InputError
    where the workers refuse the job, and what Ray and `look` raise."""
    from framecast.launch.ray_train import run_on_workers

    run.take_refusal()  # of an earlier attempt
    run_on_workers(train_as_ray_worker, run, plan.job.compute, look, pass_on(run.path, plan.sources))
    if refusal := run.take_refusal():
        raise InputError(refusal)


def _train_joined(run: RunFolder, plan: Plan) -> None:
    with joined(plan.job.compute, run.logs) as distributed:
        from framecast.engine.train import train

        try:
            train(plan, run, distributed)
        except InputError as error:  # on every worker, before anything has happened: the driver refuses the job
            if distributed.is_rank_zero:
                run.refuse(str(error))
        except Exception as error:
            if distributed.size > 1 or _stepped(run):
                raise  # Ray ends the others, and all try again from the last checkpoint
            note_failure(run, error)  # what fails before its first step fails again
        finally:
            print(end="", flush=True)


def note_failure(run: RunFolder, error: Exception) -> None:
    """Ends the run with RunFailed; the traceback goes where this process prints."""
    traceback.print_exc()
    try:
        run.journal.append(RunFailed(Status.of(run).step, in_a_line(error), cause_of(error)))
    except OSError:  # handled: a disk that takes not even this; the run is shown as died, its log says why
        traceback.print_exc()


def in_a_line(error: Exception) -> str:
    """An error in one line. Ray wraps a worker's own in pages of traceback, whose last line is it."""
    if why := access_problem(error):
        return why
    if refusal := next((each for each in _wrapped(error) if isinstance(each, PeersWaiting)), None):
        return str(refusal)
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    own = len(lines) <= 1 or ":" not in last
    text = f"{type(error).__name__}: {last}" if own else last
    if why := why_not_written(error) or why_not_written(last):
        return f"{why}: {text}: free space, then resume the run"
    return text


def cause_of(error: BaseException) -> Cause:
    """What an error means for the run, by its type, and by the types of those that it wraps."""
    from framecast.engine.out_of_memory import is_about_memory

    found = list(_wrapped(error))
    ray = sys.modules.get("ray.exceptions")
    if any(is_about_memory(each) or (ray and isinstance(each, ray.OutOfMemoryError)) for each in found):
        return Cause.OUT_OF_MEMORY
    if any(isinstance(each, OSError) and why_not_written(each) for each in found):
        return Cause.DISK_FULL
    return Cause.ERROR


def _wrapped(error: BaseException) -> Iterator[BaseException]:
    """An error and those within it: Ray puts a worker's own into one, or several, of its own errors."""
    yield error
    failures = getattr(error, "worker_failures", {})  # of ray.train.WorkerGroupError
    own = getattr(error, "_base_exc", None)  # of Ray's UserExceptionWithTraceback
    task = getattr(error, "cause", None)  # of ray.exceptions.RayTaskError
    for inner in (*failures.values(), own, task, error.__cause__):
        if isinstance(inner, BaseException) and inner is not error:
            yield from _wrapped(inner)


def _stepped(run: RunFolder) -> bool:
    """Whether the present attempt has taken a step."""
    latest = [event for event in run.journal.raw() if isinstance(event, RunStarted | StepDone)][-1:]
    return any(isinstance(event, StepDone) for event in latest)
