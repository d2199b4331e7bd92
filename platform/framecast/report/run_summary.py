"""The closing block: what came of the run, beside what no training gives, and the next three commands."""

from __future__ import annotations

import math
import shlex

from framecast.command_line import command, display_path, is_forwarded
from framecast.counting import plural
from framecast.job.plan import Plan
from framecast.plugin.cause import Cause
from framecast.report import numbers
from framecast.report.palette import in_words
from framecast.runs.job_folder import JobFolder
from framecast.runs.limits import Trained, duration
from framecast.runs.roots import runs_root
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status, model_evaluations


def run_summary(run: RunFolder, status: Status, plan: Plan) -> str:
    """A few lines for the end of `platform submit` and `platform resume`."""
    lines = [_headline(status)]
    lines += _limit(run, status, plan)
    lines += _scores(run, status, plan)
    lines.append(report_line(run))
    lines += ["next:", *(f"  {command}" for command in next_commands(run, status, plan))]
    return "\n".join(lines)


def next_commands(run: RunFolder, status: Status, plan: Plan) -> list[str]:
    """Commands that make sense now, ready to be copied but for FILE, what a prediction is made of."""
    where = name_here(run)
    if status.state == "finished":
        more = Trained.of(run).more(plan.job.training, status.cause)
        training = [command("resume", where, *more)] if status.step else []
        return [command("status", where), *training, command("evaluate", where), *_prediction(where, plan)]
    follow = command("resume", where)
    if status.state == "failed":
        worker, driver = run.worker_log(0), run.driver_log
        log = shlex.quote(display_path(worker if worker.exists() else driver))
        show = command("logs", where) if is_forwarded() else f"less {log}"
        return [show, follow, command("status", where)]
    return [follow, command("status", where), command("list")]


def name_here(run: JobFolder) -> str:
    """How commands name the run: by its id, or by its path where its root is not the usual one."""
    return run.id if is_forwarded() or run.root == runs_root() else display_path(run.path)


def report_line(run: JobFolder) -> str:
    """Where the report of a run or a search is; of one on a cluster the command that brings it."""
    if not run.report.exists():
        driver_log = run.driver_log
        where = command("logs", name_here(run)) if is_forwarded() else display_path(driver_log)
        return f"report: could not be made, see {where}"
    return f"report: {command('report', name_here(run)) if is_forwarded() else display_path(run.report)}"


def _headline(status: Status) -> str:
    took = numbers.duration(status.seconds)
    if status.state == "finished":
        took = f"the last of {status.attempt} attempts took {took}" if status.attempt > 1 else f"in {took}"
        return f"finished ({status.reason}): {plural(status.step, 'step')}, {took}"
    if status.state == "failed":
        return f"failed at step {status.step}: {status.reason}"
    return f"{status.state} at step {status.step}: {status.reason}"


def _limit(run: RunFolder, status: Status, plan: Plan) -> list[str]:
    """Which limit ended the run before it had trained all its epochs, if one did."""
    training, done = plan.job.training, Trained.of(run)
    name = f"training.{status.cause}"
    if status.state != "finished" or Cause.EPOCHS in done.reached(training):
        return []
    if status.cause == Cause.MAX_HOURS and training.max_hours is not None:
        name += f"={training.max_hours:g} ({duration(training.max_hours)})"
    elif status.cause == Cause.MAX_STEPS:
        name += f"={training.max_steps}"
    else:
        return []
    every = plural(training.epochs * done.steps_per_epoch, "step")
    return [f"{name} ended it before training.epochs={training.epochs}, which is {every}"]


def _scores(run: RunFolder, status: Status, plan: Plan) -> list[str]:
    """Which checkpoint is best, and its score of the main metric beside the baselines'."""
    if not status.best_checkpoint:
        return []
    lines = [f"best checkpoint: {status.best_checkpoint}"]
    name = next((f"validation/{part.name}" for part in plan.metrics), "validation/loss")
    if name not in status.best:
        return lines
    direction = _direction(plan, name)
    better = "lower" if direction == "min" else "higher"
    lines.append(f"  {name + ':':<20} {status.best[name]:.5f} ({better} is better)")
    lines += [
        f"  {in_words(baseline) + ':':<20} {scores[name]:.5f}"
        for baseline, scores in status.baselines.items()
        if name in scores
    ]
    sign = 1 if direction == "min" else -1
    scored = [
        (sign * event.metrics[name], event.step)
        for event in model_evaluations(run.journal.read())
        if math.isfinite(event.metrics.get(name, math.nan))
    ]
    if name != status.monitor and scored and min(scored)[0] < sign * status.best[name]:
        value, step = min(scored)
        other = f"{name} was {better} at step {step:,}: {sign * value:.5f}"
        lines.append(f"  {other}; checkpoints.monitor={name} keeps that one")
    return lines


def _direction(plan: Plan, name: str) -> str:
    found = [part.declaration.direction for part in plan.metrics if f"validation/{part.name}" == name]
    return found[0] if found else "min"


def _prediction(where: str, plan: Plan) -> list[str]:
    """How frames are predicted from FILE: as a film where they are grey or in colour, else as numbers."""
    if plan.task.declaration.requires != "frames":
        return []
    ending = "mp4" if plan.sample_shape.channels in (1, 3) else "npy"
    return [command("predict", where, "FILE", "-o", f"future.{ending}")]
