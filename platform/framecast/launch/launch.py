"""From a plan to a finished run: its folder, its processes, and the signals that stop it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from framecast.command_line import command
from framecast.counting import plural
from framecast.errors import InputError, Place, Problem, disk_problem, without_credentials
from framecast.files import remove_unfinished, write_atomically
from framecast.job.compute import Compute
from framecast.job.document import Document
from framecast.job.load import read_plan
from framecast.job.paths import relative_paths
from framecast.job.plan import Plan
from framecast.job.plugin_config import PluginConfig
from framecast.job.readiness import ensure_ready
from framecast.json_text import to_json
from framecast.launch.environment import environment
from framecast.launch.hardware import idle_gpus, local_resources, resolve_resources
from framecast.launch.mirroring import as_driver, as_only_process, push_all, url_of
from framecast.launch.shared_storage import ensure_shared
from framecast.launch.signals import Stopped, StopSignals, stopping_on_signals
from framecast.launch.undo import Undo
from framecast.launch.worker import note_failure, train_in_this_process, train_on_workers
from framecast.plugin.cause import Cause
from framecast.plugin.declarations import Model
from framecast.plugin.events import RunFailed, RunInterrupted
from framecast.registry.submissions import note_submission
from framecast.registry.trust import Trust
from framecast.runs.checkpoints import CheckpointStore
from framecast.runs.driver import Driver, driven_by_another, heartbeat
from framecast.runs.limits import Trained
from framecast.runs.phases import note_phase
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status, in_state
from framecast.runs.stop_request import StopRequest
from framecast.runs.stopping import clear_stop
from framecast.runs.write_probe import probe


def write_plan(run: RunFolder, plan: Plan, folder: Path | None = None) -> None:
    """Keeps the plan in the run's folder, and notes elsewhere that this user trains there with its plugins."""
    write_atomically(run.plan, plan.to_yaml(folder))
    if problem := note_submission(run.path, plan.sources):
        print(f"note: {problem}", file=sys.stderr)


def create_run(plan: Plan, document: Document, root: Path, run_id: str | None = None) -> RunFolder:
    """A new run folder with the job as written and the plan as resolved.

    Raises InputError where the data, a metric or a callback are not ready.
    """
    ensure_ready(plan)
    run = RunFolder.create(root, plan.job.name, run_id)
    if url := url_of(run):
        probe(url)
    try:
        Driver.of_process(os.getpid()).note(run)
        write_atomically(run.job, without_credentials(document.text) or plan.to_yaml())
        write_atomically(run.environment, to_json(environment(), indent=1))
        write_plan(run, plan)
    except OSError as error:
        run.remove()
        raise InputError(f"cannot make the run folder {run.path}: {disk_problem(error) or error}") from None
    return run


def resumed_plan(run: RunFolder, overrides: list[str], trusted: bool = False) -> Plan:
    """The plan to continue with; `trusted` lets plugins be imported that the run's folder names. Changes nothing.
    Raises InputError if the run is running, has nothing left to do, or would be another one."""
    trust = Trust.in_folder(run.path, trusted)
    plan = read_plan(run.plan, overrides, trust=trust, other_hardware=True)
    before = read_plan(run.plan, trust=trust)
    status = Status.of(run)
    if status.state in ("running", "starting") and driven_by_another(run):
        raise InputError(f"run {run.id} {in_state(status.state)}: nothing to resume ({Driver.of(run)})")
    problems = [
        Problem("cannot change when a run is resumed, its weights would not fit: submit a new job", key=key)
        for key in ("task", "model", "data")
        if _lasting_settings(getattr(plan, key)) != _lasting_settings(getattr(before, key))
    ]
    if plan.job.training.optimizer.name != before.job.training.optimizer.name:
        message = "cannot change when a run is resumed, its state would not fit: submit a new job"
        problems.append(Problem(message, key="training.optimizer.name"))
    if problems:
        raise InputError(problems)
    _ensure_work_left(run, status, before, plan)
    try:
        ensure_ready(plan)
    except InputError as error:
        raise InputError([*error.problems, *_that_depend_on_a_folder(run)]) from None
    return plan


def _lasting_settings(config: PluginConfig[Any]) -> dict[str, Any]:
    """The settings that a resumed run keeps: all but those that a model declares as `runtime_settings`."""
    changeable = config.declaration.runtime_settings if isinstance(config.declaration, Model) else ()
    return {name: value for name, value in config.to_dict().items() if name not in changeable}


def _that_depend_on_a_folder(run: RunFolder) -> list[Problem]:
    """The relative paths in the plan of an older version, which does not hold the folder that they start from."""
    message = "is relative, and the folder that it starts from is unknown: resume where the run was submitted"
    return [
        Problem(f"{text} {message}", key=key, place=Place(str(run.plan))) for key, text in relative_paths(run.plan)
    ]


