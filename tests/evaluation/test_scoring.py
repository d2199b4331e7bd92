"""Scores do not depend on who computes them, and how."""

from __future__ import annotations

import csv
import json
import math
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest

from framecast.errors import InputError, TrainingFailed
from framecast.evaluation.evaluation_target import EvaluationTarget, find_subject
from framecast.evaluation.export import export_weights
from framecast.evaluation.request import Request
from framecast.evaluation.result import Result
from framecast.launch.evaluate import evaluate
from framecast.plugin.normalisation import Normalisation
from framecast.runs.run_folder import RunFolder

CLIPS = 37  # divides by none of the batch sizes and worker counts below


@contextmanager
def unseen(told: Callable[[], tuple[int, int]], terminal: IO[str]) -> Iterator[None]:
    yield


def scored(trained: RunFolder, *overrides: str, split: str = "test") -> dict[str, Any]:
    subject = find_subject("tiny", trained.root, list(overrides))
    return evaluate([subject], split, Path("out"), unseen)[0].content


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


@pytest.mark.slow
@pytest.mark.ray
def test_two_workers_find_what_one_finds(trained: RunFolder) -> None:
    one = scored(trained, "training.batch_size=7")
    two = scored(trained, "training.batch_size=7", "compute.workers=2")
    assert one["clips"] == two["clips"] == CLIPS
    np.testing.assert_allclose(figures(two), figures(one), rtol=1e-6)


def test_baselines_are_always_in_the_table(trained: RunFolder) -> None:
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


def name_of(trained: RunFolder, *overrides: str) -> str:
    return Result.name_of("test", [find_subject("tiny", trained.root, list(overrides))])


def test_curves_of_classes_lie_over_observed_shares(tmp_path: Path) -> None:
    content = {
        "protocols": {"accuracy": "framecast"},
        "needs": {"accuracy": "logits"},
        "readings": [0.25, 0.5],
        "rows": [{"label": "one", "per_frame": {"accuracy": [0.5, None]}, "metrics": {}}],
    }
    (tmp_path / "answer.json").write_text('{"aggregations": {}, "rows": [{"metrics": {}}]}')
    Result("evaluation", content, Request(tmp_path)).write(tmp_path / "out")
    assert (tmp_path / "out" / "evaluation.csv").read_text().splitlines() == [
        "model,metric,protocol,frame,observed_share,value",
        "one,accuracy,framecast,,0.25,0.5",
        "one,accuracy,framecast,,0.5,nan",
    ]


def test_an_earlier_evaluation_is_not_overwritten_unasked(trained: RunFolder) -> None:
    scored(trained)
    with pytest.raises(InputError, match="is there already: --force replaces it"):
        Result.ensure_not_overwritten(Path("out"), name_of(trained))


def test_two_runs_are_compared_on_the_same_clips(trained: RunFolder) -> None:
    export_weights(find_subject("tiny", trained.root), Path("same.safetensors"))
    subjects = [find_subject(name, trained.root) for name in ("tiny", "same.safetensors")]
    result, not_written = evaluate(subjects, "test", Path("out"), unseen)
    assert not not_written
    content = result.content
    assert result.name.startswith(f"evaluation-{trained.id}-same-test-2to2-framecast-")
    assert [row["model"] for row in content["rows"]] == ["conv_tt_lstm", "conv_tt_lstm", "black", "last_frame"]
    assert content["rows"][1]["difference_from_first"]["mse"] == [0.0, 0.0]  # the same weights


def test_runs_that_saw_other_data_are_not_compared(trained: RunFolder) -> None:
    subjects = [find_subject("tiny", trained.root, [override]) for override in ("data.seed=0", "data.seed=1")]
    with pytest.raises(InputError, match=r"differ in data.seed: set the same for both, such as data.seed=\.\.\."):
        evaluate(subjects, "test", Path("out"), unseen)
    assert not Path("out").exists()


def test_a_model_is_not_compared_with_itself(trained: RunFolder) -> None:
    subjects = [find_subject(name, trained.root) for name in ("tiny", trained.id)]
    with pytest.raises(InputError, match="is named twice: a comparison needs different models"):
        evaluate(subjects, "test", Path("out"), unseen)


@pytest.mark.parametrize(
    "other",
    [
        "task.frames_out=3",
        "data.test_clips=36",
        "data.size=20",
        "training.batch_size=8 metrics=[mse]",
        "metrics=[{name: mse, protocol: openstl}, psnr, ssim]",
        "metrics=[mse, psnr]",
    ],
)
def test_no_evaluation_takes_the_name_of_another_one(trained: RunFolder, other: str) -> None:
    assert name_of(trained) == name_of(trained, "training.batch_size=7")
    assert name_of(trained) != name_of(trained, *re.split(r" (?=\w+[.=])", other))


def test_runs_that_look_further_ahead_are_not_compared(trained: RunFolder) -> None:
    subjects = [find_subject("tiny", trained.root, [f"task.frames_out={frames}"]) for frames in (2, 3)]
    with pytest.raises(InputError, match=r"differ in task.frames_out: set the same for both"):
        evaluate(subjects, "test", Path("out"), unseen)


def test_what_the_intervals_are_over_is_said(trained: RunFolder) -> None:
    assert scored(trained)["intervals"] == {
        "level": 0.95,
        "over": "clips",
        "groups": CLIPS,
        "assumed": False,
        "reason": "",
    }


def test_one_root_over_all_clips_lies_in_its_interval(trained: RunFolder) -> None:
    content = scored(trained, "metrics=[{name: rmse, protocol: openstl}, {name: mse, protocol: openstl}]")
    for row in content["rows"]:
        root, mean = row["metrics"]["rmse"], row["metrics"]["mse"]
        for key in ("value", "low", "high"):
            assert root[key] == pytest.approx(math.sqrt(mean[key]), rel=1e-5)


def test_a_request_keeps_what_a_model_was_normalised_by(trained: RunFolder, tmp_path: Path) -> None:
    normalisation = Normalisation((250.0,), (40.0,), (260.0,))
    subject = replace(find_subject("tiny", trained.root), normalisation=normalisation)
    assert Request.write(tmp_path, "test", [subject]).subjects()[0].normalisation == normalisation


def test_a_failure_leaves_nothing_half_written(trained: RunFolder) -> None:
    subject = find_subject("tiny", trained.root)
    vanished = EvaluationTarget(subject.label, subject.plan, Path("gone.safetensors"))
    with pytest.raises((InputError, TrainingFailed)):
        evaluate([vanished], "test", Path("out"), unseen)
    assert not Path("out").exists()


def test_scores_that_cannot_be_written_are_kept_elsewhere(trained: RunFolder) -> None:
    Path("out").touch()  # where the folder should be
    result, not_written = evaluate([find_subject("tiny", trained.root)], "test", Path("out"), unseen)
    assert "Not a directory" in not_written
    kept = Path(not_written.rpartition("the scores are kept in ")[2])
    assert json.loads(kept.read_text()) == result.content
    assert all(file.exists() for file in Result.files(kept.parent, result.name))
    shutil.rmtree(kept.parent)


def test_a_result_is_written_with_all_its_files_or_none(trained: RunFolder) -> None:
    summary, curves, clips = Result.files(Path("out"), name_of(trained))
    summary.mkdir(parents=True)  # where the last of the three should be
    _, not_written = evaluate([find_subject("tiny", trained.root)], "test", Path("out"), unseen)
    assert "is a folder, not a file" in not_written
    assert not curves.exists()
    assert not clips.exists()
    shutil.rmtree(Path(not_written.rpartition("the scores are kept in ")[2]).parent)
