"""Who hears a run's events: its journal, its metrics table, and the job's callbacks."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from framecast.job.plan import Plan
from framecast.runs.events import Event, Stop
from framecast.runs.folder import RunFolder
from framecast.runs.metrics_table import MetricsTable


class Listeners:
    """Hands each event to all. On processes other than the first there is nobody to hear."""

    def __init__(
        self, plan: Plan, run: RunFolder, first: bool, listen: Callable[[Event], object] | None = None
    ) -> None:
        self._essential: list[Callable[[Event], Any]] = []
        self._callbacks: dict[str, Callable[[Event], Any]] = {}
        self._stop: str | None = None
        if first:
            self._essential = [MetricsTable(run), run.journal.append, *([listen] if listen else [])]
            for part in plan.callbacks:
                with self._surviving(part.name):
                    self._callbacks[part.name] = part.declaration.build(part.settings, run.path)

    def emit(self, event: Event) -> None:
        for listener in self._essential:
            listener(event)
        for name, callback in list(self._callbacks.items()):
            with self._surviving(name):
                answer = callback(event)
                if isinstance(answer, Stop) and self._stop is None:
                    self._stop = f"{name}: {answer.reason}"

    def stop(self) -> str | None:
        """The reason of the first callback that asked the run to stop, or None."""
        return self._stop

    @contextmanager
    def _surviving(self, name: str) -> Iterator[None]:
        """A callback that raises is switched off: a tracker that is down must not cost a week of training."""
        try:
            yield
        except Exception:
            self._callbacks.pop(name, None)
            print(f"warning: callback {name} failed and is switched off\n{traceback.format_exc()}", flush=True)