def _ensure_work_left(run: RunFolder, status: Status, before: Plan, plan: Plan) -> None:
    """Raises InputError, with the settings that would help, where a run has nothing to do by `plan`."""
    finished = status.state == "finished"
    if finished and not status.step:
        raise InputError(f"run {run.id} is finished ({status.reason}): its model has no parameters to train")
    done = Trained.of(run)
    if not finished:  # steps beyond its newest checkpoint are lost
        newest = CheckpointStore(run.checkpoints).named("last")
        done = replace(done, steps=newest.step if newest else 0)
    reached = done.reached(plan.job.training) if done.steps else []
    unchanged = plan.job.training == before.job.training and plan.callbacks == before.callbacks
    if reached or (finished and unchanged):
        more = command("resume", run.id, *done.more(plan.job.training, reached[0] if reached else status.cause))
        limits = ""
        if not unchanged or not finished:
            set_to = " and ".join(f"training.{name}={getattr(plan.job.training, name)}" for name in reached)
            trained = f"{plural(done.steps, 'step')} and {plural(done.epochs, 'epoch')} are done"
            limits = f": {trained}, {set_to} leaves nothing to do"
        raise InputError(
            f"run {run.id} {in_state(status.state)} ({status.reason}){limits}; give it more to do: {more}"
        )


def launch(plan: Plan, run: RunFolder, in_process: bool = False, new: bool = True) -> Status:
    """Trains the run until it is done, or stopped by a signal at its next step; returns how it stands.

    Continues from the run's newest checkpoint where there is one. Raises InputError if the hardware or the data
    cannot do what the plan asks for, or a run that has trained before cannot be resumed: then its folder is as it
    was. One that has not trained yet is deleted if it is `new`, else it has failed: users know it by its name.
    Whatever else goes wrong is a RunFailed event, with the traceback in the logs.
    """
    run.validate_no_links()
    remove_unfinished(run.path)
    start = run.journal.size
    undo = Undo(run) if run.journal.attempts() else None

    def begun() -> bool:
        return run.journal.began_since(start)

    clear_stop(run)
    stopped: StopRequest | None = None
    try:
        with stopping_on_signals() as signals, heartbeat(run):
            try:
                _in_process(plan, run, signals) if in_process else _on_ray(plan, run, signals, begun)
            except Stopped as stop:
                stopped = stop.request
                if begun() or undo is None:
                    _note_stopped(run, stop.request, signals.begun)
            except InputError as error:
                if undo is None and not new:
                    if Status.of(run).state != "failed":
                        run.journal.append(RunFailed(0, str(error), Cause.ERROR))
                    push_all(run)
                    return Status.of(run)
                if not run.journal.attempts():
                    run.remove()  # nothing has happened in it
                raise
            except Exception as error:
                note_failure(run, error)
                push_all(run)
            finally:
                clear_stop(run)
    except InputError:
        if undo and not begun():
            undo.restore()
        raise
    if undo and not begun():
        failures = [event.reason for event in run.journal.since(start) if isinstance(event, RunFailed)]
        log = undo.restore()
        if stopped:
            reason = f"{stopped.reason} before training began; the run is as it was"
            return replace(Status.of(run), state="interrupted", reason=reason, cause=stopped.cause)
        why = failures[-1] if failures else "training did not begin"
        raise InputError(f"run {run.id} cannot be resumed, and is as it was: {why} (its logs are in {log})")
    return Status.of(run)


def _note_stopped(run: RunFolder, request: StopRequest, begun: bool) -> None:
    """Ends a run that was stopped at once."""
    last = CheckpointStore(run.checkpoints).named("last")
    again = "again, at once; resume continues from the last checkpoint"
    reason = f"{request.reason} {again if begun else 'before training began'}"
    run.journal.append(RunInterrupted(last.step if last else 0, reason, request.cause))
    push_all(run)


def _in_process(plan: Plan, run: RunFolder, signals: StopSignals) -> None:
    if plan.job.compute.min_workers != 1:
        message = (
            f"--in-process is one process, the job asks for {plan.job.compute.workers}: add compute.workers=1"
        )
        raise InputError(Problem(message, key="compute.workers"))
    write_plan(run, resolve_resources(plan, local_resources()))
    with as_only_process(run):
        train_in_this_process(run, signals)


def _workers(compute: Compute) -> str:
    least = plural(compute.min_workers, "worker")
    return least if compute.max_workers == compute.min_workers else f"{least} or more"


def _on_ray(plan: Plan, run: RunFolder, signals: StopSignals, begun: Callable[[], bool]) -> None:
    from framecast.launch.ray_train import ray_session, tell

    def look() -> None:
        signals.forward(run)
        signals.begun = signals.begun or begun()
        if not signals.begun and (request := run.stop_requested()):
            raise Stopped(request)

    local, asked = local_resources(), plan
    if plan.job.compute.address is None:
        plan = resolve_resources(plan, local)  # a job that does not fit is refused before Ray starts
    note_phase(run, "starting Ray" if plan.job.compute.address is None else "connecting to Ray")
    with ray_session(run, plan.job.compute, local) as resources:
        if note := idle_gpus(asked, resources):
            tell(run, note)
        plan = resolve_resources(plan, resources)
        if plan.job.compute.address is not None:
            ensure_shared(run, plan.job.compute)
            plan = plan.with_plugins_in(run.plugins)
        write_plan(run, plan, run.path)
        note_phase(run, f"starting {_workers(plan.job.compute)}")
        with as_driver(run):
            train_on_workers(run, plan, look)
