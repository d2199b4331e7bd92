"""report.html: whole, self-contained, made from the folder alone, and in every state that a run can be in."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framecast.job.document import Document
from framecast.job.plan import Plan
from framecast.launch.launch import create_run, launch, resumed_plan
from framecast.plugin.events import Evaluated, RunInterrupted, RunStarted, StepDone, Warned
from framecast.report.numbers import score
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status

Report = Callable[[RunFolder], Any]
Train = Callable[..., RunFolder]


@pytest.fixture
def copy(finished: RunFolder, tmp_path: Path) -> RunFolder:
    """The finished run in a folder of its own, to be changed."""
    copied = RunFolder(tmp_path / "copies" / "tiny" / finished.id)
    shutil.copytree(finished.path, copied.path, symlinks=True)
    return copied


def without(run: RunFolder, *kinds: str) -> None:
    lines = run.journal.file.read_text().splitlines()
    kept = [line for line in lines if json.loads(line)["event"] not in kinds]
    run.journal.file.write_text("".join(f"{line}\n" for line in kept))


def test_a_finished_run_has_every_section(copy: RunFolder, report: Report) -> None:
    page = report(copy)
    assert page.headings == [
        "Scores",
        "Published results",
        "Clips",
        "Scores by predicted frame",
        "Learning",
        "Gradients, time and memory",
        "Configuration",
    ]
    # over frames: mse, ssim; learning: losses, mse, ssim; then the gradient norm, time, memory
    assert len(page.charts) == 2 + 3 + 3


def test_the_summary_says_what_ran_where_and_with_which_versions(copy: RunFolder, report: Report) -> None:
    text = report(copy).text
    environment = json.loads(copy.environment.read_text())
    for expected in (
        "conv_lstm on moving_mnist, from 2 frames to the next 3",
        "of 12 steps",
        "CPU worker hours",
        "1 worker, cpu, fp32, torch",
        f"torch {environment['packages']['torch']}",
        "16 × 16 pixels",
    ):
        assert expected in text


def test_every_plugin_is_named_with_its_version(copy: RunFolder, report: Report) -> None:
    cells = report(copy).cells
    for plugin in ("video_prediction", "conv_tt_lstm", "moving_mnist", "metrics"):
        assert f"framecast_{plugin}" in cells
    assert cells[cells.index("framecast_moving_mnist") + 1] == framecast_version()


def framecast_version() -> str:
    from importlib.metadata import version

    return version("framecast")


def test_each_metric_names_its_direction_and_protocol(copy: RunFolder, report: Report) -> None:
    cells = report(copy).cells
    assert "mse↓ framecast" in cells
    assert "ssim↑ framecast" in cells


def test_the_numbers_of_the_charts_are_in_tables(copy: RunFolder, report: Report) -> None:
    cells = set(report(copy).cells)
    events = copy.journal.read()
    for event in (event for event in events if isinstance(event, Evaluated)):
        assert {score(value) for value in event.metrics.values()} <= cells
    best = [event for event in events if isinstance(event, Evaluated)][-1]
    assert {score(value) for values in best.per_frame.values() for value in values} <= cells
    losses = [event.loss for event in events if isinstance(event, StepDone)]
    assert {score(loss) for loss in losses} <= cells


def test_the_curriculum_lies_below_the_losses(copy: RunFolder, report: Report) -> None:
    words = [chart.attrib["aria-label"] for chart in report(copy).charts]
    assert "loss, sampling ratio, learning rate by step" in words


def test_best_median_and_worst_clip_move_and_lie_in_strips(copy: RunFolder, report: Report) -> None:
    page = report(copy)
    assert sum(address.startswith("data:image/gif") for address in page.addresses) == 3
    assert sum(address.startswith("data:image/png") for address in page.addresses) == 3 * 3
    assert [name in page.text for name in ("<h3>best", "<h3>median", "<h3>worst")] == [True] * 3


def test_pictures_of_an_older_form_without_losses_are_shown_unranked(copy: RunFolder, report: Report) -> None:
    file = (copy.checkpoints / "best" / "samples.npz").resolve()
    with np.load(file) as arrays:
        older = {name: arrays[name][:2] for name in ("context", "target", "prediction")}
    np.savez(file, **older)
    text = report(copy).text
    assert "<h3>clip 2" in text
    assert "<h3>clip 3" not in text
    assert "<h3>best" not in text


def test_without_pictures_the_page_has_no_clips(copy: RunFolder, report: Report) -> None:
    (copy.checkpoints / "best" / "samples.npz").resolve().unlink()
    (copy.checkpoints / "last" / "samples.npz").resolve().unlink(missing_ok=True)
    assert "Clips" not in report(copy).headings


def test_the_page_needs_the_folder_only(copy: RunFolder, report: Report, tmp_path: Path) -> None:
    elsewhere = RunFolder(tmp_path / "a colleague's disk" / "tiny" / copy.id)
    elsewhere.path.parent.mkdir(parents=True)
    copy.path.rename(elsewhere.path)
    elsewhere.environment.unlink()
    page = report(elsewhere)
    assert "Scores" in page.headings
    assert "not noted" in page.text


def test_what_befell_a_run_is_told_with_time_and_step(copy: RunFolder, report: Report) -> None:
    assert "Events" not in report(copy).headings
    (begun,) = [event for event in copy.journal.raw() if isinstance(event, RunStarted)]
    copy.journal.append(RunInterrupted(4, "SIGTERM"))
    copy.journal.append(replace(begun, attempt=2, step=4, workers=3))
    copy.journal.append(Warned(4, "step-00000006 is damaged: went on from step-00000004 instead"))
    page = report(copy)
    assert "Events" in page.headings
    for told in (
        "interrupted: SIGTERM",
        "attempt 2 continued from here, with 3 workers",
        "step-00000006 is damaged",
    ):
        assert told in page.text


def test_a_run_without_an_evaluation_yet_says_so(copy: RunFolder, report: Report) -> None:
    without(copy, "Evaluated", "CheckpointSaved", "RunFinished")
    shutil.rmtree(copy.checkpoints)
    (copy.path / "driver.json").write_text(json.dumps({"host": "another", "process": 1, "seen": time.time()}))
    page = report(copy)
    assert '<span class="state running">' in page.text
    assert "No evaluation yet" in page.text
    assert "Scores" not in page.headings
    assert "Learning" in page.headings


def test_a_run_of_a_single_step_has_charts(copy: RunFolder, report: Report) -> None:
    lines = copy.journal.file.read_text().splitlines()
    first = next(at for at, line in enumerate(lines) if json.loads(line)["event"] == "StepDone")
    copy.journal.file.write_text("\n".join(lines[: first + 1]))
    assert "Learning" in report(copy).headings


def test_events_of_before_times_and_memory_were_measured_are_read(copy: RunFolder, report: Report) -> None:
    lines = [json.loads(line) for line in copy.journal.file.read_text().splitlines()]
    for line in lines:
        for name in ("data_wait", "forward", "backward", "memory"):
            line.pop(name, None)
    copy.journal.file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    words = [chart.attrib["aria-label"] for chart in report(copy).charts]
    assert "time per step by step" in words
    assert "peak memory by step" not in words


def test_a_run_that_never_took_a_step_has_a_report(
    tiny_plan: Callable[..., Plan], runs: Path, report: Report
) -> None:
    plan = tiny_plan(data={"train_clips": 3})
    run = create_run(plan, Document.from_data({}), runs)
    launch(plan, run, in_process=True, new=False)  # as one that was detached
    page = report(run)
    assert "no batch is full" in page.text
    assert '<span class="state failed">' in page.text


def test_a_model_without_parameters_has_scores_and_no_learning(train: Train, report: Report) -> None:
    page = report(train(model="last_frame"))
    assert "Scores" in page.headings


def test_a_run_on_a_single_clip_has_a_report(train: Train, report: Report) -> None:
    assert "Clips" in report(train(data={"validation_clips": 1})).headings


def test_an_interrupted_run_is_shown_as_far_as_it_came(train: Train, report: Report, stopping_plugin: str) -> None:
    run = train(plugins=[stopping_plugin], callbacks=[{"name": "interrupter", "at": 4}])
    assert '<span class="state interrupted">' in report(run).text


def test_a_run_that_broke_is_shown_with_the_reason(train: Train, report: Report, stopping_plugin: str) -> None:
    run = train(plugins=[stopping_plugin], model="fragile", training={"max_steps": 12, "epochs": 3})
    page = report(run)
    assert '<p class="trouble">' in page.text
    assert "Learning" in page.headings


def test_a_resumed_run_marks_where_it_went_on_and_adds_up_its_attempts(train: Train, report: Report) -> None:
    run = train(training={"epochs": 1})
    launch(resumed_plan(run, ["training.epochs=2"]), run, in_process=True)
    page = report(run)
    assert "2 attempts" in page.text
    assert any(text.text == "resumed" for chart in page.charts for text in chart.iter("text"))


def test_device_hours_are_those_of_all_workers_in_all_attempts(copy: RunFolder, report: Report) -> None:
    begin: dict[str, Any] = {"steps_per_epoch": 6, "total_steps": 12, "precision": "bf16", "strategy": "deepspeed"}
    begin |= {"device": "cuda", "parameters": 7, "epoch": 0, "batch": 0, "step": 0}
    copy.journal.file.unlink()
    for attempt, start in ((1, 0.0), (2, 10_000.0)):
        copy.journal.append(RunStarted(attempt=attempt, workers=4, time=start, **begin))
        copy.journal.append(Evaluated(0, 0, "black", "validation", {}, {}, 1, 1.0, time=start + 3600))
    page = report(copy)
    assert '<dt>GPU hours</dt><dd class="value">8' in page.text
    assert '<dt>wall time</dt><dd class="value">2 h' in page.text


def test_what_the_user_wrote_is_shown_and_not_run(copy: RunFolder, report: Report) -> None:
    copy.job.write_text("name: <script>alert(1)</script>\n")
    assert "&lt;script&gt;" in report(copy).text


def test_scores_that_are_not_numbers_are_named(copy: RunFolder, report: Report) -> None:
    lines = [json.loads(line) for line in copy.journal.file.read_text().splitlines()]
    for line in lines:
        if line["event"] == "Evaluated" and line["name"] == "model":
            line["metrics"]["validation/mse"] = float("nan")
            line["per_frame"]["validation/mse"] = [float("nan"), float("inf"), 1.0]
    copy.journal.file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert "not a number" in report(copy).cells


def test_fp16_shows_its_loss_scale_and_what_it_skipped(copy: RunFolder, report: Report) -> None:
    lines = [json.loads(line) for line in copy.journal.file.read_text().splitlines()]
    for line in lines:
        if line["event"] == "StepDone":
            line |= {"loss_scale": 65536.0 / line["step"], "skipped": line["step"] == 2}
    copy.journal.file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    page = report(copy)
    assert "gradient norm, loss scale by step" in [chart.attrib["aria-label"] for chart in page.charts]
    assert "1 of 12 steps skipped" in page.text


def test_the_report_answers_how_the_run_stands(finished: RunFolder, tmp_path: Path) -> None:
    from framecast.report.page import write_report

    assert write_report(finished, tmp_path / "elsewhere.html") == Status.of(finished)
    assert (tmp_path / "elsewhere.html").exists()


_PUBLISHING = """
import dataclasses
import framecast
import framecast_moving_mnist as original

