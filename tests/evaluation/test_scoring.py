"""Scores do not depend on who computes them, and how."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest

from framecast.errors import InputError, TrainingFailed
from framecast.evaluation.result import Result
from framecast.evaluation.subject import Subject, find_subject
from framecast.launch.evaluate import evaluate
from framecast.runs.folder import RunFolder

CLIPS = 37  # divides by none of the batch sizes and worker counts below


@contextmanager
def unseen(told: Callable[[], tuple[int, int]], terminal: IO[str]) -> Iterator[None]:
    yield


def scored(trained: RunFolder, *overrides: str, split: str = "test") -> dict[str, Any]:
    subject = find_subject("tiny", trained.root, list(overrides))
    return evaluate([subject], split, Path("out"), unseen).content


def figures(content: dict[str, Any]) -> np.ndarray:
    """Every number of a result: overall, intervals, per frame."""
    rows = content["rows"]
    overall = [
        metric[key] for row in rows for metric in row["metrics"].values() for key in ("value", "low", "high")
    ]
    return np.array(
        [*overall, *(value for row in rows for frames in row["per_frame"].values() for value in frames)]
    )


def test_batch_size_changes_no_figure(trained: RunFolder) -> None:
    first, *others = (figures(scored(trained, f"training.batch_size={size}")) for size in (1, 7, 32))
    for other in others:
        np.testing.assert_allclose(other, first, rtol=1e-6)


@pytest.mark.ray
def test_two_workers_find_what_one_finds(trained: RunFolder) -> None:
    one = scored(trained, "training.batch_size=7")
    two = scored(trained, "training.batch_size=7", "compute.workers=2")
    assert one["clips"] == two["clips"] == CLIPS
    np.testing.assert_allclose(figures(two), figures(one), rtol=1e-6)


def test_trivial_forecasters_are_always_in_the_table(trained: RunFolder) -> None:
    assert [row["model"] for row in scored(trained)["rows"]] == ["conv_tt_lstm", "black", "last_frame"]


def test_any_horizon_from_one_checkpoint(trained: RunFolder) -> None:
    content = scored(trained, "task.frames_out=6")
    assert (content["frames_in"], content["frames_out"]) == (2, 6)
    assert all(len(row["per_frame"]["mse"]) == 6 for row in content["rows"])


def test_the_scores_of_single_clips_add_up_to_the_table(trained: RunFolder) -> None:
    content = scored(trained)
    with open(Path("out") / f"{name_of(trained)}-clips.csv") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 3 * CLIPS
    for row in content["rows"]:
        own = [float(each["mse"]) for each in rows if each["model"] == row["label"]]
        assert math.isclose(np.mean(own), row["metrics"]["mse"]["value"], rel_tol=1e-6)
        assert row["metrics"]["mse"]["low"] < row["metrics"]["mse"]["value"] < row["metrics"]["mse"]["high"]
    assert [int(each["clip"]) for each in rows[:CLIPS]] == list(range(CLIPS))


def test_curves_and_summary_say_the_same(trained: RunFolder) -> None:
    content = scored(trained)
    name = name_of(trained)
    assert json.loads((Path("out") / f"{name}.json").read_text()) == content
    with open(Path("out") / f"{name}.csv") as stream:
        curves = [row for row in csv.DictReader(stream) if row["model"] == "black" and row["metric"] == "psnr"]
    assert [float(row["value"]) for row in curves] == content["rows"][1]["per_frame"]["psnr"]


def name_of(trained: RunFolder) -> str:
    return Result.name_of("test", find_subject("tiny", trained.root).plan)


def test_an_earlier_evaluation_is_not_overwritten_unasked(trained: RunFolder) -> None:
    scored(trained)
    with pytest.raises(InputError, match="is there already: --force replaces it"):
        Result.refuse_to_overwrite(Path("out"), name_of(trained))


def test_two_runs_are_compared_on_the_same_clips(trained: RunFolder) -> None:
    subjects = [find_subject("tiny", trained.root), find_subject(str(trained.checkpoints / "last"), trained.root)]
    content = evaluate(subjects, "test", Path("out"), unseen).content
    assert [row["model"] for row in content["rows"]] == ["conv_tt_lstm", "conv_tt_lstm", "black", "last_frame"]
    assert content["rows"][1]["difference_from_first"]["mse"] == [0.0, 0.0]  # the same weights


def test_runs_that_saw_other_data_are_not_compared(trained: RunFolder) -> None:
    subjects = [find_subject("tiny", trained.root, [override]) for override in ("data.seed=0", "data.seed=1")]
    with pytest.raises(InputError, match=r"differ in data.seed: set the same for both, such as data.seed=\.\.\."):
        evaluate(subjects, "test", Path("out"), unseen)
    assert not Path("out").exists()


def test_a_failure_leaves_nothing_half_written(trained: RunFolder) -> None:
    subject = find_subject("tiny", trained.root)
    vanished = Subject(subject.label, subject.plan, Path("gone.safetensors"))
    with pytest.raises((InputError, TrainingFailed)):
        evaluate([vanished], "test", Path("out"), unseen)
    assert not Path("out").exists()
