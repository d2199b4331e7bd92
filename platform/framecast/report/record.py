"""What a report knows of a run: all of it read from the run's folder, at any time of the run's life."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from framecast.bounded.array_file import read_arrays
from framecast.bounded.json_file import read_json_object
from framecast.bounded.limit import SAMPLES_BYTES
from framecast.errors import InputError
from framecast.job.recorded_plan import RecordedPlan
from framecast.plugin.declarations import Answer
from framecast.plugin.events import DatasetLoaded, Evaluated, Event, RunStarted, StepDone
from framecast.report.chart import Points
from framecast.report.evaluation_file import check_evaluation
from framecast.report.horizon import Horizon
from framecast.report.palette import Look, baseline_looks
from framecast.report.pictures import Clips
from framecast.runs.checkpoints import CheckpointStore
from framecast.runs.journal import without_overtaken
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status, model_evaluations


@dataclass(frozen=True)
class Score:
    """A number that evaluations give. `key` names it in events; numbers compare only within a `protocol`. What it
    `needs` says whether it has a value for each predicted frame, or for each observed share of a clip."""

    key: str
    name: str
    protocol: str
    direction: str
    requires: Answer = "frames"
    unit: str = ""

    @property
    def note(self) -> str:
        """The arrow to the better side, the protocol, and the unit."""
        about = ", ".join(filter(None, (self.protocol, self.unit)))
        return f"{'↑' if self.direction == 'max' else '↓'} {about}".rstrip()

    def best(self, values: Iterable[float]) -> float | None:
        """The best of those that are numbers; None where there is none."""
        known = [value for value in values if math.isfinite(value)]
        return (max if self.direction == "max" else min)(known, default=None)


@dataclass(frozen=True)
class Attempt:
    """One launch of the run, and the time from its beginning to the last thing it said."""

    started: RunStarted
    seconds: float


@dataclass(frozen=True)
class Record:
    """One run. Nothing in it is ever missing: what the folder does not hold yet is empty."""

    run: RunFolder
    plan: RecordedPlan
    status: Status
    events: list[Event]
    raw: list[Event]

    @classmethod
    def of(cls, run: RunFolder) -> Record:
        """Imports no plugin of the folder. Raises InputError where the plan or the events cannot be read."""
        raw, spoilt = run.journal.raw_and_damage()
        events = without_overtaken(raw)
        return cls(run, RecordedPlan.of(run.plan), Status.of_events(run, events, spoilt), events, raw)

    @property
    def title(self) -> str:
        return f"{self.plan.model.name} on {self.plan.data.name}"

    @cached_property
    def scores(self) -> list[Score]:
        """The task's loss, then the job's metrics."""
        metrics = [
            Score(
                f"validation/{metric.name}",
                metric.name,
                metric.protocol,
                metric.direction,
                metric.requires,
                metric.unit,
            )
            for metric in self.plan.metrics
        ]
        return [Score("validation/loss", "loss", "of the task", "min"), *metrics]

    @property
    def main(self) -> Score:
        """What the run is judged by first: its first metric, or the loss."""
        return self.scores[1] if len(self.scores) > 1 else self.scores[0]

    def points(self, score: Score, evaluation: Evaluated) -> Points:
        """An evaluation's values of a score over its horizon; none where it has not that score."""
        values = evaluation.per_frame.get(score.key)
        return self.horizon(score.requires).points(values) if values else []

    def horizon(self, requires: Answer) -> Horizon:
        return Horizon.of(requires, self.plan.readings)

    @cached_property
    def data_notes(self) -> list[str]:
        """What reading the data found and assumed, a line each, of all splits."""
        return list(dict.fromkeys(line for event in self.data for line in event.notes))

    @cached_property
    def data_warnings(self) -> list[str]:
        """What is probably a mistake in the data or in their settings, a line each, of all splits."""
        return list(dict.fromkeys(line for event in self.data for line in event.warnings))

    @cached_property
    def steps(self) -> list[StepDone]:
        return [event for event in self.events if isinstance(event, StepDone)]

    @cached_property
    def evaluations(self) -> list[Evaluated]:
        return model_evaluations(self.events)

    @cached_property
    def baselines(self) -> dict[str, Evaluated]:
        """What the baselines score, by name."""
        found = (event for event in self.events if isinstance(event, Evaluated))
        return {event.name: event for event in found if event.name != "model"}

    @property
    def baseline_looks(self) -> dict[str, Look]:
        """The look of each baseline that was scored."""
        return baseline_looks(self.baselines, self.plan.baselines)

    @cached_property
    def best(self) -> Evaluated | None:
        """The evaluation whose checkpoint is the best one, else the newest."""
        chosen = [event for event in self.evaluations if event.step == self.status.best_step]
        found = chosen or self.evaluations
        return found[-1] if found else None

    @cached_property
    def data(self) -> list[DatasetLoaded]:
        return list({event.split: event for event in self.events if isinstance(event, DatasetLoaded)}.values())

    @cached_property
    def attempts(self) -> list[Attempt]:
        begins = [at for at, event in enumerate(self.raw) if isinstance(event, RunStarted)]
        ends = [*begins[1:], len(self.raw)][: len(begins)]
        found = []
        for begin, end in zip(begins, ends, strict=True):
            started = self.raw[begin]
            assert isinstance(started, RunStarted)
            found.append(Attempt(started, self.raw[end - 1].time - started.time))
        return found

    @property
    def started(self) -> RunStarted | None:
        return self.attempts[-1].started if self.attempts else None

    @property
    def wall_seconds(self) -> float:
        return sum(attempt.seconds for attempt in self.attempts)

    @property
    def device_hours(self) -> float:
        return sum(attempt.seconds * attempt.started.workers for attempt in self.attempts) / 3600

    @property
    def device_hours_unit(self) -> str:
        return "CPU worker hours" if not self.started or self.started.device.startswith("cpu") else "GPU hours"

    @cached_property
    def environment(self) -> dict[str, Any]:
        return _json(self.run.environment, _check_environment) if self.run.environment.exists() else {}

    @cached_property
    def measured(self) -> list[dict[str, Any]]:
        """What `platform evaluate` left in the folder."""
        files = self.run.evaluations(".json")
        return [content for file in files if (content := _json(file, check_evaluation)).get("rows")]

    @cached_property
    def samples(self) -> dict[str, np.ndarray]:
        """What an evaluation kept for the report, with the best checkpoint, else with the last."""
        store = CheckpointStore(self.run.checkpoints)
        for name in ("best", "last"):
            checkpoint = store.named(name)
            if checkpoint and checkpoint.samples.exists():
                return _samples(checkpoint.samples)
        return {}

    @property
    def clips(self) -> Clips | None:
        """The predicted clips among the samples."""
        kept = self.samples
        if "prediction" not in kept:
            return None
        return Clips(kept["context"], kept["target"], kept["prediction"], kept.get("loss"))

    @property
    def kept_clips(self) -> list[Clips]:
        """All clips among the samples: the first ones of the data, then best, median and worst."""
        kept = self.samples
        return [
            Clips(*(kept[f"{prefix}{name}"] for name in ("context", "target", "prediction")))
            for prefix in ("first_", "")
            if f"{prefix}prediction" in kept
        ]


