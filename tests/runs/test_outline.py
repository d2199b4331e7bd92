"""The outline of a run says of it what all its events say."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from framecast.errors import InputError
from framecast.plugin.events import CheckpointSaved, Evaluated, Event, RunFinished, RunStarted, StepDone, Warned
from framecast.runs import journal as journal_module
from framecast.runs import outline as outline_module
from framecast.runs.outline import outline
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status


def started(attempt: int, step: int) -> RunStarted:
    return RunStarted(
        attempt, step, step // 10, 0, 10, 100, 1, "cpu", "fp32", "torch", 5, time=1e9 + attempt * 1000
    )


def step(number: int, attempt: int = 1) -> StepDone:
    return StepDone(
        number,
        number // 10,
        1 / number,
        None,
        0.1,
        None,
        False,
        0.5,
        {"a": 1.0},
        time=1e9 + attempt * 1000 + number,
    )


def evaluated(number: int, best: bool) -> list[Event]:
    when = {"time": 1e9 + 1000 + number}
    scores = {"validation/loss": 1 / number}
    return [
        Evaluated(number, number // 10, "model", "validation", scores, {}, 4, 1.0, **when),
        CheckpointSaved(number, number // 10, f"step-{number:08d}", best, "validation/loss", 1 / number, **when),
    ]


COURSES: dict[str, list[Event]] = {
    "has only begun": [started(1, 0)],
    "trains": [started(1, 0), *map(step, range(1, 40))],
    "finished": [
        started(1, 0),
        *map(step, range(1, 11)),
        *evaluated(10, True),
        RunFinished(10, "epochs", time=1e9 + 1010),
    ],
    "was resumed at a checkpoint": [
        started(1, 0),
        *map(step, range(1, 11)),
        *evaluated(10, True),
        *map(step, range(11, 18)),
        started(2, 10),
    ],
    "was set back before its best": [
        started(1, 0),
        *map(step, range(1, 11)),
        *evaluated(10, True),
        *map(step, range(11, 21)),
        *evaluated(20, True),
        *map(step, range(21, 25)),
        started(2, 10),
        *(step(number, 2) for number in range(11, 14)),
        Warned(13, "a notice", time=1e9 + 2013),
    ],
    "was set back into the middle of its steps": [
        started(1, 0),
        *map(step, range(1, 30)),
        Warned(29, "a notice", time=1e9 + 1029),
        *map(step, range(30, 35)),
        started(2, 17),
    ],
}


def written(run: RunFolder, events: list[Event]) -> None:
    run.path.mkdir(parents=True, exist_ok=True)
    run.journal.file.write_text("".join(event.to_json() + "\n" for event in events))


@pytest.mark.parametrize("course", COURSES)
@pytest.mark.parametrize("spoilt", ["", "noise\n", '{"event": "StepDone", "time": 17'])
def test_a_run_stands_as_all_its_events_say(
    course: str, spoilt: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunFolder(tmp_path / "job" / "id")
    written(run, COURSES[course])
    with open(run.journal.file, "a") as file:
        file.write(spoilt)
    whole = Status.of(run)
    monkeypatch.setattr(journal_module, "_SHORT", 0)
    assert dataclasses.asdict(Status.of(run)) == dataclasses.asdict(whole)


def test_steps_that_follow_each_other_are_not_read(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "job" / "id")
    written(run, COURSES["finished"])
    events, _ = outline(run.journal.file)
    assert [event.step for event in events if isinstance(event, StepDone)] == [10]


def test_a_file_of_other_lines_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outline_module, "_MOST_OTHERS", 100)
    (tmp_path / "events.jsonl").write_text("x\n" * 101)
    with pytest.raises(InputError, match="more than 100 lines that are no steps"):
        outline(tmp_path / "events.jsonl")
