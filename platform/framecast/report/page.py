"""report.html: one self-contained page, made from the run folder alone, at any time."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import numpy as np
from jinja2 import Environment, StrictUndefined

from framecast.job.plan import Plan
from framecast.job.resolve import read_plan
from framecast.report.curves import horizon_curve, loss_curves, metric_curve
from framecast.report.pictures import Clips, animation, data_address, filmstrip
from framecast.runs.checkpoints import CheckpointStore
from framecast.runs.events import DataRead, RunStarted
from framecast.runs.folder import RunFolder, write_atomically
from framecast.runs.status import Status, model_evaluations

_STRIPS = 3


def write_report(run: RunFolder) -> Status:
    """Writes the run's report.html and returns how the run stands."""
    plan = read_plan(run.plan.read_text())
    status = Status.of(run)
    events = run.journal.read()
    names = ["validation/loss", *(f"validation/{part.name}" for part in plan.metrics)]
    evaluations = model_evaluations(events)
    best = next((event for event in reversed(evaluations) if event.step == status.best_step), None)
    best = best or (evaluations[-1] if evaluations else None)
    main = names[1] if len(names) > 1 else names[0]
    clips = _clips(run)
    content: dict[str, Any] = {
        "name": run.name,
        "id": run.id,
        "status": status,
        "plan": plan,
        "started": next((event for event in reversed(events) if isinstance(event, RunStarted)), None),
        "names": names,
        "directions": {name: _arrow(plan, name) for name in names},
        "scores": best.metrics if best else {},
        "samples": best.samples if best else 0,
        "data": list({event.split: event for event in events if isinstance(event, DataRead)}.values()),
        "loss_curves": loss_curves(events),
        "metric_curve": metric_curve(events, main),
        "horizon_curves": [horizon_curve(events, best, name) for name in names[1:]] if best else [],
        "animation": data_address(animation(clips), "image/gif") if clips else None,
        "strips": _strips(clips) if clips else [],
        "job": run.job.read_text(errors="replace"),
        "plan_text": run.plan.read_text(),
    }
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((files(__package__) / "page.html.j2").read_text())
    write_atomically(run.report, template.render(content))
    return status


def _strips(clips: Clips) -> list[str]:
    return [data_address(filmstrip(clips, index), "image/png") for index in range(min(_STRIPS, len(clips.target)))]


def _clips(run: RunFolder) -> Clips | None:
    """The clips that were kept with the best checkpoint, else with the last."""
    store = CheckpointStore(run.checkpoints)
    for name in ("best", "last"):
        checkpoint = store.named(name)
        if checkpoint and (checkpoint.path / "samples.npz").exists():
            with np.load(checkpoint.path / "samples.npz") as arrays:
                return Clips(arrays["context"], arrays["target"], arrays["prediction"])
    return None


def _arrow(plan: Plan, name: str) -> str:
    found = [part.declaration.direction for part in plan.metrics if f"validation/{part.name}" == name]
    return "higher is better" if found == ["max"] else "lower is better"
