"""Watches one score of a run and asks it to stop when patience is at its end."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import framecast
from framecast_early_stopping import EarlyStoppingSettings


class Watch:
    """Early stopping (Prechelt 1998, "Early stopping - but when?"): stops once more than `patience` evaluations
    in a row were not better than the best before them by more than `min_delta`.

    A resumed run counts on: the evaluations up to where it was restored are read from its events.
    """

    def __init__(self, settings: EarlyStoppingSettings, run_folder: Path) -> None:
        self._settings = settings
        self._events = run_folder / "events.jsonl"
        mode = _direction(settings.monitor, run_folder / "plan.yaml") if settings.mode == "auto" else settings.mode
        self._sign = 1.0 if mode == "min" else -1.0
        self._best = float("inf")
        self._borne = 0

    def __call__(self, event: Any) -> framecast.Stop | None:
        if isinstance(event, framecast.events.RunStarted):
            self._take_up(event.step)
        elif isinstance(event, framecast.events.Evaluated) and event.name == "model":
            return self._judge(event)
        return None

    def _judge(self, event: Any) -> framecast.Stop | None:
        monitor = self._settings.monitor
        if monitor not in event.metrics:
            raise framecast.InputError(
                f"{monitor} is not measured{framecast.did_you_mean(monitor, event.metrics)}"
            )
        value = self._sign * event.metrics[monitor]
        if value < self._best - self._settings.min_delta:  # never so where the score is not a number
            self._best, self._borne = value, 0
            return None
        self._borne += 1
        if self._borne <= self._settings.patience:
            return None
        best = f"{self._sign * self._best:.5g}"
        return framecast.Stop(f"{monitor} has not got better than {best} in {self._borne} evaluations")

    def _take_up(self, step: int) -> None:
        """Judges again what happened up to `step`; of several attempts at one step, the last counts."""
        self._best, self._borne = float("inf"), 0
        if not step or not self._events.exists():
            return
        before: dict[int, Any] = {}
        for line in framecast.bounded.read_lines(self._events):
            event = framecast.events.from_json(line.decode(errors="replace"))
            if isinstance(event, framecast.events.Evaluated) and event.name == "model" and event.step <= step:
                before[event.step] = event
        for _, event in sorted(before.items()):
            self._judge(event)


def _direction(monitor: str, plan: Path) -> str:
    """ "min" or "max", as the metric's plugin declares it; the plugins of the plan are those that were loaded."""
    name = monitor.rpartition("/")[2]
    for plugin in framecast.bounded.read_yaml(plan)["plugins"]:
        hook = getattr(sys.modules.get(plugin["module"]), "framecast_metrics", None)
        for metric in hook() if hook else ():
            if metric.name == name:
                return metric.direction
    return "min"  # a loss
