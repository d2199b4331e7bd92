"""`platform evaluate`, `predict` and `export` as they are typed."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from tests import real_clips

JOBS = Path(__file__).resolve().parents[2] / "jobs"


@pytest.fixture(scope="session")
def carphone() -> Path:
    """A real video, 120 frames of 176x144, that a package ships."""
    return real_clips.carphone()


def test_a_run_is_scored_with_the_baselines(platform: Any, trained: Any, tmp_path: Path) -> None:
    answer = platform("evaluate", trained.folder, "--split", "validation", "-o", tmp_path / "out")
    assert answer.code == 0, answer.err
    assert answer.out.startswith("4 validation clips of moving_mnist, 2 frames in, 2 out; 95 % intervals\n")
    assert "\nintervals over 4 clips\n" in answer.out
    assert "mse (framecast)" in answer.out
    for name in ("step 2", "black", "last_frame"):
        assert name in answer.out
    again = platform("evaluate", trained.folder, "--split", "validation", "-o", tmp_path / "out")
    assert again.code == 2
    assert "is there already: --force replaces it" in again.err
    forced = platform(
        "evaluate", trained.folder, "--split", "validation", "-o", tmp_path / "out", "--force", "--json"
    )
    assert json.loads(forced.out)["clips"] == 4


def test_the_protocol_is_printed_and_stored(platform: Any, trained: Any, tmp_path: Path) -> None:
    answer = platform(
        "evaluate", trained.folder, "--split=validation", "--protocol=openstl", "-o", tmp_path / "out"
    )
    assert "mse (openstl, sum over a frame)" in answer.out
    (file,) = (tmp_path / "out").glob("evaluation-validation-2to2-openstl-*.json")
    content = json.loads(file.read_text())
    assert set(content["protocols"].values()) == {"openstl"}


def test_metrics_that_a_protocol_does_not_define_are_left_out_aloud(
    platform: Any, trained: Any, tmp_path: Path
) -> None:
    options = ("--split=validation", "--protocol=conv-tt-lstm", "-o", tmp_path / "out")
    assert (
        "left out, since protocol conv-tt-lstm does not define them: mae"
        in platform("evaluate", trained.folder, *options).out
    )


def test_a_published_checkpoint_is_scored_and_predicts(platform: Any, tmp_path: Path, carphone: Path) -> None:
    """The model's own tests have weights in the authors' layout."""
    import torch

    from framecast_conv_tt_lstm import ConvLSTMSettings
    from tests.plugins.conv_tt_lstm.dense import published_weights

    file = tmp_path / "published.pt"
    small = ConvLSTMSettings(layers_per_block=[1], hidden_channels=[2], kernel_size=3)
    torch.save(published_weights(small, 1), file)
    job = tmp_path / "job.yaml"
    job.write_text(
        "name: published\ntask: {name: video_prediction, frames_in: 2, frames_out: 2}\n"
        "model: {name: conv_lstm, layers_per_block: [1], hidden_channels: [2], kernel_size: 3}\n"
        "data: {name: moving_mnist, size: 16, digit_size: 7, test_clips: 5}\ntraining: {batch_size: 4}\n"
    )
    answer = platform("evaluate", job, "--published", file)
    assert answer.code == 0, answer.err
    assert "published.pt" in answer.out
    answer = platform("predict", job, carphone, "--published", file, "-o", "future.npy")
    assert answer.code == 0, answer.err
    assert np.load("future.npy").shape == (2, 1, 16, 16)
    refused = platform("evaluate", "tiny", "--published", file)
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "--published needs a job file" in refused.err


def test_an_interrupted_evaluation_leaves_nothing_behind(
    platform: Any, trained: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real scoring, interrupted when it tells of its first clips."""

    def interrupted(request: Any, done: int, total: int) -> None:
        raise KeyboardInterrupt

    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr("framecast.evaluation.request.Request.report_progress", interrupted)
    answer = platform("evaluate", trained.folder)
    assert answer.code == 130
    assert answer.err == ""
    assert not list(Path(trained.folder).glob("evaluation-*"))
    assert not list((tmp_path / "temporary").iterdir())


