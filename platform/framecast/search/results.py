"""What a search found: trials in order of merit, the Pareto front, and what could not be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from framecast.errors import InputError
from framecast.job.search import Search
from framecast.search.search_folder import SearchFolder
from framecast.search.trial import Trial


@dataclass(frozen=True)
class Results:
    """The trials of a search as they stand. Only trials of equal budget, those that finished, are compared."""

    search: Search
    trials: list[Trial]

    @classmethod
    def of(cls, folder: SearchFolder) -> Results:
        return cls(folder.search(), folder.trials())

    @property
    def ranked(self) -> list[Trial]:
        """Finished trials, the best by the first objective first."""
        sign = 1 if next(iter(self.search.objectives.values())) == "min" else -1
        finished = [trial for trial in self.trials if trial.state == "finished"]
        scored = [(values[0], trial) for trial in finished if (values := trial.objectives(self.search))]
        return [trial for _, trial in sorted(scored, key=lambda pair: (sign * pair[0], pair[1].number))]

    @property
    def best(self) -> Trial:
        """Raises InputError where no trial has finished."""
        if not self.ranked:
            states = ", ".join(f"{count} {state}" for state, count in self.states.items()) or "none yet"
            raise InputError(f"no trial has finished with a score yet ({states})")
        return self.ranked[0]

    def numbered(self, text: str) -> Trial:
        """The trial of that number, or the best. Raises InputError where there is none."""
        if text == "best":
            return self.best
        found = [trial for trial in self.trials if str(trial.number) == text]
        if not found:
            raise InputError(f"there is no trial {text!r}: write a number from 1 to {len(self.trials)}, or best")
        return found[0]

    @property
    def front(self) -> list[Trial]:
        """The finished trials that no other beats in every objective, by their number."""
        return sorted(pareto_front(self.ranked, self.search), key=lambda trial: trial.number)

    @property
    def states(self) -> dict[str, int]:
        """How many trials are in each state."""
        order = ("finished", "stopped", "failed", "running", "interrupted", "waiting")
        counts = {state: sum(trial.state == state for trial in self.trials) for state in order}
        return {state: count for state, count in counts.items() if count}

    def rows(self) -> list[dict[str, Any]]:
        """One row for each trial: its point, state, epochs and objectives; the best first, then the others."""
        front = {trial.number for trial in self.front}
        ranked = self.ranked
        others = [trial for trial in self.trials if trial not in ranked]
        return [
            {
                "trial": trial.number,
                "state": trial.state,
                "epoch": trial.epoch,
                **trial.point,
                **self._values(trial),
                "front": trial.number in front,
                "attempts": trial.attempt,
                "reason": trial.reason if trial.state in ("failed", "stopped") else "",
                "run": str(trial.run.path),
            }
            for trial in [*ranked, *others]
        ]

    def _values(self, trial: Trial) -> dict[str, float | None]:
        """The trial's value of each objective, None before it has any."""
        values = trial.objectives(self.search)
        return (
            dict(zip(self.search.objectives, values, strict=True))
            if values
            else dict.fromkeys(self.search.objectives)
        )


def pareto_front(trials: Sequence[Trial], search: Search) -> list[Trial]:
    """Those that no other trial equals or beats in every objective and beats in one."""
    signs = [1 if way == "min" else -1 for way in search.objectives.values()]
    values = [
        [sign * value for sign, value in zip(signs, trial.objectives(search) or (), strict=True)]
        for trial in trials
    ]

    def beaten(mine: list[float]) -> bool:
        return any(
            other != mine and all(one <= two for one, two in zip(other, mine, strict=True)) for other in values
        )

    return [trial for trial, mine in zip(trials, values, strict=True) if not beaten(mine)]