def row(model, frames_out, protocol, size=None, **scores):
    return framecast.PublishedResult(model, 2, frames_out, scores, protocol, "a paper, table 1", size)

@framecast.hookimpl
def framecast_datasets():
    (digits,) = original.framecast_datasets()
    published = (
        row("TheirNet", 3, "conv-tt-lstm", (16, 16), mse=12.3, lpips=4.0),
        row("FarNet", 30, "conv-tt-lstm", mse=45.6),
        row("BigNet", 3, "conv-tt-lstm", (64, 64), mse=78.9),
    )
    yield dataclasses.replace(digits, name="printed_digits", published=published)
"""


def test_published_results_that_compare_stand_with_ours(train: Train, report: Report, tmp_path: Path) -> None:
    """Of the same protocol, horizon and size of frames, with the factor of their unit."""
    (tmp_path / "printing.py").write_text(_PUBLISHING)
    run = train(
        plugins=[str(tmp_path / "printing.py")],
        task={"frames_out": 3},
        data={"name": "printed_digits"},
        metrics=[{"name": "mse", "protocol": "conv-tt-lstm"}, "mae"],
        training={"epochs": 1},
    )
    page = report(run)
    assert "mseconv-tt-lstm, × 1000" in page.cells
    assert "TheirNeta paper, table 1" in page.cells
    assert "12.30" in page.cells
    assert not {"FarNeta paper, table 1", "BigNeta paper, table 1", "45.60", "lpipsconv-tt-lstm"} & set(page.cells)
    assert "conv_tt_lstmthis run, validation clips" in page.cells


@pytest.mark.parametrize(
    ("sections", "reason"),
    [
        ({"task": {"frames_out": 3}}, "they are of protocol conv-tt-lstm. This one would: "),
        ({"task": {"frames_out": 4}}, "they predict 2 → 3, 2 → 30 frames. This one would: "),
    ],
)
def test_where_no_published_result_compares_it_says_why(
    train: Train, report: Report, tmp_path: Path, sections: dict[str, Any], reason: str
) -> None:
    (tmp_path / "printing.py").write_text(_PUBLISHING)
    run = train(
        plugins=[str(tmp_path / "printing.py")],
        data={"name": "printed_digits"},
        training={"epochs": 1},
        **sections,
    )
    page = report(run)
    assert f"None of 3 published results compares: {reason}" in page.text
    assert "TheirNeta paper, table 1" not in page.cells


def test_evaluations_in_the_folder_are_shown_with_intervals_and_curves(copy: RunFolder, report: Report) -> None:
    def row(label: str, model: str, value: float) -> dict[str, Any]:
        metrics = {"mse": {"value": value, "low": value - 0.01, "high": value + 0.01}}
        return {"label": label, "model": model, "metrics": metrics, "per_frame": {"mse": [value, None, 0.7]}}

    content = {
        "split": "test",
        "frames_in": 2,
        "frames_out": 30,
        "clips": 5000,
        "protocols": {"mse": "paper"},
        "rows": [
            row("tiny/20260101 step 9", "conv_lstm", 0.5),
            row("tiny/20260102 step 9", "conv_lstm", 0.4),
            row("black", "black", 0.6),
        ],
    }
    before = len(report(copy).charts)
    (copy.path / "evaluation-test.json").write_text(json.dumps(content))
    (copy.path / "evaluation-half.json").write_text("{")
    page = report(copy)
    assert "On test clips, 2 → 30 frames" in page.headings
    assert "on 5,000 clips" in page.cells
    assert "0.50000.4900 – 0.5100" in page.cells
    assert "msepaper" in page.cells
    assert "conv_lstm 2tiny/20260102 step 9" in page.cells
    assert len(page.charts) == before + 1
