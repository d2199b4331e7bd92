"""The run as a callback sees it, and the requests that a callback may make."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from framecast.plugin.events import Event

Direction = Literal["min", "max"]


@dataclass
class RunRequests:
    """Requests of a run's callbacks. The training loop reads them after each step; threads may write them."""

    stop: str | None = None
    """Why the run should end: the first reason that was given."""
    checkpoint: bool = False


@dataclass(frozen=True)
class RunContext:
    """What a callback can read of its run, and request from it. `build` and every call receive it.

        def stop_when_good(event, context):
            if isinstance(event, framecast.events.StepDone) and event.loss < 0.01:
                context.request_stop("the loss is below 0.01")

    Only the process of rank 0 builds callbacks, so there is one context for each callback of a run. In a unit
    test, `RunContext(folder)` is enough.
    """

    folder: Path
    """The run folder. A callback writes its files here."""
    job: Mapping[str, Any] = field(default_factory=dict)
    """The resolved job as plain data, every default filled in; credentials in URLs are replaced by ***."""
    directions: Mapping[str, Direction] = field(default_factory=dict)
    """For each score of an evaluation (`validation/loss`, `validation/<metric>`) which values are better."""
    baselines: tuple[str, ...] = ()
    """The `name` of the events `Evaluated` that belong to baselines; the model's is "model"."""
    name: str = "callback"
    """The callback's own name."""
    logger: logging.Logger = field(default_factory=lambda: logging.getLogger("framecast.callback"))
    """Writes to the log of the worker; warnings and errors also appear in the console, `status` and the report."""
    read_events: Callable[[], Iterable[Event]] = tuple
    """Returns the run's events so far, earlier attempts included, but no steps that a resumed attempt repeats."""
    requests: RunRequests = field(default_factory=RunRequests)

    def request_stop(self, reason: str) -> None:
        """Ends the run at its next step, with an evaluation and a checkpoint; `RunFinished` gives the reason. The
        first request counts. Raises ValueError without a reason."""
        if not isinstance(reason, str) or not reason.strip():
            raise ValueError(f"request_stop needs a reason in words, not {reason!r}")
        if self.requests.stop is None:
            self.requests.stop = f"{self.name}: {reason}"

    def request_checkpoint(self) -> None:
        """Saves a checkpoint at the next step of the run, in addition to those of the job. Without effect in a run
        that only evaluates."""
        self.requests.checkpoint = True
