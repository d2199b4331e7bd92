"""An evaluation on disk, so that any number of processes can work on it: what is asked, and what came of it.

request.json              split; label, plan, weights and normalisation of each model
progress                  clips done, and all there are
clips-<model>-<rank>.csv  one row for each clip: its number, its origin, and its scores
answer.json               what the first process found out for all
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framecast.bounded.json_file import read_json_object
from framecast.bounded.regular_file import read_text
from framecast.evaluation.evaluation_target import EvaluationTarget
from framecast.files import write_atomically
from framecast.job.load import read_plan
from framecast.json_text import to_json
from framecast.plugin.normalisation import Normalisation
from framecast.registry.trust import Trust
from framecast.runs import layout


@dataclass(frozen=True)
class Request:
    """The folder of one evaluation."""

    folder: Path

    @classmethod
    def write(cls, folder: Path, split: str, subjects: Sequence[EvaluationTarget]) -> Request:
        listed = [
            {
                "label": subject.label,
                "plan": subject.plan.to_yaml(),
                "weights": None if subject.weights is None else str(subject.weights.absolute()),
                "kind": subject.kind,
                "normalisation": subject.normalisation.to_dict() if subject.normalisation else None,
            }
            for subject in subjects
        ]
        write_atomically(folder / layout.REQUEST, to_json({"split": split, "subjects": listed}))
        return cls(folder)

    @property
    def split(self) -> str:
        split: str = self._read()["split"]
        return split

    def subjects(self) -> list[EvaluationTarget]:
        return [
            EvaluationTarget(
                each["label"],
                read_plan(
                    each["plan"], trust=Trust("the request", everything=True)
                ),  # we wrote it, where no other can
                None if each["weights"] is None else Path(each["weights"]),
                each["kind"],
                Normalisation.from_dict(each["normalisation"]) if each["normalisation"] else None,
            )
            for each in self._read()["subjects"]
        ]

    def report_progress(self, done: int, total: int) -> None:
        """How far the first process is."""
        write_atomically(self.folder / layout.PROGRESS, f"{done} {total}")

    def progress(self) -> tuple[int, int]:
        try:
            done, total = read_text(self.folder / layout.PROGRESS).split()
        except FileNotFoundError:  # handled: nothing is written yet; the bar shows no progress
            return 0, 0
        return int(done), int(total)

    def clips(self, model: int, rank: int) -> Path:
        return self.folder / layout.clips_file(model, rank)

    def all_clips(self, model: int) -> list[Path]:
        """The files of every process for one model."""
        return sorted(self.folder.glob(layout.clips_file(model, "*")))

    def write_results(self, found: dict[str, Any]) -> None:
        write_atomically(self.folder / layout.ANSWER, to_json(found))

    def read_results(self) -> dict[str, Any]:
        return read_json_object(self.folder / layout.ANSWER)

    def _read(self) -> dict[str, Any]:
        return read_json_object(self.folder / layout.REQUEST)
