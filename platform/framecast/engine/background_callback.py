"""Events on their way to a callback that training must not wait for."""

from __future__ import annotations

import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence

from framecast.counting import plural
from framecast.errors import in_one_line, without_credentials
from framecast.plugin.events import Event, StepDone
from framecast.plugin.protocols.run_callback import BatchCallback, RunCallback
from framecast.plugin.run_context import RunContext

MOST_WAITING = 50_000
"""Events that wait for one callback; beyond them the oldest steps are left out."""
BACKLOG = 50
"""With more events waiting, a callback that takes lists gets them in lists."""
LONGEST_LIST = 500
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between attempts while deliveries fail: doubled after each attempt, up to the longest."""
PATIENCE, FLUSH = 10.0, 60.0
"""Seconds that a run waits for deliveries at its end: since the last one that succeeded, and in all."""
MOST_OUTAGES_TOLD = 5
LASTING = (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError)
"""OSErrors that waiting does not heal."""


class Background:
    """Delivers events to one callback, in order, from a thread of its own.

    An OSError means that the callback cannot deliver now: the same event is delivered again after a pause. After
    any other exception, and after one about a missing or forbidden file, the callback is switched off. `tell` gets
    each message for the user, and is called from the thread.
    """

    def __init__(
        self,
        name: str,
        callback: RunCallback,
        context: RunContext,
        tell: Callable[[str], None],
    ) -> None:
        self._name, self._callback, self._context, self._tell = name, callback, context, tell
        self._waiting: deque[Event] = deque()
        self._changed = threading.Condition()
        self._started = self._closing = self._off = False
        self._last_success = 0.0
        self._failing_since: float | None = None
        self._outages = self._left_out = 0
        self._error = ""
        self._thread = threading.Thread(target=self._deliver_all, name=f"callback {name}", daemon=True)

    def put(self, event: Event) -> None:
        """Adds an event to those waiting. Never blocks."""
        with self._changed:
            if self._off:
                return
            if len(self._waiting) >= MOST_WAITING:
                self._make_room()
            self._waiting.append(event)
            if not self._started:
                self._started = True
                self._thread.start()
            self._changed.notify()

    def close(self, wait: bool = True) -> None:
        """Waits for the events that have not been delivered yet as long as deliveries succeed, then tells how many
        are lost."""
        with self._changed:
            self._closing = True
            self._last_success = began = time.monotonic()
            self._changed.notify()
        while wait and self._thread.is_alive():
            self._thread.join(0.02)
            now = time.monotonic()
            if now - self._last_success > PATIENCE or now - began > FLUSH:
                break
        with self._changed:
            lost = self._left_out + (0 if self._off else len(self._waiting))
            self._off = True
            self._changed.notify()
        if lost:
            reason = f", the last error was {self._error}" if self._error else ""
            self._tell(f"callback {self._name}: {_events(lost)} not delivered{reason}")

    def _make_room(self) -> None:
        """Leaves out the oldest step; the first event may be on its way already."""
        oldest = next((n for n, event in enumerate(self._waiting) if n and isinstance(event, StepDone)), 1)
        del self._waiting[oldest]
        self._left_out += 1
        if self._left_out == 1:
            self._tell(
                f"callback {self._name}: {MOST_WAITING:,} events wait for it, the oldest steps are left out from "
                "now on"
            )

    def _deliver_all(self) -> None:
        pause = FIRST_PAUSE
        while events := self._next():
            try:
                self._hand_over(events)
            except BaseException as error:  # a SystemExit would end this thread without a word
                if self._off:  # the run has ended without it and said so; the process may be ending too
                    return
                if not isinstance(error, OSError) or isinstance(error, LASTING):
                    self._switch_off(error)
                    return
                self._failed(error)
                self._rest(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                pause = FIRST_PAUSE
                self._succeeded(len(events))

    def _next(self) -> list[Event]:
        """The events to deliver next, which stay in the queue until they are delivered; none at the end."""
        with self._changed:
            while not (self._waiting or self._closing or self._off):
                self._changed.wait()
            if self._off or not self._waiting:
                return []
            takes_lists = len(self._waiting) > BACKLOG and isinstance(self._callback, BatchCallback)
            return list(self._waiting)[: LONGEST_LIST if takes_lists else 1]

    def _hand_over(self, events: Sequence[Event]) -> None:
        if len(events) > 1 and isinstance(self._callback, BatchCallback):
            self._callback.deliver(events, self._context)
        else:
            self._callback(events[0], self._context)

    def _succeeded(self, count: int) -> None:
        with self._changed:
            for _ in range(min(count, len(self._waiting))):
                self._waiting.popleft()
            self._last_success = time.monotonic()
            since, self._failing_since = self._failing_since, None
        if since is not None and self._outages <= MOST_OUTAGES_TOLD:
            seconds = time.monotonic() - since
            lost = f"; {_events(self._left_out)} left out" if self._left_out else ", no event was lost"
            self._tell(f"callback {self._name} delivers again, after {seconds:.0f} s{lost}")

    def _failed(self, error: OSError) -> None:
        self._error = in_one_line(error)
        print(f"warning: callback {self._name}: {self._error}", flush=True)
        if self._failing_since is not None:
            return
        self._failing_since = time.monotonic()
        self._outages += 1
        if self._outages <= MOST_OUTAGES_TOLD:
            self._tell(
                f"callback {self._name} cannot deliver ({self._error}): training continues, events wait, and "
                "it tries again"
            )

    def _rest(self, seconds: float) -> None:
        """Pauses; at the end of a run not longer than the first pause."""
        until = time.monotonic() + seconds
        with self._changed:
            while not self._off:
                left = min(until - time.monotonic(), FIRST_PAUSE if self._closing else LONGEST_PAUSE)
                if left <= 0:
                    return
                closing = self._closing
                self._changed.wait(left)
                if closing:
                    return

    def _switch_off(self, error: BaseException) -> None:
        with self._changed:
            self._off = True
        print(without_credentials(traceback.format_exc()), flush=True)
        self._tell(f"callback {self._name} failed and is switched off: {in_one_line(error)}")


def _events(count: int) -> str:
    return plural(count, "event")
