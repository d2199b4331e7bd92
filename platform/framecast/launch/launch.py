"""From a plan to a finished run: its folder, its processes, and the signals that stop it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from framecast.command_line import command
from framecast.errors import InputError, Place, Problem
from framecast.job.document import Document
from framecast.job.plan import Plan
from framecast.job.readiness import refuse_unready
from framecast.job.resolve import read_plan, relative_paths
from framecast.json_text import to_json
from framecast.launch.environment import environment
from framecast.launch.hardware import local_resources, settled
from framecast.launch.mirroring import as_driver, as_only_process, bring_all, url_of
from framecast.launch.shared_storage import refuse_unshared
from framecast.launch.worker import note_failure, train_in_this_process, train_on_workers
from framecast.runs.folder import RunFolder, write_atomically
from framecast.runs.limits import Trained
from framecast.runs.remote import probe
from framecast.runs.status import Status, alive, driven_by_another, note_driver

INTERRUPTED = "Ctrl-C"
TERMINATED = "SIGTERM"


def create_run(plan: Plan, document: Document, root: Path, run_id: str | None = None) -> RunFolder:
    """A new run folder with the job as written and the plan as resolved.

    Raises InputError where the data, a metric or a callback are not ready.
    """
    refuse_unready(plan)
    run = RunFolder.create(root, plan.job.name, run_id)
    if url := url_of(run):
        probe(url)
    note_driver(run)
    write_atomically(run.job, document.text or plan.to_yaml())
    write_atomically(run.environment, to_json(environment(), indent=1))
    write_atomically(run.plan, plan.to_yaml())
    return run


def resumed_plan(run: RunFolder, overrides: list[str]) -> Plan:
    """The plan to go on with. Raises InputError if the run goes on already, is done, or would be another one."""
    plan = read_plan(run.plan, overrides)
    before = read_plan(run.plan)
    status = Status.of(run)
    if status.state in ("running", "starting") and driven_by_another(run):
        raise InputError(f"run {run.id} is {status.state}: nothing to resume")
    problems = [
        Problem("cannot change when a run is resumed, its weights would not fit: submit a new job", key=key)
        for key in ("task", "model", "data")
        if getattr(plan, key).to_dict() != getattr(before, key).to_dict()
    ]
    if plan.job.training.optimizer.name != before.job.training.optimizer.name:
        message = "cannot change when a run is resumed, its state would not fit: submit a new job"
        problems.append(Problem(message, key="training.optimizer.name"))
    if problems:
        raise InputError(problems)
    if status.state == "finished":
        refuse_to_do_nothing(run, status, before, plan)
    try:
        refuse_unready(plan)
    except InputError as error:
        raise InputError([*error.problems, *_that_depend_on_a_folder(run)]) from None
    return plan


def _that_depend_on_a_folder(run: RunFolder) -> list[Problem]:
    """The paths of a run that an older version planned: whose folder they start from, nobody noted."""
    message = "is relative, and the folder that it starts from is unknown: resume where the run was submitted"
    return [
        Problem(f"{text} {message}", key=key, place=Place(str(run.plan))) for key, text in relative_paths(run.plan)
    ]


def refuse_to_do_nothing(run: RunFolder, status: Status, before: Plan, plan: Plan) -> None:
    """Raises InputError, with the settings that would help, where a finished run has nothing to do by `plan`."""
    if not status.step:
        raise InputError(f"run {run.id} is finished ({status.reason}): its model has no parameters to train")
    done = Trained.of(run)
    reached = done.reached(plan.job.training)
    unchanged = plan.job.training == before.job.training and plan.callbacks == before.callbacks
    if reached or unchanged:
        more = command("resume", run.id, *done.more(plan.job.training, reached[0] if reached else status.reason))
        limits = f": training.{' and training.'.join(reached)} leave nothing to do" if not unchanged else ""
        raise InputError(f"run {run.id} is finished ({status.reason}){limits}; give it more to do: {more}")


def launch(plan: Plan, run: RunFolder, in_process: bool = False) -> Status:
    """Trains the run until it is done, or stopped by a signal at its next step; returns how it stands.

    Goes on from the run's newest checkpoint where there is one. Raises InputError if the hardware cannot do
    what the plan asks for. Whatever else goes wrong is a RunFailed event, with the traceback in the logs.
    """
    run.clear_stop()
    with alive(run), _stopping_on_signals(run):
        try:
            _in_process(plan, run) if in_process else _on_ray(plan, run)
        except InputError:
            if not run.journal.attempts():
                run.remove()  # nothing has happened in it
            raise
        except Exception as error:
            note_failure(run, error)
            bring_all(run)
        finally:
            run.clear_stop()
    return Status.of(run)


def _in_process(plan: Plan, run: RunFolder) -> None:
    if plan.job.compute.fewest != 1:
        message = (
            f"--in-process is one process, the job asks for {plan.job.compute.workers}: add compute.workers=1"
        )
        raise InputError(Problem(message, key="compute.workers"))
    write_atomically(run.plan, settled(plan, local_resources()).to_yaml())
    with as_only_process(run):
        train_in_this_process(str(run.path))


def _on_ray(plan: Plan, run: RunFolder) -> None:
    from framecast.launch.ray_train import ray_session

    local = local_resources()
    if plan.job.compute.address is None:
        plan = settled(plan, local)  # a job that does not fit is refused before Ray starts
    with ray_session(run, plan.job.compute, local) as resources:
        plan = settled(plan, resources)
        if plan.job.compute.address is not None:
            refuse_unshared(run, plan.job.compute)
            plan = plan.with_plugins_in(run.plugins)
        write_atomically(run.plan, plan.to_yaml(run.path))
        with as_driver(run):
            train_on_workers(run, plan.job.compute)


@contextmanager
def _stopping_on_signals(run: RunFolder) -> Iterator[None]:
    """Ctrl-C and SIGTERM ask the run to checkpoint and stop; a second Ctrl-C stops at once."""

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        if run.stop_requested():
            raise KeyboardInterrupt
        run.request_stop(INTERRUPTED)

    def on_termination(number: int, frame: FrameType | None) -> None:
        run.request_stop(TERMINATED)

    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may listen to signals
        return
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, on_interrupt),
        signal.SIGTERM: signal.signal(signal.SIGTERM, on_termination),
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
