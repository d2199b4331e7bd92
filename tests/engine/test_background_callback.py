"""Events reach a slow or absent tracker in order, and training never waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from framecast.engine import background_callback as background
from framecast.engine.background_callback import Background
from framecast.plugin import events
from framecast.plugin.events import Event, StepDone, Warned
from framecast.plugin.run_context import RunContext
from tests.made_events import step_done


class Tracker:
    """Takes events, unless it is away; `gate` holds it up."""

    def __init__(self) -> None:
        self.taken: list[Event] = []
        self.away: BaseException | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.called = threading.Event()

    def __call__(self, event: Event, context: RunContext) -> None:
        self.called.set()
        self.gate.wait(20)
        if self.away is not None:
            raise self.away
        self.taken.append(event)

    @property
    def steps(self) -> list[int]:
        return [event.step for event in self.taken if isinstance(event, StepDone)]


class TakesLists(Tracker):
    def __init__(self) -> None:
        super().__init__()
        self.lists: list[int] = []

    def deliver(self, together: list[Event], context: RunContext) -> None:
        self.lists.append(len(together))
        for event in together:
            self(event, context)


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(background, "LONGEST_PAUSE", 0.02)
    monkeypatch.setattr(background, "PATIENCE", 0.3)


@pytest.fixture
def told() -> list[str]:
    return []


def delivery(tracker: Any, told: list[str], context: RunContext | None = None) -> Background:
    return Background("tracker", tracker, context or RunContext(Path()), told.append)


def wait_until(true: Callable[[], object]) -> None:
    until = time.monotonic() + 20
    while not true():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.005)


def test_events_arrive_in_order(told: list[str]) -> None:
    tracker = Tracker()
    delivery_ = delivery(tracker, told)
    for step in range(30):
        delivery_.put(step_done(step))
    delivery_.close()
    assert tracker.steps == list(range(30))
    assert told == []


def test_putting_does_not_wait_for_a_tracker_that_does_not_answer(told: list[str]) -> None:
    tracker = Tracker()
    tracker.gate.clear()
    held_up = delivery(tracker, told)
    for step in range(30):
        held_up.put(step_done(step))
    assert tracker.called.wait(20)
    assert tracker.taken == []
    tracker.gate.set()
    held_up.close()
    assert tracker.steps == list(range(30))


def test_what_an_outage_held_up_is_delivered_when_the_server_is_back(told: list[str]) -> None:
    tracker = Tracker()
    delivery_ = delivery(tracker, told)
    tracker.away = ConnectionError("http://user:secret@host refuses")
    for step in range(5):
        delivery_.put(step_done(step))
    wait_until(lambda: told)
    tracker.away = None
    delivery_.close()
    assert tracker.steps == [0, 1, 2, 3, 4]
    assert told[0] == (
        "callback tracker cannot deliver (http://***@host refuses): training continues, events wait, and it tries "
        "again"
    )
    assert told[1].startswith("callback tracker delivers again, after ")
    assert told[1].endswith("no event was lost")
    assert len(told) == 2


def test_what_is_lost_at_the_end_is_reported(told: list[str]) -> None:
    tracker = Tracker()
    tracker.away = TimeoutError("no answer")
    delivery_ = delivery(tracker, told)
    for step in range(5):
        delivery_.put(step_done(step))
    delivery_.close()
    assert told[-1] == "callback tracker: 5 events not delivered, the last error was no answer"


def test_the_end_of_a_run_does_not_wait_for_a_call_that_hangs(told: list[str]) -> None:
    tracker = Tracker()
    tracker.gate.clear()
    delivery_ = delivery(tracker, told)
    delivery_.put(step_done(1))
    delivery_.close()
    assert told == ["callback tracker: 1 event not delivered"]
    tracker.away = ValueError("the process is ending")
    tracker.gate.set()
    wait_until(lambda: not any(thread.name == "callback tracker" for thread in threading.enumerate()))
    assert len(told) == 1  # nobody would hear more


@pytest.mark.parametrize("error", [ValueError("a bug"), SystemExit(1), PermissionError("not yours")])
def test_any_other_error_switches_it_off(error: BaseException, told: list[str]) -> None:
    tracker = Tracker()
    tracker.away = error
    delivery_ = delivery(tracker, told)
    delivery_.put(step_done(1))
    wait_until(lambda: told)
    delivery_.put(step_done(2))
    delivery_.close()
    (message,) = told
    assert message.startswith("callback tracker failed and is switched off: ")
    assert message.endswith(str(error))


def test_beyond_the_bound_the_oldest_steps_are_left_out(told: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "MOST_WAITING", 4)
    tracker = Tracker()
    tracker.gate.clear()
    delivery_ = delivery(tracker, told)
    delivery_.put(step_done(0))
    assert tracker.called.wait(20)  # it is on its way: it stays
    delivery_.put(Warned(0, "kept"))
    for step in range(1, 7):
        delivery_.put(step_done(step))
    tracker.gate.set()
    delivery_.close()
    assert tracker.steps == [0, 5, 6]
    assert any(isinstance(event, Warned) for event in tracker.taken)
    assert told[0].startswith("callback tracker: 4 events wait for it")
    assert told[1] == "callback tracker: 4 events not delivered"


def test_a_backlog_is_handed_over_in_lists_to_those_who_take_them(
    told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "BACKLOG", 3)
    monkeypatch.setattr(background, "LONGEST_LIST", 10)
    tracker = TakesLists()
    tracker.gate.clear()
    delivery_ = delivery(tracker, told)
    for step in range(25):
        delivery_.put(step_done(step))
    tracker.gate.set()
    delivery_.close()
    assert tracker.steps == list(range(25))
    assert max(tracker.lists) <= 10
    assert tracker.lists


def test_requests_come_back(told: list[str]) -> None:
    context = RunContext(Path(), name="tracker")
    delivery_ = delivery(lambda event, context: context.request_stop("enough"), told, context)
    delivery_.put(events.RunFinished(1, "epochs"))
    delivery_.close()
    assert context.requests.stop == "tracker: enough"
