"""The closing block: what came of the run, beside what no training gives, and the next three commands."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from framecast.job.plan import Plan
from framecast.runs.folder import RunFolder, runs_root
from framecast.runs.status import Status


def closing(run: RunFolder, status: Status, plan: Plan) -> str:
    """A few lines for the end of `platform submit` and `platform resume`."""
    lines = [_headline(status)]
    lines += _scores(status, plan)
    missing = f"could not be made, see {shown(run.logs / 'driver.log')}"
    lines.append(f"report: {shown(run.report) if run.report.exists() else missing}")
    lines += ["next:", *(f"  {command}" for command in next_commands(run, status, plan))]
    return "\n".join(lines)


def next_commands(run: RunFolder, status: Status, plan: Plan) -> list[str]:
    """Three commands that make sense now, ready to be copied."""
    where = run.id if run.root == runs_root() else shown(run.path)
    platform = own_command()
    if status.state == "finished":
        more = plan.job.training.epochs * 2
        follow = f"{platform} resume {where} training.epochs={more}"
        limits = [name for name in ("max_steps", "max_hours") if getattr(plan.job.training, name) is not None]
        follow += "".join(f" training.{name}=null" for name in limits)
        return [f"{platform} status {where}", follow, f"{platform} explain model.{_first_setting(plan)}"]
    follow = f"{platform} resume {where}"
    if status.state == "failed":
        worker, driver = run.logs / "worker-0.log", run.logs / "driver.log"
        return [f"less {shown(worker if worker.exists() else driver)}", follow, f"{platform} status {where}"]
    return [follow, f"{platform} status {where}", f"{platform} list"]


def own_command() -> str:
    """The command as it can be typed here: `platform`, or its path where that is not on the PATH."""
    if sent_from := os.environ.get("FRAMECAST_COMMAND"):  # what a cluster is to call it
        return sent_from
    program = Path(sys.argv[0])
    if program.name != "platform":
        return "python -m framecast"
    found = shutil.which("platform")
    return "platform" if found and Path(found).resolve() == program.resolve() else shown(program.absolute())


def shown(path: Path) -> str:
    """A path as a person would write it from here."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def _headline(status: Status) -> str:
    minutes, seconds = divmod(round(status.seconds), 60)
    took = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    if status.state == "finished":
        return f"finished ({status.reason}): {status.step} steps, the last attempt took {took}"
    if status.state == "failed":
        return f"failed at step {status.step}: {status.reason}"
    return f"{status.state} at step {status.step}: {status.reason}"


def _scores(status: Status, plan: Plan) -> list[str]:
    """The main metric, best first beside the baselines, each with what it is."""
    if not status.best:
        return []
    names = [f"validation/{part.name}" for part in plan.metrics][:1] or ["validation/loss"]
    lines = []
    for name in names:
        direction = "lower" if _direction(plan, name) == "min" else "higher"
        lines.append(f"best {name}: {status.best[name]:.5f} at step {status.best_step} ({direction} is better)")
        lines += [
            f"  {baseline.replace('_', ' ') + ':':<20} {scores[name]:.5f}"
            for baseline, scores in status.baselines.items()
        ]
    return lines


def _direction(plan: Plan, name: str) -> str:
    found = [part.declaration.direction for part in plan.metrics if f"validation/{part.name}" == name]
    return found[0] if found else "min"


def _first_setting(plan: Plan) -> str:
    settings = type(plan.model.settings).model_fields
    return "rank" if "rank" in settings else next(iter(settings), "name")
