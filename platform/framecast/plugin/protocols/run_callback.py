"""A listener to the events of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from framecast.plugin.events import Event
from framecast.plugin.run_context import RunContext


class RunCallback(Protocol):
    """Receives each event of a run (`framecast.events`), the result of `Callback.build`; a function will do.

    Only the process of rank 0 builds and calls callbacks. Training waits for each call, unless the callback is
    declared with `background=True`. One that raises is switched off with a warning; training continues.
    """

    def __call__(self, event: Event, context: RunContext, /) -> None:
        """Receives the next event. To end the run or to save a checkpoint, ask the `context`."""


@runtime_checkable
class BatchCallback(Protocol):
    """A callback declared with `background=True` that can take many events at once."""

    def __call__(self, event: Event, context: RunContext, /) -> None:
        """Receives the next event."""

    def deliver(self, events: Sequence[Event], context: RunContext, /) -> None:
        """Receives events in order, where many are waiting."""