def test_predict_writes_what_its_ending_says(platform: Any, trained: Any, carphone: Path, tmp_path: Path) -> None:
    for ending in ("mp4", "gif", "npy"):
        answer = platform("predict", trained.folder, carphone, "-o", f"future.{ending}", "--frames-out", "3")
        assert answer.code == 0, answer.err
        assert answer.out == f"future.{ending}: 2 frames seen, 3 predicted\n"
    assert np.load("future.npy").shape == (3, 1, 16, 16)
    with av.open("future.mp4") as container:
        stream = container.streams.video[0]
        # 176 pixels, each wider than high, are shown as 193 square ones; 6 rows are the bar of time
        assert (stream.height, stream.width) == (144 + 6, 193 + 4 + 193)
        assert round(float(stream.average_rate or 0), 2) == 29.97
        assert sum(1 for _ in container.decode(stream)) == 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("{video}", "-o", "future.avi"), "future.avi should end in .mp4 or .gif or .npy"),
        (("nowhere.mp4", "-o", "future.mp4"), "nowhere.mp4: no such file or folder"),
        (("{video}", "-o", "future.mp4", "--start", "119"), "has 1 frame from 119 on, the model is to see 2"),
    ],
)
def test_predict_refuses_in_one_line(
    platform: Any, trained: Any, carphone: Path, arguments: tuple[str, ...], message: str
) -> None:
    answer = platform("predict", trained.folder, *(text.format(video=carphone) for text in arguments))
    assert answer.code == 2
    assert message in answer.err
    assert answer.err.count("\n") == 1
    assert not list(Path().glob("future*"))


def test_predict_is_told_which_value_is_white(platform: Any, trained: Any, tmp_path: Path) -> None:
    """Of 12 bits in 16, by the option that the refusal names: the model was trained on drawn clips, whose data set
    has no such setting."""
    (tmp_path / "scan").mkdir()
    for frame in range(5):
        Image.fromarray(np.full((16, 16), 4000, np.uint16)).save(tmp_path / "scan" / f"{frame}.png")
    refused = platform("predict", trained.folder, tmp_path / "scan", "-o", "future.npy")
    assert refused.code == 2
    assert "set --bit-depth 12 if 4,095 is white, --bit-depth 16 if the pictures are that dark" in refused.err

    for bits in ("12", "16"):
        answer = platform("predict", trained.folder, tmp_path / "scan", "-o", f"{bits}.npy", "--bit-depth", bits)
        assert answer.code == 0, answer.err
    assert np.load("12.npy").mean() > np.load("16.npy").mean()


def test_predict_takes_settings_as_evaluate_does(platform: Any, trained: Any, carphone: Path) -> None:
    answer = platform("predict", trained.folder, carphone, "task.frames_out=3", "-o", "future.npy")
    assert answer.code == 0, answer.err
    assert answer.out == "future.npy: 2 frames seen, 3 predicted\n"
    wrong = platform("predict", trained.folder, carphone, "data.sise=3", "-o", "other.npy")
    assert wrong.code == 2
    assert "unknown key, did you mean data.size?" in wrong.err or "did you mean size?" in wrong.err


def test_predict_replaces_nothing_unasked(platform: Any, trained: Any, carphone: Path) -> None:
    Path("future.npy").write_text("mine")
    assert platform("predict", trained.folder, carphone, "-o", "future.npy").code == 2
    assert Path("future.npy").read_text() == "mine"
    assert platform("predict", trained.folder, carphone, "-o", "future.npy", "--force").code == 0


def test_a_diverged_model_is_the_runs_own_fault(platform: Any, trained: Any, carphone: Path) -> None:
    from safetensors import safe_open
    from safetensors.numpy import save_file

    assert platform("export", trained.folder, "-o", "model.safetensors").code == 0
    with safe_open("model.safetensors", framework="np") as opened:
        weights = {name: np.full_like(opened.get_tensor(name), np.nan) for name in opened.keys()}  # noqa: SIM118
        save_file(weights, "model.safetensors", opened.metadata())
    answer = platform("predict", "model.safetensors", carphone, "-o", "future.mp4")
    assert answer.code == 1
    assert "predicts values that are not numbers" in answer.err
    assert not Path("future.mp4").exists()


def test_export_writes_a_graph(platform: Any, trained: Any) -> None:
    answer = platform("export", trained.folder, "-o", "model.pt2")
    assert answer.code == 0, answer.err
    assert answer.out.startswith("model.pt2: 2 frames to the next 2; outputs differ by ")
