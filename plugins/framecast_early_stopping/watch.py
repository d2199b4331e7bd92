"""Watches one score of a run and asks it to stop when patience is at its end."""

from __future__ import annotations

import framecast
from framecast_early_stopping import EarlyStoppingSettings


class Watch:
    """Early stopping (Prechelt 1998, "Early stopping - but when?"): stops once more than `patience` evaluations
    in a row were not better than the best before them by more than `min_delta`.

    A resumed run counts on: the evaluations up to where it was restored are read from its events.
    """

    def __init__(self, settings: EarlyStoppingSettings, context: framecast.RunContext) -> None:
        self._settings = settings
        mode = settings.mode if settings.mode != "auto" else context.directions.get(settings.monitor, "min")
        self._sign = 1.0 if mode == "min" else -1.0
        self._best = float("inf")
        self._borne = 0

    def __call__(self, event: framecast.events.Event, context: framecast.RunContext) -> None:
        if isinstance(event, framecast.events.RunStarted):
            self._restore(event.step, context)
        elif isinstance(event, framecast.events.Evaluated) and event.name == "model":
            self._count(event)
            if self._borne > self._settings.patience:
                best = f"{self._sign * self._best:.5g}"
                context.request_stop(
                    f"{self._settings.monitor} has not improved on {best} in {self._borne} evaluations"
                )

    def _count(self, event: framecast.events.Evaluated) -> None:
        monitor = self._settings.monitor
        if monitor not in event.metrics:
            raise framecast.InputError(
                f"{monitor} is not measured{framecast.did_you_mean(monitor, event.metrics)}"
            )
        value = self._sign * event.metrics[monitor]
        if value < self._best - self._settings.min_delta:  # never so where the score is not a number
            self._best, self._borne = value, 0
        else:
            self._borne += 1

    def _restore(self, step: int, context: framecast.RunContext) -> None:
        """Counts again what happened up to `step`; of several evaluations at one step, the last counts."""
        self._best, self._borne = float("inf"), 0
        evaluations = {
            event.step: event
            for event in context.read_events()
            if isinstance(event, framecast.events.Evaluated) and event.name == "model" and event.step <= step
        }
        for _, event in sorted(evaluations.items()):
            self._count(event)
