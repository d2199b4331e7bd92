"""What an evaluation found: scores with intervals, written as JSON and CSV."""

from __future__ import annotations

import csv
import hashlib
import heapq
import json
import math
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from framecast.errors import InputError
from framecast.evaluation.cell_sums import CellSums, ScoredClip
from framecast.evaluation.evaluation_target import EvaluationTarget
from framecast.evaluation.intervals import (
    LEVEL,
    NONE,
    TRANSFORMS,
    Interval,
    difference_intervals,
    reason_for_none,
    score_intervals,
)
from framecast.evaluation.request import Request
from framecast.files import atomic_path, make_folder, remove_file, write_atomically
from framecast.json_text import number, to_json
from framecast.plugin.clip_origin import ClipOrigin

_MOST_NAMED = 3
"""Models that a file's name holds; of more it holds their number."""


@dataclass(frozen=True)
class Result:
    """`content` is what evaluation-*.json holds; `name` is that file's, without its ending."""

    name: str
    content: dict[str, Any]
    request: Request

    @classmethod
    def of(cls, request: Request, subjects: Sequence[EvaluationTarget]) -> Result:
        """From what the processes left in the request's folder."""
        answer, plan = request.read_results(), subjects[0].plan
        names = ["loss", *(part.name for part in plan.metrics)]
        aggregations = [answer["aggregations"].get(name, "mean") for name in names]
        grouped_by = answer["grouped_by"] or "clip"
        rows: list[dict[str, Any]] = []
        first: CellSums | None = None
        for place, row in enumerate(answer["rows"]):
            clips = _averaging(_clips(request, place, len(names)), aggregations)
            sums = CellSums.of(clips, len(names), grouped_by)
            intervals = score_intervals(sums, aggregations)
            values = [number(row["metrics"][name]) for name in names]
            means = _means(sums, aggregations)
            # a ratio of sums is no mean over clips, nor is a score that a prediction without a number spoiled
            adds_up = [math.isclose(*pair, rel_tol=1e-5, abs_tol=1e-9) for pair in zip(values, means, strict=True)]
            metrics = {
                name: _entry(value, interval if known else NONE)
                for name, value, interval, known in zip(names, values, intervals, adds_up, strict=True)
            }
            against = None
            if first is not None:
                found = difference_intervals(first, sums, aggregations)
                against = {
                    name: [interval.low, interval.high] if known else [math.nan, math.nan]
                    for name, interval, known in zip(names, found, adds_up, strict=True)
                }
            first = first or sums
            rows.append({**row, "metrics": metrics, "difference_from_first": against})
        assert first is not None, "at least the model itself is scored"
        seen, predicted = plan.horizon or (None, None)
        content = {
            "framecast": version("framecast"),
            "date": time.strftime("%Y-%m-%d %H:%M:%S"),
            "split": request.split,
            "data": plan.data.to_dict(),
            "task": plan.task.name,
            "frames_in": seen,
            "frames_out": predicted,
            "baselines": [part.name for part in plan.baselines],
            "clips": answer["clips"],
            "intervals": _about_intervals(first, answer["grouped_by"]),
            "protocols": {part.name: getattr(part.settings, "protocol", None) for part in plan.metrics},
            "units": {part.name: part.declaration.unit(part.settings) for part in plan.metrics},
            "directions": {part.name: part.declaration.direction for part in plan.metrics},
            "needs": {part.name: part.declaration.requires for part in plan.metrics},
            "readings": list(plan.readings),
            "classes": list(plan.facts.classes),
            "notes": answer["notes"],
            "rows": rows,
        }
        # as its file says it: without NaN
        return cls(cls.name_of(request.split, subjects), json.loads(to_json(content)), request)

    @staticmethod
    def name_of(split: str, subjects: Sequence[EvaluationTarget]) -> str:
        """Names models, split, horizon and protocols, and ends in a digest of all that decides the scores: so one
        evaluation never takes the place of another one."""
        plan = subjects[0].plan
        parts = ["evaluation"]
        if len(subjects) > 1 or subjects[0].run is None:
            short = [each.run.id if each.run else Path(each.label).stem for each in subjects]
            parts += short if len(short) <= _MOST_NAMED else [f"{len(short)}-models"]
        parts.append(split)
        if plan.horizon:
            seen, predicted = plan.horizon
            parts.append(f"{seen}to{predicted}")
        protocols = {str(part.settings.protocol) for part in plan.metrics if hasattr(part.settings, "protocol")}
        parts += sorted(protocols) or ["plain"]
        decisive = [
            [each.label, str(each.weights and each.weights.resolve())]
            + [each.plan.data.to_dict(), each.plan.task.to_dict(), each.plan.model.to_dict()]
            + [metric.to_dict() for metric in each.plan.metrics]
            for each in subjects
        ]
        digest = hashlib.sha256(to_json([split, decisive]).encode()).hexdigest()[:8]
        return re.sub(r"[^\w.-]+", "_", "-".join([*parts, digest]))

    @staticmethod
    def files(folder: Path, name: str) -> tuple[Path, Path, Path]:
        """The JSON, the curves over predicted frames or observed shares, and the clips' scores."""
        return folder / f"{name}.json", folder / f"{name}.csv", folder / f"{name}-clips.csv"

    @classmethod
    def ensure_not_overwritten(cls, folder: Path, name: str) -> None:
        """Raises InputError where this evaluation lies in the folder already. Its summary is written last: without
        it the other files are left from a command that was killed."""
        summary = cls.files(folder, name)[0]
        if summary.exists():
            raise InputError(f"{summary} is there already: --force replaces it, --output writes elsewhere")

    def write(self, folder: Path) -> list[Path]:
        """Writes the three files, each whole or not at all; none is left where one cannot be written."""
        make_folder(folder)
        summary, curves, clips = self.files(folder, self.name)
        writers: list[tuple[Path, Callable[[Path], None]]] = [
            (clips, self._write_clips),
            (curves, lambda file: write_atomically(file, "".join(self._curves()))),
            (summary, lambda file: write_atomically(file, to_json(self.content, indent=1))),
        ]
        written: list[Path] = []
        try:
            for file, write in writers:
                write(file)
                written.append(file)
        except (OSError, InputError):
            for file in written:
                remove_file(file)
            raise
        return [summary, curves, clips]

    def _curves(self) -> Iterator[str]:
        """A score of frames has a value for each predicted `frame`, one of classes for each `observed_share`."""
        yield "model,metric,protocol,frame,observed_share,value\n"
        for row in self.content["rows"]:
            for name, values in row["per_frame"].items():
                protocol = self.content["protocols"].get(name) or ""
                of_frames = self.content["needs"].get(name, "frames") == "frames"
                places: list[tuple[object, object]] = [(frame, "") for frame in range(1, len(values) + 1)]
                if not of_frames:
                    places = [("", share) for share in self.content["readings"]]
                for (frame, share), value in zip(places, values, strict=True):
                    yield f"{row['label']},{name},{protocol},{frame},{share},{number(value)!r}\n"

    def _write_clips(self, file: Path) -> None:
        names = list(self.content["rows"][0]["metrics"])
        with atomic_path(file) as beside, open(beside, "w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["model", "clip", *names, "group", "start"])
            for place, row in enumerate(self.content["rows"]):
                for clip in _clips(self.request, place, len(names)):
                    origin = clip.origin[:2] if clip.origin else ("", "")
                    writer.writerow([row["label"], clip.number, *clip.values, *origin])


def _entry(value: float, interval: Interval) -> dict[str, Any]:
    return {"value": value, "low": interval.low, "high": interval.high, "observations": interval.observations}


def _about_intervals(sums: CellSums, grouped_by: str | None) -> dict[str, Any]:
    """What the intervals take for independent, and why there are none."""
    time = grouped_by == "time"
    return {
        "level": LEVEL,
        "over": "blocks of time" if time else f"{grouped_by or 'clip'}s",
        "groups": None if time else sums.groups,
        "assumed": grouped_by is None,
        "reason": reason_for_none(sums),
    }


def _means(sums: CellSums, aggregations: Sequence[str]) -> list[float]:
    totals = sums.weights.sum(0)
    return [
        float(TRANSFORMS[how][0](value / total)) if total else math.nan
        for how, value, total in zip(aggregations, sums.values.sum(0), totals, strict=True)
    ]


def _clips(request: Request, model: int, columns: int) -> Iterator[ScoredClip]:
    """Every clip of one model, in order, from the files of all processes."""

    def read(file: Path) -> Iterator[ScoredClip]:
        with open(file, newline="") as stream:
            rows = csv.reader(stream)
            next(rows)  # the header
            for clip, group, start, end, *rest in rows:
                numbers = [float(value) for value in rest]
                origin = ClipOrigin(group, int(start), int(end)) if group else None
                yield ScoredClip(int(clip), origin, numbers[:columns], numbers[columns:])

    return heapq.merge(*(read(file) for file in request.all_clips(model)), key=lambda clip: clip.number)


def _averaging(clips: Iterator[ScoredClip], aggregations: Sequence[str]) -> Iterator[ScoredClip]:
    """The clips with values that can be averaged: squares where the score is the root of a mean of squares."""
    powers = [2 if how == "root_mean_square" else 1 for how in aggregations]
    for clip in clips:
        values = [value**power for value, power in zip(clip.values, powers, strict=True)]
        yield clip._replace(values=values)
