"""events.jsonl: it survives a crash within a line, and forgets what a resumed attempt has overtaken."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from framecast.plugin.cause import Cause
from framecast.plugin.events import CheckpointSaved, Event, RunFinished, RunInterrupted, RunStarted, StepDone
from framecast.runs.journal import Journal


def started(attempt: int, step: int = 0) -> RunStarted:
    return RunStarted(attempt, step, 0, step, 10, 20, 1, "cpu", "fp32", "torch", 227)


def done(step: int, loss: float = 0.5) -> StepDone:
    return StepDone(step, 0, loss, None, 1e-3, None, False, 0.01, {})


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "events.jsonl")


def write(journal: Journal, *events: Event) -> None:
    for event in events:
        journal.append(event)


def test_a_run_that_has_written_nothing_has_no_events(journal: Journal) -> None:
    assert journal.raw() == journal.read() == []
    assert journal.attempts() == 0


def test_events_are_read_in_the_order_written(journal: Journal) -> None:
    events = [started(1), done(1), done(2), RunFinished(2, "epochs", Cause.EPOCHS)]
    write(journal, *events)
    assert journal.read() == events


def test_a_last_line_cut_by_a_crash_is_left_out(journal: Journal) -> None:
    write(journal, started(1), done(1), done(2))
    journal.file.write_bytes(journal.file.read_bytes()[:-9])
    assert [type(event).__name__ for event in journal.read()] == ["RunStarted", "StepDone"]


def test_what_follows_a_cut_line_is_not_lost_with_it(journal: Journal) -> None:
    write(journal, started(1), done(1))
    journal.file.write_bytes(journal.file.read_bytes()[:-9])
    write(journal, started(2), done(1, loss=0.25))
    assert [event.loss for event in journal.read() if isinstance(event, StepDone)] == [0.25]


def test_a_cut_inside_a_letter_of_several_bytes_harms_only_its_line(journal: Journal) -> None:
    write(journal, started(1))
    with open(journal.file, "ab") as stream:
        stream.write('{"event": "RunFailed", "reason": "\u00e9'.encode()[:-1])
    write(journal, done(1))
    assert [type(event) for event in journal.read()] == [RunStarted, StepDone]


def test_steps_that_a_resumed_attempt_overtook_are_dropped(journal: Journal) -> None:
    write(journal, started(1), done(1), done(2, 0.9), done(3, 0.9), started(2, step=1), done(2, 0.1))
    steps = [(event.step, event.loss) for event in journal.read() if isinstance(event, StepDone)]
    assert steps == [(1, 0.5), (2, 0.1)]
    assert len(journal.raw()) == 6
    assert journal.attempts() == 2


def test_checkpoints_of_overtaken_steps_are_dropped_too(journal: Journal) -> None:
    saved = [CheckpointSaved(step, 1, f"step-{step:08d}", True, "validation/loss", 0.1) for step in (2, 4)]
    write(journal, started(1), *saved, started(2, step=2))
    assert [event.step for event in journal.read() if isinstance(event, CheckpointSaved)] == [2]


def test_how_an_attempt_ended_is_kept_when_the_next_one_begins(journal: Journal) -> None:
    ended = RunInterrupted(3, "Ctrl-C", Cause.SIGINT)
    write(journal, started(1), done(3), ended, started(2, step=3))
    assert ended in journal.read()


def test_following_yields_what_is_written_from_now_on(journal: Journal) -> None:
    """A thread writes while the reader follows, as the console follows a run in another process."""
    write(journal, started(1), done(1))
    ended, listening = threading.Event(), threading.Event()

    def writer() -> None:
        listening.wait()
        write(journal, done(2), done(3))
        ended.set()

    thread = threading.Thread(target=writer)
    thread.start()

    def stop() -> bool:
        listening.set()
        return ended.is_set()

    following = journal.follow(stop, seconds=0.001)
    assert [event.step for event in following if isinstance(event, StepDone)] == [2, 3]
    thread.join()


def test_following_waits_for_the_rest_of_a_line(journal: Journal) -> None:
    """A reader on a shared disk may see half a line; the other half comes with the next round."""
    line = done(7).to_json().encode() + b"\n"
    rounds = iter([line[:20], line[20:]])

    def ended() -> bool:
        part = next(rounds, None)
        if part is not None:
            with open(journal.file, "ab") as stream:
                stream.write(part)
        return part is None

    assert [getattr(event, "step", None) for event in journal.follow(ended, seconds=0)] == [7]


def test_following_a_journal_that_is_not_there_yet_waits_for_it(journal: Journal) -> None:
    answers = iter([False, True])

    def ended() -> bool:
        if not journal.file.exists():
            write(journal, done(1))
        return next(answers)

    assert len(list(journal.follow(ended, seconds=0))) == 1


def test_lines_that_no_crash_explains_are_counted(journal: Journal) -> None:
    write(journal, started(1), done(1))
    with open(journal.file, "a") as stream:
        stream.write("noise\n" + "[" * 100_000 + "\n")
    write(journal, done(2))
    assert journal.outline()[1] == 2
    assert [event.step for event in journal.read() if isinstance(event, StepDone)] == [1, 2]


def test_a_line_that_a_crash_has_cut_is_not_counted(journal: Journal) -> None:
    write(journal, started(1), done(1), done(2))
    journal.file.write_bytes(journal.file.read_bytes()[:-9])
    assert journal.outline()[1] == 0
    write(journal, started(2, step=1), done(2))
    assert journal.outline()[1] == 0
