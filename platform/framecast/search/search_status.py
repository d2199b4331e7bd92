"""How a search stands, derived from its events and its trials."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from framecast.counting import plural
from framecast.plugin.cause import Cause
from framecast.plugin.events import Event, RunFailed, RunInterrupted, SearchFinished, SearchStarted
from framecast.runs.driver import driver_is_alive
from framecast.search.results import Results
from framecast.search.search_folder import SearchFolder
from framecast.search.trial import Trial

ENDED = ("finished", "stopped", "failed")
"""The states of trials that will not be trained again."""


@dataclass(frozen=True)
class SearchStatus:
    """`state` is starting, running, finished, interrupted, failed or died, as that of a run; `total` is how many
    trials it will have, `seconds` how long it has run, all attempts together."""

    folder: SearchFolder
    results: Results
    state: str
    reason: str
    total: int
    seconds: float
    cause: Cause | None = None

    @classmethod
    def of(cls, folder: SearchFolder) -> SearchStatus:
        """From the folder alone."""
        results = Results.of(folder)
        events = folder.journal.raw()
        state, reason, cause = _state(folder, events, results)
        starts = [event.trials for event in events if isinstance(event, SearchStarted)]
        total = len(results.trials) if state == "finished" else starts[-1] if starts else results.search.trials
        return cls(folder, results, state, reason, total, _seconds(events, running=state == "running"), cause)

    @property
    def done(self) -> str:
        """How far it came, for messages."""
        return f"after {self.ended} of {plural(self.total, 'trial')}"

    @property
    def ended(self) -> int:
        """How many trials have ended for good."""
        return sum(self.results.states.get(state, 0) for state in ENDED)

    @property
    def best(self) -> Trial | None:
        """The best trial of those that finished."""
        return self.results.ranked[0] if self.results.ranked else None

    @property
    def best_scores(self) -> dict[str, float]:
        """Its value of each objective."""
        values = self.best.objectives(self.results.search) if self.best else None
        return dict(zip(self.results.search.objectives, values or (), strict=bool(values)))

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        best = self.best
        return {
            "search": self.folder.id,
            "state": self.state,
            "reason": self.reason,
            "cause": self.cause,
            "trials": len(self.results.trials),
            "total": self.total,
            "states": self.results.states,
            "best": {"trial": best.number, "settings": best.point, **self.best_scores} if best else None,
            "objectives": dict(self.results.search.objectives),
            "seconds": self.seconds,
            "folder": str(self.folder.path),
        }


def _state(folder: SearchFolder, events: list[Event], results: Results) -> tuple[str, str, Cause | None]:
    last = events[-1] if events else None
    if isinstance(last, SearchFinished):
        return "finished", last.reason, last.cause
    if isinstance(last, RunInterrupted):
        return "interrupted", last.reason, last.cause
    if isinstance(last, RunFailed):
        return "failed", last.reason, last.cause
    if not driver_is_alive(folder):
        ended = sum(results.states.get(state, 0) for state in ENDED)
        if ended == len(results.trials) and ended >= results.search.trials:  # killed before it could say so
            return "finished", f"all {ended} trials" if ended > 1 else "its only trial", Cause.ALL_TRIALS
        return "died", "its process is gone; resume continues with its trials", None
    return ("running" if events else "starting"), "", None


def _seconds(events: list[Event], running: bool) -> float:
    """The time of all attempts, each from its first event to its last one, the present one up to now."""
    found, began, last = 0.0, 0.0, 0.0
    for event in events:
        if isinstance(event, SearchStarted):
            found, began = found + last - began, event.time
        last = event.time
    return found + (time.time() if running else last) - began if events else 0.0
