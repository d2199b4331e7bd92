"""`platform data`: prepares raw files, and what a data set holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from framecast.data.own_output import OWN_OUTPUT
from framecast.data.video_writer import write_video

JOBS = Path(__file__).resolve().parents[2] / "jobs"


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """Four videos of images, in each of which a bright square wanders over noise."""
    root = tmp_path / "videos"
    noise = np.random.default_rng(0)
    for number in range(4):
        folder = root / f"walk{number}"
        folder.mkdir(parents=True)
        for time in range(12):
            frame = noise.integers(0, 60, (24, 32), np.uint8)
            frame[4 + time : 10 + time, 3 * number + time : 3 * number + time + 6] = 255
            Image.fromarray(frame).save(folder / f"{time}.png")
    return root


def test_prepare_writes_a_store_and_a_table(platform: Any, videos: Path) -> None:
    answer = platform("data", "prepare", "video_folder", "--root", str(videos), "size=16")
    assert answer.code == 0, answer.err
    assert f"video_folder            {videos}/framecast-16x16-grey-cropped" in answer.out
    assert "videos prepared         4" in answer.out
    assert (videos / "framecast-16x16-grey-cropped" / "index.json").exists()


def test_prepare_lists_what_it_left_out(platform: Any, videos: Path) -> None:
    (videos / "text.mp4").write_text("this is no video")
    answer = platform("data", "prepare", "video_folder", "--root", str(videos), "size=16")
    assert answer.code == 0
    assert "1 left out:\n  text.mp4: it cannot be decoded" in answer.out


def test_prepare_for_programs(platform: Any, videos: Path) -> None:
    (videos / "text.mp4").write_text("this is no video")
    answer = json.loads(platform("data", "prepare", "video_folder", "--root", str(videos), "--json").out)
    assert answer["videos prepared"] == 4
    assert [name for name, _ in answer["skipped"]] == ["text.mp4"]


def test_a_data_set_that_is_made_as_needed_says_so(platform: Any) -> None:
    answer = platform("data", "prepare", "black_hole")
    assert answer.code == 2
    assert "no data is called 'black_hole'" in answer.err


def test_a_misspelt_setting_is_named_with_the_nearest(platform: Any, videos: Path) -> None:
    answer = platform("data", "prepare", "video_folder", "--root", str(videos), "sise=16")
    assert answer.code == 2
    assert answer.err.strip() == "command line data.sise: unknown key, did you mean size?"


def test_a_setting_may_be_named_as_in_a_job(platform: Any, videos: Path) -> None:
    answer = platform("data", "prepare", "video_folder", f"data.root={videos}", "data.size=0")
    assert (answer.code, answer.err.split(": ")[0]) == (2, "command line data.size")


def test_a_wrong_folder_is_one_line_and_writes_nothing(platform: Any, tmp_path: Path) -> None:
    answer = platform("data", "prepare", "video_folder", "--root", str(tmp_path / "nowhere"))
    assert (answer.code, answer.err) == (2, f"data.root: {tmp_path / 'nowhere'}: no such folder\n")
    assert not (tmp_path / "nowhere").exists()


def test_info_counts_splits_and_draws_a_contact_sheet(platform: Any, videos: Path, tmp_path: Path) -> None:
    platform("data", "prepare", "video_folder", "--root", str(videos), "size=16")
    picture = tmp_path / "sheet.png"
    answer = platform(
        "data", "info", "video_folder", "--root", str(videos), "size=16", "--frames", "4", "-o", str(picture)
    )
    assert answer.code == 0, answer.err
    assert answer.out.splitlines() == [
        "video_folder: clips of 4 frames, 1 channel, 16 x 16 pixels",
        "split       clips  sequences  skipped",
        "train       6      2          0",
        "validation  3      1          0",
        "test        3      1          0",
        "4 videos: no clock, 32x24 pixels, values 5 to 255 of 255",
        f"contact sheet: {picture}",
    ]
    sheet = np.asarray(Image.open(picture).convert("L"))
    assert sheet.shape[0] > 9 * 70  # three clips of each split
    assert sheet.std() > 20


def test_pictures_and_films_of_ours_among_the_videos_are_left_out(
    platform: Any, videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(videos)
    assert platform("data", "prepare", "video_folder", "--root", ".", "size=16").code == 0
    assert platform("data", "info", "video_folder", "--root", ".", "size=16", "--frames", "4").code == 0
    write_video(Path("future.mp4"), np.zeros((4, 16, 16, 3), np.uint8), 10, OWN_OUTPUT)
    answer = platform("data", "prepare", "video_folder", "--root", ".", "size=8", "--json")
    assert answer.code == 0, answer.err
    why = "framecast has written it: a contact sheet or a prediction"
    assert json.loads(answer.out)["skipped"] == [["future.mp4", why], ["video_folder-contact-sheet.png", why]]


def test_info_of_a_job_takes_its_data_section_and_the_length_of_its_clips(platform: Any, tmp_path: Path) -> None:
    picture = tmp_path / "demo.png"
    answer = platform("data", "info", JOBS / "demo.yaml", "-o", str(picture), "--json")
    found = json.loads(answer.out)
    assert (found["name"], found["frames"], found["height"], found["picture"]) == (
        "moving_mnist",
        10,
        32,
        str(picture),
    )
    assert [row["clips"] for row in found["splits"]] == [1280, 128, 500]


def test_what_is_not_prepared_names_the_command_and_leaves_no_run(platform: Any, videos: Path, runs: Path) -> None:
    answer = platform("submit", JOBS / "video_folder.yaml", f"data.root={videos}")
    assert answer.code == 2
    assert f"run  platform data prepare video_folder --root {videos} size=32" in answer.err
    assert not list(runs.rglob("plan.yaml"))


def test_a_folder_of_videos_is_trained_on(platform: Any, videos: Path, runs: Path) -> None:
    """By the project's own job, made small; a damaged video is counted in the run's events and report."""
    (videos / "text.mp4").write_text("this is no video")
    assert platform("data", "prepare", JOBS / "video_folder.yaml", f"root={videos}", "size=16").code == 0
    small = ["model.layers_per_block=[1]", "model.hidden_channels=[4]", "model.rank=2", "training.max_steps=2"]
    small += ["training.batch_size=1", "task.frames_in=2", "task.frames_out=3", "data.frame_step=1"]
    here = [f"data.root={videos}", "data.size=16", "training.strategy=torch", "callbacks=[]", "--in-process"]
    answer = platform("submit", JOBS / "video_folder.yaml", *small, *here)
    assert answer.code == 0, answer.err
    (run,) = runs.glob("video_folder/*")
    events = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    assert [event["skipped"] for event in events if event["event"] == "DatasetLoaded"] == [1, 1]
    assert all(event["data_wait"] > 0 for event in events if event["event"] == "StepDone")
    assert "Left out of train: text.mp4: it cannot be decoded" in (run / "report.html").read_text()


NOTED = """
import framecast


