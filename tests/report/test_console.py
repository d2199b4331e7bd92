"""The console, drawn into a text as a terminal and as a log file."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from framecast.plugin.events import (
    CheckpointSaved,
    DatasetLoaded,
    Evaluated,
    RunFinished,
    RunInterrupted,
    RunStarted,
    StepDone,
    Warned,
)
from framecast.report.console import LiveView, following
from framecast.report.rich_console import console_on
from framecast.runs.phases import note_phase
from framecast.runs.run_folder import RunFolder

STARTED = RunStarted(1, 0, 0, 0, 10, 20, 2, "cpu", "fp32", "torch", 1234)


def step(number: int, at: float) -> StepDone:
    return StepDone(number, 0, 0.5, 1.0, 1e-3, 65536.0, False, 0.01, {}, time=at)


def evaluated(name: str) -> Evaluated:
    return Evaluated(10, 1, name, "validation", {"validation/mse": 0.25}, {"validation/mse": [0.25]}, 5, 0.1)


def drawn(*events: object, terminal: bool = False, title: str = "title") -> str:
    text = io.StringIO()
    with LiveView(console_on(text, force_terminal=terminal, width=100), title) as view:
        for event in events:
            view.show(event)  # type: ignore[arg-type]
    return text.getvalue()


def test_without_a_terminal_steps_make_a_line_at_intervals_only() -> None:
    said = drawn(STARTED, *(step(number, 1000.0 + number) for number in range(1, 31)))
    assert said.count("loss 0.5000") == 2


def test_a_terminal_gets_one_live_line() -> None:
    said = drawn(STARTED, step(1, 1000.0), terminal=True)
    assert "step 1 of 20" in said


def test_an_evaluation_stands_below_its_baselines() -> None:
    said = drawn(STARTED, evaluated("black"), evaluated("model")).splitlines()
    assert "black" in said[2]
    assert "mse 0.2500" in said[2]
    assert "validation" in said[3]


def test_the_best_checkpoint_and_notices_are_reported() -> None:
    notice = Warned(3, "fp16 overflow at step 3: step skipped, loss scale 65,536 -> 32,768; 1 overflow so far")
    said = drawn(STARTED, notice, CheckpointSaved(10, 1, "step-00000010", True, "m", 0.1))
    assert f"note: {notice.message}" in said
    assert "best so far" in said


def test_what_was_left_out_of_the_data_is_counted_and_the_first_are_named() -> None:
    said = drawn(DatasetLoaded("train", 1200, 40, 7, ["a.avi: it is a folder", "b.avi: it has no frames"]))
    assert "train: 1,200 clips from 40 sequences; 7 left out: a.avi: it is a folder; b.avi: it has no" in said
    assert "and 5 more" in said


def test_clips_that_are_made_as_needed_need_no_line() -> None:
    assert drawn(DatasetLoaded("train", 1200, None, 0, [])) == "title\n"


def test_following_shows_what_is_written_meanwhile_up_to_the_last_event(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path, "demo")
    text = io.StringIO()
    with following(run, text, "title"):
        for event in (STARTED, evaluated("model"), RunFinished(10, "epochs")):
            run.journal.append(event)
    assert "1,234 parameters on 2 workers" in text.getvalue()
    assert "mse 0.2500" in text.getvalue()


def test_notes_and_warnings_of_the_data_are_shown_once() -> None:
    read = [
        DatasetLoaded(split, 10, 2, 0, [], notes=["rain: mm/h, 0 to 32.5"], warnings=["rain: 93 % masked"])
        for split in ("train", "validation")
    ]
    shown = drawn(*read)
    assert shown.count("rain: mm/h, 0 to 32.5") == 1
    assert shown.count("warning: rain: 93 % masked") == 1


def test_generated_clips_have_notes_too() -> None:
    assert "digits: 12,000" in drawn(DatasetLoaded("train", 10, None, 0, [], notes=["digits: 12,000"]))


NAMES = ["x [/a].mp4", "walk [old] #1.mp4", "[bold]", "[/]", ":smile: \\[red]", "日本 [green]"]


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_what_users_and_files_are_called_is_shown_as_it_is(name: str, terminal: bool) -> None:
    said = drawn(
        DatasetLoaded(
            "train", 8, 4, 1, [f"{name}: it has 3 frames"], notes=[f"{name} note"], warnings=[f"{name} warning"]
        ),
        Warned(1, f"callback {name} failed"),
        RunInterrupted(2, name),
        terminal=terminal,
        title=f"{name}: conv_lstm",
    )
    for text in (
        f"{name}: conv_lstm",
        f"{name}: it has 3",
        f"{name} note",
        f"{name} warning",
        f"callback {name} ",
    ):
        assert text in said


def test_a_name_cannot_command_the_terminal() -> None:
    said = drawn(Warned(1, "a\x1b[2J\x07\rb.mp4"), terminal=True, title="\x1b]0;taken\x07")
    assert "a\\x1b[2J\\x07\\x0db.mp4" in said
    assert "\\x1b]0;taken\\x07" in said
    assert "\x1b[2J" not in said


def test_the_live_display_leaves_what_others_print_to_the_logs(capsys: pytest.CaptureFixture[str]) -> None:
    with LiveView(console_on(io.StringIO(), force_terminal=True), "title"):
        print("a traceback")
    assert "a traceback" in capsys.readouterr().out


METRICS = {f"validation/{name}": 12.3456 for name in ("loss", "mse", "mae", "rmse", "psnr", "ssim", "lpips")}


@pytest.mark.parametrize("width", [60, 80, 110])
def test_on_a_terminal_the_scores_of_an_epoch_break_between_numbers_only(width: int) -> None:
    text = io.StringIO()
    scores = Evaluated(10, 1, "model", "validation", METRICS, {}, 5, 0.1)
    with LiveView(console_on(text, force_terminal=True, width=width), "title") as view:
        for event in (STARTED, step(1, 1000.0), scores):
            view.show(event)
    lines = [line.rstrip() for line in plain_lines(text.getvalue())]
    assert all(len(line) <= width for line in lines)
    said = "  ".join(lines)
    for name in METRICS:
        assert f"{name.removeprefix('validation/')} 12.3456" in said
    assert any(line.startswith("epoch   1  step     10") for line in lines)


@pytest.mark.parametrize("width", [40, 60, 80, 110, 200])
def test_the_progress_line_is_never_wider_than_the_terminal(width: int) -> None:
    text = io.StringIO()
    with LiveView(console_on(text, force_terminal=True, width=width), "title") as view:
        for event in (STARTED, step(1, 1000.0), step(2, 1001.0)):
            view.show(event)
    lines = plain_lines(text.getvalue())
    assert all(len(line.rstrip()) <= width for line in lines)
    assert any("step 2 of 20" in line for line in lines)
    assert any("loss 0.5000" in line for line in lines) == (width >= 40)
    assert any("steps/s" in line for line in lines) == (width >= 80)


def test_without_a_terminal_the_scores_of_an_epoch_are_one_line() -> None:
    said = drawn(STARTED, Evaluated(10, 1, "model", "validation", METRICS, {}, 5, 0.1)).splitlines()
    assert said[-1].startswith("epoch   1  step     10  validation  loss 12.3456")
    assert said[-1].endswith("lpips 12.3456")


def test_the_phases_before_training_are_shown_in_order(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path, "demo")
    text = io.StringIO()
    note_phase(run, "of an earlier attempt")
    with following(run, text, "title"):
        for phase in ("starting Ray", "starting 1 worker", "building the model"):
            note_phase(run, phase)
        run.journal.append(STARTED)
    said = text.getvalue().splitlines()
    assert said[:4] == ["title", "starting Ray", "starting 1 worker", "building the model"]
    assert said[4].startswith("training 1,234 parameters on 2 workers")


def test_on_a_terminal_a_phase_is_the_progress_line() -> None:
    text = io.StringIO()
    with LiveView(console_on(text, force_terminal=True, width=80), "title") as view:
        view.begin_phase("starting Ray")
        view._progress.refresh()
    assert "starting Ray …  0 s" in text.getvalue()


def test_one_of_a_kind_is_singular() -> None:
    said = drawn(RunStarted(1, 0, 0, 0, 1, 1, 1, "cpu", "fp32", "torch", 1), DatasetLoaded("train", 1, 1, 0, []))
    assert "training 1 parameter on 1 worker (cpu, fp32, torch), 1 step\n" in said
    assert "train: 1 clip from 1 sequence\n" in said


def plain_lines(written: str) -> list[str]:
    """What a terminal shows, line by line, each state of the progress line too."""
    return re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written))
