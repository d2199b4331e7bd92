"""What an evaluation found: scores with intervals, written as JSON and CSV."""

from __future__ import annotations

import csv
import heapq
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from framecast.errors import InputError
from framecast.evaluation.bootstrap import Bootstrap, differences
from framecast.evaluation.request import Request
from framecast.job.plan import Plan
from framecast.runs.folder import write_atomically


@dataclass(frozen=True)
class Result:
    """`content` is what evaluation-*.json holds; `name` is that file's, without its ending."""

    name: str
    content: dict[str, Any]
    request: Request

    @classmethod
    def of(cls, request: Request, plan: Plan) -> Result:
        """From what the processes left in the request's folder."""
        answer = request.answered()
        names = ["loss", *(part.name for part in plan.metrics)]
        protocols = {part.name: getattr(part.settings, "protocol", None) for part in plan.metrics}
        rows, first = [], None
        for number, row in enumerate(answer["rows"]):
            bootstrap = Bootstrap.of((values for _, values in _clips(request, number)), len(names))
            intervals = dict(zip(names, bootstrap.interval().tolist(), strict=True))
            first = first or bootstrap
            metrics = {
                name: {"value": value, "low": intervals[name][0], "high": intervals[name][1]}
                for name, value in row["metrics"].items()
            }
            against = differences(first, bootstrap, names) if bootstrap is not first else None
            rows.append({**row, "metrics": metrics, "difference_from_first": against})
        task = plan.task.settings.model_dump(mode="json")
        content = {
            "framecast": version("framecast"),
            "date": time.strftime("%Y-%m-%d %H:%M:%S"),
            "split": request.split,
            "data": plan.data.to_dict(),
            "task": plan.task.name,
            "frames_in": task.get("frames_in"),
            "frames_out": task.get("frames_out"),
            "clips": answer["clips"],
            "protocols": protocols,
            "directions": {part.name: part.declaration.direction for part in plan.metrics},
            "needs": {part.name: part.declaration.needs for part in plan.metrics},
            "readings": list(plan.readings),
            "classes": list(plan.facts.classes),
            "rows": rows,
        }
        return cls(cls.name_of(request.split, plan), content, request)

    @staticmethod
    def name_of(split: str, plan: Plan) -> str:
        task = plan.task.settings.model_dump(mode="json")
        horizon = f"-{task['frames_in']}to{task['frames_out']}" if "frames_in" in task else ""
        protocols = {str(part.settings.protocol) for part in plan.metrics if hasattr(part.settings, "protocol")}
        return f"evaluation-{split}{horizon}-{'-'.join(sorted(protocols)) or 'plain'}"

    @staticmethod
    def files(folder: Path, name: str) -> tuple[Path, Path, Path]:
        """The JSON, the curves over predicted frames, and the clips' scores."""
        return folder / f"{name}.json", folder / f"{name}.csv", folder / f"{name}-clips.csv"

    @classmethod
    def refuse_to_overwrite(cls, folder: Path, name: str) -> None:
        """Raises InputError where an evaluation of that name lies in the folder already."""
        there = [file.name for file in cls.files(folder, name) if file.exists()]
        if there:
            raise InputError(
                f"{folder / there[0]} is there already: --force replaces it, --output writes elsewhere"
            )

    def write(self, folder: Path) -> list[Path]:
        """Writes the three files, each whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        summary, curves, clips = self.files(folder, self.name)
        self._write_clips(clips)
        write_atomically(curves, "".join(self._curves()))
        write_atomically(summary, json.dumps(self.content, indent=1))
        return [summary, curves, clips]

    def _curves(self) -> Iterator[str]:
        yield "model,metric,protocol,frame,value\n"
        for row in self.content["rows"]:
            for name, values in row["per_frame"].items():
                protocol = self.content["protocols"].get(name) or ""
                for frame, value in enumerate(values, start=1):
                    yield f"{row['label']},{name},{protocol},{frame},{value!r}\n"

    def _write_clips(self, file: Path) -> None:
        beside = file.with_name(f".{file.name}.writing")
        with open(beside, "w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["model", "clip", *self.content["rows"][0]["metrics"]])
            for number, row in enumerate(self.content["rows"]):
                for clip, values in _clips(self.request, number):
                    writer.writerow([row["label"], clip, *values])
        beside.rename(file)


def _clips(request: Request, model: int) -> Iterator[tuple[int, Sequence[float]]]:
    """(number, scores) of every clip of one model, in order, from the files of all processes."""

    def read(file: Path) -> Iterator[tuple[int, list[float]]]:
        with open(file, newline="") as stream:
            for clip, *values in list_rows(stream):
                yield int(clip), [float(value) for value in values]

    def list_rows(stream: Any) -> Iterator[list[str]]:
        rows = csv.reader(stream)
        next(rows)  # the header
        return rows

    return heapq.merge(*(read(file) for file in request.all_clips(model)), key=lambda row: row[0])
