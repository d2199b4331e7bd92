"""What is asked of a callback. Every public function is a check."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from framecast.counting import plural
from framecast.errors import InputError
from framecast.job.plan import Plan
from framecast.job.plugin_config import PluginConfig
from framecast.plugin.declarations import Callback
from framecast.plugin.events import Evaluated, Event, RunFailed, RunFinished, RunStarted, StepDone
from framecast.plugin.protocols.run_callback import RunCallback
from framecast.plugin.run_context import RunContext
from framecast.plugin.settings import Settings
from framecast.runs.run_folder import RunFolder
from framecast.testing.plugin_under_test import PluginUnderTest
from framecast.testing.short_run import ShortRun, run_folder, short_plan, short_run
from framecast.testing.verdict import LeftOut, require


def receives_every_event_of_a_run(subject: PluginUnderTest) -> None:
    """`build(settings, context)` returns a callable that receives every event of a run with the context, and
    raises at none of them.

    Choose by isinstance, and ignore what you do not know: later versions have more events. A callback that
    raises is switched off, and its run continues without it."""
    heard = _Heard(subject)
    run = short_run(subject, short_plan(subject), heard.part)
    require(heard.raised is None, f"it raised {_described(heard.raised)} at {heard.events[-1:]}")
    stopped = heard.stop_reason is not None
    require(stopped or len(heard.events) == len(run.events), "it did not receive all of them")
    heard.call(_Tomorrows())


def asks_the_context_to_stop(subject: PluginUnderTest) -> None:
    """A callback returns None. `context.request_stop(reason)` ends the run at its next step, and the run says why.

    Return values mean nothing to the engine: a `return True` that was meant to stop a run would not."""
    heard = _Heard(subject)
    run = short_run(subject, short_plan(subject), heard.part)
    answers = [answer for answer in heard.answers if answer is not None]
    require(not answers, f"it returned {answers[:1]}")
    require(heard.raised is None, f"it raised {_described(heard.raised)}")
    if heard.stop_reason is not None and len(run.losses) < 6:
        require(
            isinstance(run.ending, RunFinished) and heard.stop_reason in run.ending.reason,
            f"it requested to stop, and the end is {run.ending}",
        )


def ends_a_run_by_request_alone(subject: PluginUnderTest) -> None:
    """A run ends by `context.request_stop(reason)` alone: whatever else fails in a callback, training continues.

    Never call sys.exit, nor end the process: where its folder is gone `build` may raise an Exception, which
    refuses the job, and a call may raise one, which switches it off."""
    lost = subject.new_folder("lost") / "a file"
    lost.write_text("where the run's folder should be")
    heard = _Heard(subject, lost / "run")
    try:
        run = short_run(subject, short_plan(subject), heard.part)
    except InputError:
        require(heard.callback is None, "a run was refused whose callback was built")
        return
    require(isinstance(run.ending, RunFinished), f"without its folder the run ends with {run.ending}")
    require(
        heard.stop_reason is not None or len(run.losses) == 6,
        f"without its folder the run ends after {plural(len(run.losses), 'step')}",
    )


def says_with_which_scores_it_works(subject: PluginUnderTest) -> None:
    """`accepts(settings, measured)` returns None where it works with these scores, or the reason in a sentence: a
    monitor that the job does not measure refuses the job. It does not depend on the order of the scores.

    Take the names from `measured`, never from a list of your own."""
    accepts = subject.callback.accepts
    if accepts is None:
        raise LeftOut("the callback declares no accepts")
    scores = short_plan(subject).measured
    for measured in (scores, scores[::-1], ()):
        answer = accepts(subject.settings, measured)
        require(answer is None or (isinstance(answer, str) and answer.strip()), f"accepts returns {answer!r}")
        if measured:
            require(answer is None, f"it refuses the kit's own scores {', '.join(measured)}: {answer}")


def listening_changes_nothing(subject: PluginUnderTest) -> None:
    """A run has the same losses with and without it, and the folder one works in stays as it was.

    Draw no random numbers from torch's generator, write below the run's folder alone, and leave events
    unchanged."""
    quiet = short_run(subject, short_plan(subject))
    before = _files_here()
    heard = _Heard(subject)
    run = short_run(subject, short_plan(subject), heard.part)
    written = dict(_files_here().items() - before.items())
    require(not written, f"it writes {', '.join(sorted(written))} into the folder one works in")
    count = min(len(quiet.losses), len(run.losses))
    require(count and run.losses[:count] == quiet.losses[:count], "with it the losses are others")
    heard_losses = [event.loss for event in heard.events if isinstance(event, StepDone)]
    require(heard_losses == run.losses[: len(heard_losses)], "it changes the events that others hear")


def takes_what_goes_wrong(subject: PluginUnderTest) -> None:
    """Losses that are not numbers, gradients that were not measured, scores that are missing, a run that fails: a
    callback hears of them when they matter most, and takes them.

    A field that may be None in `framecast.events` will be None."""
    plan = short_plan(subject)
    run = short_run(subject, plan)
    context = _context(plan, run_folder(subject, plan))
    callback = subject.build(context)
    for event in [*run.events[:-1], RunFailed(6, "the loss is nan")]:
        if isinstance(event, StepDone):
            event = replace(event, loss=math.nan, gradient_norm=None, logs={"odd/name": math.inf})
        elif isinstance(event, Evaluated):
            event = replace(event, metrics={"validation/loss": math.nan}, per_frame={})
        _hand(callback, event, context)


def goes_on_in_a_resumed_run(subject: PluginUnderTest) -> None:
    """Each attempt at a run builds it again, with the folder in which it has been before.

    Append to what is there, or drop what the attempt overtakes: RunStarted.step says where it continues."""
    plan = short_plan(subject)
    run = short_run(subject, plan)
    context = _context(plan, run_folder(subject, plan))
    for attempt in (1, 2):
        callback = subject.build(context)
        for event in _attempt(run, attempt):
            _hand(callback, event, context)


def _files_here() -> dict[str, tuple[int, int]]:
    """Size and time of each file in the folder one works in."""
    return {each.name: (each.stat().st_size, each.stat().st_mtime_ns) for each in os.scandir() if each.is_file()}


class _Tomorrows(Event):
    """An event that this version does not have."""


class _Heard:
    """The callback under observation: what it received, returned, requested and raised."""

    def __init__(self, subject: PluginUnderTest, folder: Path | None = None) -> None:
        self._subject, self._instead = subject, folder
        self.events: list[Event] = []
        self.answers: list[object] = []
        self.raised: Exception | None = None
        self.callback: RunCallback | None = None
        self.context: RunContext | None = None
        declaration: Callback[Any] = replace(subject.callback, build=self._build)
        self.part: PluginConfig[Callback[Any]] = replace(subject.part, declaration=declaration)

    @property
    def stop_reason(self) -> str | None:
        return self.context.requests.stop if self.context else None

    def call(self, event: Event) -> None:
        """One more event, after the run."""
        assert self.callback, "the run has built it"
        assert self.context
        self.callback(event, self.context)

    def _build(self, settings: Settings, context: RunContext) -> RunCallback:
        self.context = replace(context, folder=self._instead or context.folder)
        try:
            self.callback = self._subject.build(self.context)
        except Exception as error:
            self.raised = error
            raise
        return self._hear

    def _hear(self, event: Event, context: RunContext) -> None:
        assert self.callback, "it was built"
        assert self.context
        self.events.append(event)
        try:
            self.answers.append(self.callback(event, self.context))
        except Exception as error:
            self.raised = error
            raise


def _context(plan: Plan, run: RunFolder) -> RunContext:
    """What the engine gives to a callback of this run."""
    return RunContext(run.path, plan.settings, plan.directions, read_events=run.journal.read)


def _hand(callback: RunCallback, event: Event, context: RunContext) -> None:
    try:
        callback(event, context)
    except Exception as error:
        require(False, f"it raises {_described(error)} at {event}")


def _described(error: Exception | None) -> str:
    return f"{type(error).__name__} ({error})"


def _attempt(run: ShortRun, attempt: int) -> list[Event]:
    """The events of a run's first attempt, cut off after three steps, or those of its second."""
    events = [replace(each, attempt=attempt) if isinstance(each, RunStarted) else each for each in run.events]
    steps = [index for index, event in enumerate(events) if isinstance(event, StepDone)]
    if attempt == 1:
        return events[: steps[2] + 1]
    begun = [replace(each, step=3) if isinstance(each, RunStarted) else each for each in events[: steps[0]]]
    return [*begun, *events[steps[3] :]]
