"""Prediction on new videos: read as in training, drawn as the video was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from framecast.data.normalisation import Normalisation
from framecast.data.video_writer import write_video
from framecast.errors import InputError
from framecast.evaluation.prediction import Prediction, predict
from framecast.evaluation.subject import Subject, find_subject
from framecast.runs.folder import RunFolder


@pytest.fixture
def subject(trained: RunFolder) -> Subject:
    return find_subject("tiny", trained.root)


@pytest.fixture
def pictures() -> np.ndarray:
    """(12, 30, 41, 3) uint8: a square that wanders."""
    frames = np.full((12, 30, 41, 3), 40, np.uint8)
    for time, frame in enumerate(frames):
        frame[5 + time : 15 + time, 2 * time : 2 * time + 10] = 230
    return frames


@pytest.fixture(params=["mp4", "gif", "folder of images", "npy"])
def source(request: pytest.FixtureRequest, tmp_path: Path, pictures: np.ndarray) -> Path:
    if request.param == "folder of images":
        (tmp_path / "frames").mkdir()
        for time, frame in enumerate(pictures):
            Image.fromarray(frame).save(tmp_path / "frames" / f"{time}.png")
        return tmp_path / "frames"
    file = tmp_path / f"video.{request.param}"
    if request.param == "npy":
        np.save(file, pictures[..., 0])
    else:
        write_video(file, pictures, 12.5)
    return file


def test_every_kind_of_source_is_predicted_from(subject: Subject, source: Path) -> None:
    found = predict(subject, source, start=1, frames_in=3, frames_out=4)
    assert found.context.shape[:2] == (3, 1)
    assert found.future.shape[:2] == found.truth.shape[:2] == (4, 1)
    assert found.rate == (12.5 if source.suffix in (".mp4", ".gif") else 10.0)
    assert 0 <= found.context.min() < 0.3 < 0.7 < found.context.max() <= 1


def test_pictures_have_the_sources_size_with_the_truth_on_the_left(
    subject: Subject, tmp_path: Path, pictures: Any
) -> None:
    file = tmp_path / "video.gif"
    write_video(file, pictures, 10)
    drawn = predict(subject, file, 0, 2, 5).pictures()
    assert drawn.shape == (7, 30, 41 + 4 + 41, 3)
    assert np.array_equal(drawn[:2, :, :41], drawn[:2, :, -41:])  # what was seen is the same on both sides


@pytest.mark.parametrize(
    ("model", "source", "drawn"),
    [
        ((16, 16), (30, 41), (30, 41)),
        ((32, 32), (720, 1280), (256, 455)),
        ((512, 512), (1080, 1080), (512, 512)),
        ((120, 120), (120, 160), (120, 160)),
        ((16, 16), (4000, 3), (256, 2)),
    ],
)
def test_pictures_are_no_larger_than_what_they_show(
    model: tuple[int, int], source: tuple[int, int], drawn: tuple[int, int]
) -> None:
    frames = np.zeros((2, 1, *model), np.float32)
    found = Prediction(frames, frames, frames[:0], 10.0, source, (0.0, 1.0))
    assert found.picture_size == drawn
    assert found.pictures().shape == (4, *drawn, 3)


def test_the_truth_ends_where_the_video_does(subject: Subject, tmp_path: Path, pictures: Any) -> None:
    np.save(tmp_path / "video.npy", pictures[:6, ..., 0])
    found = predict(subject, tmp_path / "video.npy", 0, 4, 5)
    assert len(found.truth) == 2
    left = found.pictures()[:, :, :41]
    assert left[5].any()
    assert not left[6:].any()


def test_without_any_truth_the_prediction_stands_alone(subject: Subject, tmp_path: Path, pictures: Any) -> None:
    np.save(tmp_path / "video.npy", pictures[:4, ..., 0])
    assert predict(subject, tmp_path / "video.npy", 0, 4, 5).pictures().shape == (9, 30, 41, 3)


def test_a_video_too_short_to_see_says_how_many_it_has(subject: Subject, tmp_path: Path, pictures: Any) -> None:
    np.save(tmp_path / "video.npy", pictures[:4, ..., 0])
    with pytest.raises(
        InputError, match="has 2 frames from 2 on, the model is to see 3: lower --frames-in or --start"
    ):
        predict(subject, tmp_path / "video.npy", 2, 3, 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (np.zeros((5, 8, 8, 2)), r"holds float64 of shape \(5, 8, 8, 2\), the model needs \(T, 1, H, W\) numbers"),
        (np.zeros((5, 8)), r"shape \(5, 8\)"),
        (np.array(["a", "b"]), r"holds <U1 of shape \(2,\)"),
    ],
)
def test_an_array_of_another_shape_is_refused(
    subject: Subject, tmp_path: Path, content: Any, message: str
) -> None:
    np.save(tmp_path / "array.npy", content)
    with pytest.raises(InputError, match=message):
        predict(subject, tmp_path / "array.npy", 0, 2, 2)


def test_what_is_no_video_is_refused(subject: Subject, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(InputError, match=r"text.mp4: it cannot be decoded"):
        predict(subject, tmp_path / "text.mp4", 0, 2, 2)
    with pytest.raises(InputError, match="no such file or folder"):
        predict(subject, tmp_path / "nowhere.mp4", 0, 2, 2)


def test_normalisation_is_applied_before_and_undone_behind(subject: Subject, tmp_path: Path) -> None:
    """The same picture in other units is the same prediction in those units."""
    plain = np.random.default_rng(0).random((6, 16, 16)).astype(np.float32)
    np.save(tmp_path / "plain.npy", plain)
    np.save(tmp_path / "kelvin.npy", 250 + 40 * plain)
    kelvin = replace(subject, normalisation=Normalisation(offset=(250.0,), scale=(40.0,)))
    expected = predict(subject, tmp_path / "plain.npy", 0, 3, 3)
    found = predict(kelvin, tmp_path / "kelvin.npy", 0, 3, 3)
    np.testing.assert_allclose(found.future, 250 + 40 * expected.future, rtol=1e-5)
    np.testing.assert_allclose(found.truth, 250 + 40 * plain[3:, None], rtol=1e-5)
    assert np.abs(found.pictures().astype(int) - expected.pictures()).max() <= 1


def test_written_videos_can_be_read_again(tmp_path: Path, pictures: np.ndarray) -> None:
    file = tmp_path / "video.mp4"
    write_video(file, pictures, 29.97)
    with av.open(str(file)) as container:
        stream = container.streams.video[0]
        assert (stream.height, stream.width) == (30, 42)  # mp4 wants even sizes
        assert abs(float(stream.average_rate or 0) - 29.97) < 0.01
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
    assert len(frames) == 12
    assert np.abs(frames[5][:, :41].astype(int) - pictures[5]).mean() < 6
    assert [path.name for path in tmp_path.iterdir()] == ["video.mp4"]