class Clips:
    notes = (
        framecast.DataNote("rain", "mm/h, 0 to 32.5"),
        framecast.DataNote("rain", "93 % masked", warning=True),
    )

    def __len__(self):
        return 2

    def __getitem__(self, index):
        import torch

        return {"frames": torch.zeros(3, 1, 4, 4)}


def prepare(settings, progress):
    import pathlib

    return framecast.Prepared(pathlib.Path("here"), {"videos": 2}, [], Clips.notes)


@framecast.hookimpl
def framecast_datasets():
    yield framecast.Dataset(
        name="noted",
        summary="Says how it was read",
        build=lambda settings, split, frames: Clips(),
        sample_shape=lambda settings, frames: framecast.SampleShape(frames, 1, 4, 4),
        prepare=prepare,
    )
"""


@pytest.mark.parametrize("verb", ["info", "prepare"])
def test_what_reading_assumed_is_printed_once_and_warnings_last(platform: Any, tmp_path: Path, verb: str) -> None:
    (tmp_path / "noted.py").write_text(NOTED)
    extra = ["--frames", "3", "-o", str(tmp_path / "sheet.png")] if verb == "info" else []
    answer = platform("data", verb, "noted", "-p", str(tmp_path / "noted.py"), *extra)
    assert answer.code == 0, answer.err
    lines = answer.out.splitlines()
    assert lines.count("rain: mm/h, 0 to 32.5") == lines.count("warning: rain: 93 % masked") == 1
    assert lines.index("warning: rain: 93 % masked") > lines.index("rain: mm/h, 0 to 32.5")
    found = json.loads(platform("data", verb, "noted", "-p", str(tmp_path / "noted.py"), *extra, "--json").out)
    assert found["notes"][0] == {"subject": "rain", "text": "mm/h, 0 to 32.5", "warning": False}
