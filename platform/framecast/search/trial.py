"""A trial: an ordinary run with a point of the search's space, and what came of it."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framecast.bounded.json_file import read_json_object
from framecast.errors import InputError, Place, Problem
from framecast.files import make_folder, write_atomically
from framecast.job.plan_file import PlanFile
from framecast.job.search import COSTS, SECONDS, Search
from framecast.json_text import to_json
from framecast.plugin.cause import Cause
from framecast.plugin.events import Evaluated, StepDone
from framecast.runs import layout
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status, model_evaluations

_MOST = 10**6
"""Trials, and attempts of one: more than any search makes."""


@dataclass(frozen=True)
class Trial:
    """Trial `number` of a search; `attempt` counts from 1.

    `state` is waiting, running, finished (the whole budget), stopped (early, by the scheduler), failed or
    interrupted; `cost` is what the model's plugin tells of it.
    """

    run: RunFolder
    number: int
    attempt: int
    point: dict[str, Any]
    state: str
    reason: str
    cause: Cause | None
    epoch: int
    evaluations: tuple[Evaluated, ...]
    cost: dict[str, int]
    seconds_per_step: float | None
    seconds: float

    @classmethod
    def create(
        cls, folder: Path, number: int, attempt: int, point: dict[str, Any], job: str, plan: str
    ) -> RunFolder:
        """The run folder of a new trial."""
        run = RunFolder(folder / layout.trial_folder(number, attempt))
        for inner in run.made_at_once():
            make_folder(inner, folder.parent)
        write_atomically(run.job, job)
        write_atomically(run.trial, to_json({"number": number, "attempt": attempt, "point": point}))
        write_atomically(run.plan, plan)
        return run

    @classmethod
    def of(cls, run: RunFolder) -> Trial:
        """From the run's folder alone. Raises InputError where its trial.json is damaged."""
        number, attempt, point = _noted(run.trial)
        events = run.journal.read()
        status = Status.of(run)
        state, reason = status.state, status.reason
        if state == "interrupted" and status.cause == Cause.SCHEDULER:
            state = "stopped"
        elif state in ("died", "starting") and not events:
            state = "waiting"
        elif state == "died":
            state = "interrupted"
        steps = [event.seconds for event in events if isinstance(event, StepDone)]
        return cls(
            run=run,
            number=number,
            attempt=attempt,
            point=point,
            state=state,
            reason=reason,
            cause=status.cause,
            epoch=max((event.epoch for event in model_evaluations(events)), default=0),
            evaluations=tuple(model_evaluations(events)),
            cost=PlanFile.read(run.plan).cost,
            seconds_per_step=statistics.median(steps) if steps else None,
            seconds=sum(steps),
        )

    def objectives(self, search: Search) -> list[float] | None:
        """A value for each objective, at the epoch where the first measured one is best; None before that."""
        measured = search.measured
        sign = 1 if search.objectives[measured[0]] == "min" else -1
        scored = [
            event
            for event in self.evaluations
            if all(math.isfinite(event.metrics.get(name, math.nan)) for name in measured)
        ]
        if not scored:
            return None
        best = min(scored, key=lambda event: sign * event.metrics[measured[0]])
        found = []
        for name in search.objectives:
            value = self.cost.get(name) if name in COSTS else best.metrics.get(name)
            value = self.seconds_per_step if name == SECONDS else value
            if value is None:
                return None
            found.append(float(value))
        return found


def _noted(file: Path) -> tuple[int, int, dict[str, Any]]:
    """The number, the attempt and the point of a trial. Raises InputError where the file does not hold them."""
    noted = read_json_object(file)
    number, attempt = (_whole_number(noted.get(name), name, file) for name in ("number", "attempt"))
    point = noted.get("point")
    if not isinstance(point, dict):
        raise InputError(Problem("should be a mapping of parameters to values", "point", Place(str(file))))
    for name, value in point.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise InputError(Problem("should be a finite number", f"point.{name}", Place(str(file))))
    return number, attempt, point


def _whole_number(value: object, name: str, file: Path) -> int:
    if type(value) is not int or not 0 < value < _MOST:
        raise InputError(Problem("should be a whole number from 1 on", name, Place(str(file))))
    return value
