"""Several runs next to each other: whether their scores compare, and what they were all compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import isclose
from string import ascii_uppercase
from typing import Any

from framecast.counting import plural
from framecast.errors import InputError
from framecast.job.scoring_terms import differing_data, differing_horizon
from framecast.report.palette import Look, baseline_looks, compared, in_words
from framecast.report.record import Record, Score
from framecast.runs.run_folder import RunFolder


@dataclass(frozen=True)
class RunComparison:
    """Runs by their letters, A, B, C, ..., each with its look."""

    records: dict[str, Record]
    looks: dict[str, Look]

    @classmethod
    def of(cls, runs: Sequence[RunFolder]) -> RunComparison:
        """Raises InputError where a run is named twice."""
        for one, other in combinations(runs, 2):
            if one.path.resolve() == other.path.resolve():
                raise InputError(f"run {one.id} is named twice: a comparison needs different runs")
        letters = [_letter(number) for number in range(len(runs))]
        return cls(
            {letter: Record.of(run) for letter, run in zip(letters, runs, strict=True)},
            {letter: compared(number) for number, letter in enumerate(letters)},
        )

    @property
    def scores(self) -> list[Score]:
        """Every score that any of the runs has; those of different protocols are different."""
        return list(dict.fromkeys(score for record in self.records.values() for score in record.scores))

    @cached_property
    def incomparable(self) -> str:
        """Why the runs' scores do not compare; empty where they do.

        That the clips are the same shows in what the baselines score there; tasks without any, such as
        recognition, must have the same data settings.
        """
        (first, one), *others = self.records.items()
        for letter, other in others:
            if horizon := differing_horizon(one.plan, other.plan):
                return f"{first} and {letter} differ in {', '.join(horizon)}"
        levels: dict[tuple[str, str], list[float]] = {}
        for record in self.records.values():
            for name, event in record.baselines.items():
                for key, value in by_score(record, event.metrics).items():
                    levels.setdefault((name, key), []).append(value)
        if not all(isclose(value, values[0], rel_tol=1e-4) for values in levels.values() for value in values):
            return "they were scored on different clips: the baselines do not score the same there"
        for letter, other in others:
            if one.best and other.best and one.best.samples != other.best.samples:
                return (
                    f"{first} was scored on {plural(one.best.samples, 'clip')}, {letter} on {other.best.samples:,}"
                )
            data = differing_data(one.plan, other.plan)
            if data and not (one.baselines and other.baselines):
                differing = ", ".join(data)
                return (
                    f"{first} and {letter} differ in {differing}, and nothing shows that their clips are the same"
                )
        return ""

    @property
    def same_clips(self) -> bool:
        """Whether all were scored on the same clips, over the same horizon."""
        return not self.incomparable

    @property
    def baseline_looks(self) -> dict[str, Look]:
        """The look of every baseline that a run was compared with, by its name in words."""
        records = self.records.values()
        names = dict.fromkeys(name for record in records for name in record.baselines)
        declared = dict.fromkeys(name for record in records for name in record.plan.baselines)
        return {in_words(name): look for name, look in baseline_looks(names, list(declared)).items()}

    def baselines(self) -> dict[str, dict[str, float]]:
        """Scores of the baselines, which are the same for all where the clips are."""
        return {
            in_words(name): by_score(record, event.metrics)
            for record in (self.records.values() if self.same_clips else ())
            for name, event in record.baselines.items()
        }


def by_score(record: Record, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of an evaluation by score, those of different protocols apart."""
    return {score_key(score): values[score.key] for score in record.scores if score.key in values}


def score_key(score: Score) -> str:
    return f"{score.key} {score.protocol}"


def _letter(number: int) -> str:
    return ascii_uppercase[number] if number < len(ascii_uppercase) else f"R{number + 1}"
