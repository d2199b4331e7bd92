"""Who hears a run's events: its journal, its metrics table, and the job's callbacks."""

from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Callable

from framecast.engine.background_callback import Background
from framecast.engine.callback_logger import callback_logger
from framecast.errors import InputError, PluginFailed, Problem, in_one_line, without_credentials
from framecast.job.plan import Plan
from framecast.plugin.events import Event, Warned
from framecast.plugin.protocols.run_callback import RunCallback
from framecast.plugin.run_context import RunContext, RunRequests
from framecast.runs.metrics_table import MetricsTable
from framecast.runs.run_folder import RunFolder

SLOW_SHARE, SLOW_SECONDS = 0.1, 5.0
"""A callback is called slow when it has taken this share of the run's time, and so many seconds."""


class CallbackRunner:
    """Hands each event to all. Only the first process has listeners.

    A callback that raises is switched off: a tracker that is down must not cost a week of training. That, and what
    callbacks in the background report, is a `Warned` event. Raises InputError where callbacks cannot be built.
    """

    def __init__(
        self, plan: Plan, run: RunFolder, first: bool, listen: Callable[[Event], object] | None = None
    ) -> None:
        self._essential: list[Callable[[Event], object]] = []
        self._callbacks: dict[str, tuple[RunCallback, RunContext]] = {}
        self._background: dict[str, Background] = {}
        self._messages: deque[str] = deque()  # written by threads too
        self._requests = RunRequests()
        self._step = 0
        self._began = time.monotonic()
        self._spent: dict[str, float] = {}
        if first:
            self._essential = [MetricsTable(run), run.journal.append, *([listen] if listen else [])]
            self._build(plan, run)

    def _build(self, plan: Plan, run: RunFolder) -> None:
        problems = []
        for index, part in enumerate(plan.callbacks):
            context = RunContext(
                folder=run.path,
                job=plan.settings,
                directions=plan.directions,
                baselines=tuple(each.name for each in plan.other_baselines),
                name=part.name,
                logger=callback_logger(part.name, self._messages.append),
                read_events=run.journal.read,
                requests=self._requests,
            )
            try:
                callback = part.build(context)
            except Exception as error:
                print(without_credentials(traceback.format_exc()), flush=True)
                message = in_one_line(error)
                if not isinstance(error, PluginFailed):
                    message = f"callback {part.name} cannot be built: {message}"
                problems.append(Problem(message, key=f"callbacks.{index}"))
            else:
                if part.declaration.background:
                    self._background[part.name] = Background(part.name, callback, context, self._messages.append)
                else:
                    self._callbacks[part.name] = callback, context
        if problems:
            raise InputError(problems)

    def emit(self, event: Event) -> None:
        """Hands over an event, then each notice that this or a background callback gave rise to."""
        self._hand_over(event)
        while self._messages:
            self._hand_over(Warned(self._step, self._messages.popleft()))

    def stop(self) -> str | None:
        """The reason of the first callback that requested the run to stop, or None."""
        return self._requests.stop

    def take_checkpoint_request(self) -> bool:
        """Whether a callback has requested a checkpoint since the last call."""
        requested, self._requests.checkpoint = self._requests.checkpoint, False
        return requested

    def close(self, wait: bool = True) -> None:
        """Gives background callbacks some time to deliver what is waiting, and reports what they lose."""
        for each in self._background.values():
            each.close(wait)
        while self._messages:
            notice = Warned(self._step, self._messages.popleft())
            for listener in self._essential:
                listener(notice)

    def _hand_over(self, event: Event) -> None:
        self._step = getattr(event, "step", self._step)
        for listener in self._essential:
            listener(event)
        for each in self._background.values():
            each.put(event)
        for name, (callback, context) in list(self._callbacks.items()):
            began = time.monotonic()
            try:
                callback(event, context)
            except Exception as error:
                del self._callbacks[name]
                print(without_credentials(traceback.format_exc()), flush=True)
                self._messages.append(f"callback {name} failed and is switched off: {in_one_line(error)}")
            self._measure(name, time.monotonic() - began)

    def _measure(self, name: str, seconds: float) -> None:
        """Says once of a callback that it holds up training."""
        before, share = self._spent.get(name, 0.0), SLOW_SHARE * (time.monotonic() - self._began)
        if before == float("inf"):
            return  # reported already
        self._spent[name] = spent = before + seconds
        if spent > SLOW_SECONDS and spent > share:
            part = 100 * SLOW_SHARE * spent / share
            self._messages.append(
                f"callback {name} is slow: it has taken {spent:.0f} s, {part:.0f} % of the run's time so far. "
                "Training waits for it, unless it is declared with background=True"
            )
            self._spent[name] = float("inf")
