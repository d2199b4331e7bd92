"""Prediction on new videos: read as in training, drawn as the video was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from framecast.data.video_writer import write_video
from framecast.errors import InputError
from framecast.evaluation.evaluation_target import EvaluationTarget, find_subject
from framecast.evaluation.prediction import Prediction, predict
from framecast.plugin.frame_format import FrameFormat
from framecast.plugin.normalisation import Normalisation
from framecast.runs.run_folder import RunFolder
from tests.made_videos import MATRICES, scene, with_matrix, write_film


@pytest.fixture
def subject(trained: RunFolder) -> EvaluationTarget:
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


def test_every_kind_of_source_is_predicted_from(subject: EvaluationTarget, source: Path) -> None:
    found = predict(subject, source, start=1, frames_in=3, frames_out=4)
    assert found.context.shape[:2] == (3, 1)
    assert found.future.shape[:2] == found.truth.shape[:2] == (4, 1)
    assert found.rate == (12.5 if source.suffix in (".mp4", ".gif") else 10.0)
    assert 0 <= found.context.min() < 0.3 < 0.7 < found.context.max() <= 1


def test_pictures_have_the_sources_size_with_the_truth_on_the_left(
    subject: EvaluationTarget, tmp_path: Path, pictures: Any
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


def test_the_truth_ends_where_the_video_does(subject: EvaluationTarget, tmp_path: Path, pictures: Any) -> None:
    np.save(tmp_path / "video.npy", pictures[:6, ..., 0])
    found = predict(subject, tmp_path / "video.npy", 0, 4, 5)
    assert len(found.truth) == 2
    left = found.pictures()[:, :, :41]
    assert left[5].any()
    assert not left[6:].any()


def test_without_any_truth_the_prediction_stands_alone(
    subject: EvaluationTarget, tmp_path: Path, pictures: Any
) -> None:
    np.save(tmp_path / "video.npy", pictures[:4, ..., 0])
    assert predict(subject, tmp_path / "video.npy", 0, 4, 5).pictures().shape == (9, 30, 41, 3)


def test_a_video_too_short_to_see_says_how_many_it_has(
    subject: EvaluationTarget, tmp_path: Path, pictures: Any
) -> None:
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
    subject: EvaluationTarget, tmp_path: Path, content: Any, message: str
) -> None:
    np.save(tmp_path / "array.npy", content)
    with pytest.raises(InputError, match=message):
        predict(subject, tmp_path / "array.npy", 0, 2, 2)


def test_what_is_no_video_is_refused(subject: EvaluationTarget, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(InputError, match=r"text.mp4: it cannot be decoded"):
        predict(subject, tmp_path / "text.mp4", 0, 2, 2)
    with pytest.raises(InputError, match="no such file or folder"):
        predict(subject, tmp_path / "nowhere.mp4", 0, 2, 2)


def test_normalisation_is_applied_before_and_undone_behind(subject: EvaluationTarget, tmp_path: Path) -> None:
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


def test_three_variables_are_no_colours() -> None:
    frames = np.stack([np.full((2, 8, 8), value, np.float32) for value in (0.5, 0.0, 1.0)], axis=1)
    coloured = Prediction(frames, frames, frames[:0], 10.0, (8, 8), (0.0, 1.0))

    assert coloured.pictures()[0, 0, 0].tolist() == [128, 0, 255]
    assert replace(coloured, colours=False).pictures()[0, 0, 0].tolist() == [128, 128, 128]


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


def stepping(subject: EvaluationTarget, step: int, **format: Any) -> EvaluationTarget:
    """The model as if it had been trained on videos taken like that."""
    part = subject.plan.data
    declaration = replace(
        part.declaration,
        frame_step=lambda settings: step,
        frame_format=lambda settings: FrameFormat(16, 16, **format),
    )
    return replace(subject, plan=replace(subject.plan, data=replace(part, declaration=declaration)))


@pytest.mark.parametrize("kind", ["npy", "images", "mkv"])
def test_frames_are_taken_as_far_apart_as_in_training(
    subject: EvaluationTarget, tmp_path: Path, kind: str
) -> None:
    ramp = np.repeat(np.arange(0, 250, 10, dtype=np.uint8), 256).reshape(25, 16, 16)
    source = tmp_path / f"ramp.{kind}"
    if kind == "npy":
        np.save(source, ramp)
    elif kind == "images":
        source.mkdir()
        for time, frame in enumerate(ramp):
            Image.fromarray(frame).save(source / f"{time}.png")
    else:
        pictures = [np.dstack([frame] * 3) for frame in ramp]
        source.write_bytes(write_film(pictures, "matroska", codec="ffv1", pixels="gray"))
    found = predict(stepping(subject, 3), source, start=1, frames_in=2, frames_out=3)
    seen = np.concatenate([found.context, found.truth])[:, 0, 8, 8]
    np.testing.assert_allclose(255 * seen, [30, 60, 90, 120, 150], atol=1)
    assert [note.text for note in found.notes] == ["one frame of 3 is taken, as in training (frame_step)"]


def test_equal_arrays_are_equal_predictions(subject: EvaluationTarget, tmp_path: Path) -> None:
    levels = np.random.default_rng(0).integers(0, 256, (6, 1, 16, 16), np.uint8)
    levels.flat[:2] = 0, 255
    predictions = []
    for number, array in enumerate([levels, levels * 1.0, levels / 255, levels[None], np.uint16(257) * levels]):
        np.save(tmp_path / f"{number}.npy", array)
        predictions.append(predict(subject, tmp_path / f"{number}.npy", 0, 3, 3))
    for other in predictions[1:]:
        np.testing.assert_allclose(other.future, predictions[0].future, atol=1e-5)
        np.testing.assert_allclose(other.truth, predictions[0].truth, atol=1e-6)


def test_a_turned_film_is_predicted_as_it_is_shown(subject: EvaluationTarget, tmp_path: Path) -> None:
    film = write_film([scene(time) for time in range(6)])
    (tmp_path / "upright.mp4").write_bytes(film)
    (tmp_path / "turned.mp4").write_bytes(with_matrix(film, MATRICES[8]))
    upright, tipped = (
        predict(stepping(subject, 1), tmp_path / f"{name}.mp4", 0, 2, 2) for name in ("upright", "turned")
    )
    np.testing.assert_allclose(np.rot90(upright.context, axes=(2, 3)), tipped.context, atol=0.05)
    assert tipped.size == upright.size[::-1]
    assert [note.text for note in tipped.notes] == ["shown turned by 90 degrees to the left, as the file asks"]


def test_a_film_is_resampled_as_in_training(subject: EvaluationTarget, tmp_path: Path) -> None:
    times = [*range(0, 400, 100), *range(400, 2000, 400)]
    pictures = [np.full((16, 16, 3), 20 * time, np.uint8) for time in range(len(times))]
    film = write_film(pictures, "matroska", codec="ffv1", pixels="gray", times=times)
    (tmp_path / "film.mkv").write_bytes(film)
    found = predict(stepping(subject, 1, frame_rate=5.0), tmp_path / "film.mkv", 0, 4, 3)
    plain = predict(stepping(subject, 1), tmp_path / "film.mkv", 0, 4, 3)
    seen = 255 * np.concatenate([found.context, found.truth])[:, 0, 8, 8]
    np.testing.assert_allclose(seen, 20 * np.array([0, 2, 4, 4, 5, 5, 6]), atol=1)
    assert found.rate == 5.0
    assert not any(note.warning for note in found.notes)
    assert ["frame rate varies" in note.text for note in plain.notes if note.warning] == [True]


def test_units_that_are_far_from_those_of_training_are_a_warning(
    subject: EvaluationTarget, tmp_path: Path
) -> None:
    np.save(tmp_path / "celsius.npy", np.full((6, 16, 16), 11.0))
    kelvin = replace(subject, normalisation=Normalisation(offset=(285.0,), scale=(4.0,)))
    (note,) = predict(kelvin, tmp_path / "celsius.npy", 0, 3, 3).notes
    assert note.warning
    assert "values around 11, and in training they were around 285 give or take 4" in note.text


def test_a_jump_in_time_among_the_frames_used_is_a_warning(subject: EvaluationTarget, tmp_path: Path) -> None:
    for number in [*range(6), *range(30, 36)]:
        (tmp_path / "gap").mkdir(exist_ok=True)
        Image.fromarray(scene(number)).save(tmp_path / "gap" / f"{number}.png")
    assert not predict(subject, tmp_path / "gap", 0, 3, 3).notes
    (note,) = predict(subject, tmp_path / "gap", 2, 3, 3).notes
    assert note.warning
    assert "5.png is followed by 30.png" in note.text
