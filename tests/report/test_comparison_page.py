"""The page that compares runs."""

from __future__ import annotations

import base64
import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import framecast
from framecast.errors import InputError
from framecast.report.comparison_page import write_comparison
from framecast.report.numbers import score
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status

Train = Callable[..., RunFolder]
Read = Callable[[str], Any]


@pytest.fixture
def compare(read: Read, tmp_path: Path) -> Callable[..., Any]:
    def compared(*runs: RunFolder) -> Any:
        write_comparison(runs, tmp_path / "comparison.html")
        return read((tmp_path / "comparison.html").read_text())

    return compared


def test_runs_stand_beside_each_other_with_what_they_were_told_differently(
    train: Train, compare: Callable[..., Any]
) -> None:
    runs = [train(model={"rank": rank}, training={"epochs": 1}) for rank in (2, 3)]
    page = compare(*runs)
    assert page.headings == [
        "Scores",
        "Settings that differ",
        "Cost",
        "Learning",
        "The same clips",
        "Scores by predicted frame",
    ]
    at = page.cells.index("model.rank")
    assert page.cells[at : at + 3] == ["model.rank", "2", "3"]
    assert not any(cell.startswith(("training.", "data.")) for cell in page.cells)
    for run in runs:
        assert {score(value) for value in Status.of(run).best.values()} <= set(page.cells)
    assert "last frame" in page.cells
    assert (
        len(page.charts) == 1 + 3 + 2
    )  # training loss; loss, mse and ssim over the steps; mse and ssim over frames


def test_runs_on_other_clips_are_not_passed_off_as_comparable(train: Train, compare: Callable[..., Any]) -> None:
    page = compare(*(train(data={"seed": seed}, training={"epochs": 1}) for seed in (0, 1)))
    assert "do not compare" in page.text
    assert "last frame" not in page.cells


def test_more_training_clips_do_not_make_scores_incomparable(train: Train, compare: Callable[..., Any]) -> None:
    page = compare(*(train(data={"train_clips": clips}, training={"epochs": 1}) for clips in (8, 16)))
    assert "do not compare" not in page.text


def test_runs_over_other_horizons_are_not_passed_off_as_comparable(
    train: Train, compare: Callable[..., Any]
) -> None:
    page = compare(*(train(task={"frames_out": frames}, training={"epochs": 1}) for frames in (3, 4)))
    assert "do not compare" in page.text


RECOGNITION = {
    "task": {
        "name": "early_activity_recognition",
        "frames": 8,
        "observed": [0.25, 0.5],
        "frames_out": 0,
        "prediction_weight": 0,
    },
    "model": {"name": "conv3d", "hidden_channels": [4, 6], "strides": [2, 2]},
    "data": {
        "name": "digit_motions",
        "size": 16,
        "digit_size": 7,
        "train_clips": 8,
        "validation_clips": 8,
        "test_clips": 8,
    },
    "metrics": ["accuracy"],
    "training": {"epochs": 1, "batch_size": 4, "strategy": "torch"},
    "compute": {"cpus_per_worker": 1},
}


@pytest.mark.parametrize(
    ("section", "change", "reason"),
    [
        ("training", {"seed": 1}, ""),
        ("data", {"seed": 1}, "A and B differ in data.seed, and nothing shows that their clips are the same"),
        ("data", {"validation_clips": 7}, "A was scored on 8 clips, B on 7"),
        ("task", {"observed": [0.25, 0.75]}, "A and B differ in task.observed"),
    ],
)
def test_recognition_is_compared_on_the_same_clips_only(
    section: str, change: dict[str, Any], reason: str, compare: Callable[..., Any], runs: Path
) -> None:
    """No baseline shows whether the clips are the same."""
    jobs: list[dict[str, Any]] = [{**RECOGNITION, "name": name} for name in ("one", "other")]
    jobs[1][section] = {**jobs[1][section], **change}
    found = [framecast.run(job, runs=runs, in_process=True) for job in jobs]
    assert [status.state for status in found] == ["finished", "finished"]
    page = compare(*(RunFolder(status.folder) for status in found))
    assert ("do not compare" in page.text) == bool(reason)
    assert reason in page.text


def test_runs_that_never_began_or_never_scored_are_compared_too(
    finished: RunFolder, tmp_path: Path, compare: Callable[..., Any]
) -> None:
    begun = RunFolder(tmp_path / "tiny" / "20260101-000000-abcd")
    begun.path.mkdir(parents=True)
    shutil.copy(finished.plan, begun.plan)
    page = compare(begun, finished)
    assert "A  tinydied" in page.cells
    assert "None: the runs have the same settings." in page.text


def test_the_same_clips_of_all_runs_stand_below_each_other(train: Train, compare: Callable[..., Any]) -> None:
    """The best clip of one run need not be that of another: the first of the data are kept by every run."""
    runs = [train(model={"rank": rank}, training={"epochs": 1}) for rank in (2, 3)]
    kept = [np.load(next(run.checkpoints.glob("best/samples.npz"))) for run in runs]
    assert np.array_equal(kept[0]["first_target"], kept[1]["first_target"])
    page = compare(*runs)
    assert page.text.count("predicted by A") == page.text.count("predicted by B") >= 2
    drawn = re.findall(r'src="data:image/png;base64,([^"]+)" alt="Frames 1 to 2, predicted by (.)"', page.text)
    for (content, _), clip in zip(drawn[:1], kept[0]["first_prediction"], strict=False):
        picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(content))).convert("L"))
        assert np.array_equal(picture[:, : clip.shape[-1]], clip[0, 0])


def test_clips_of_other_data_are_not_shown_as_the_same(train: Train, compare: Callable[..., Any]) -> None:
    page = compare(*(train(data={"seed": seed}, training={"epochs": 1}) for seed in (0, 1)))
    assert "None: the runs have kept no clip that all of them have predicted." in page.text
    assert "predicted by A" not in page.text


def test_a_run_is_not_compared_with_itself(finished: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="named twice"):
        write_comparison([finished, finished], tmp_path / "comparison.html")