def _samples(file: Path) -> dict[str, np.ndarray]:
    """The arrays of pictures in a file; one that cannot be read is left out, and the report says so."""
    try:
        arrays = read_arrays(file, SAMPLES_BYTES)
        clips = [array for name, array in arrays.items() if name.endswith(("context", "target", "prediction"))]
        if any(array.ndim != 5 or array.dtype.kind not in "buif" for array in clips):
            raise InputError("its arrays are no pictures (B, T, C, H, W)")
        for prefix in ("", "first_"):
            names = [f"{prefix}{name}" for name in ("context", "target", "prediction")]
            if any(name in arrays for name in names) and not all(name in arrays for name in names):
                raise InputError(f"of {', '.join(names)} some are missing")
            shapes = {(len(arrays[name]), *arrays[name].shape[2:]) for name in names if name in arrays}
            if len(shapes) > 1 or any(0 in shape for shape in shapes):
                raise InputError(f"{', '.join(names)} are not pictures of the same clips")
    except (OSError, InputError) as error:
        print(f"warning: the report leaves out {file}, which cannot be read: {error}", file=sys.stderr)
        return {}
    return arrays


def _check_environment(content: dict[str, Any]) -> None:
    packages = content.get("packages", {})
    if not isinstance(packages, dict):
        raise ValueError("packages: should be a mapping of names to versions")


def _json(file: Path, check: Callable[[dict[str, Any]], None] = lambda content: None) -> dict[str, Any]:
    """The object in a JSON file; one that cannot be read is left out, and the report says so."""
    try:
        content = read_json_object(file)
        check(content)
    except (OSError, InputError, ValueError) as error:
        print(f"warning: the report leaves out {file}, which cannot be read: {error}", file=sys.stderr)
        return {}
    return content
