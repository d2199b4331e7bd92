"""Clips of a folder of videos, from its store and from the files themselves."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from framecast.errors import InputError
from framecast_video_folder.clips import clips, command
from framecast_video_folder.prepare import prepare
from framecast_video_folder.settings import VideoFolderSettings
from tests.made_videos import scene

SPLITS = ("train", "validation", "test")


def settings_for(root: Path, **more: Any) -> VideoFolderSettings:
    return VideoFolderSettings.model_validate({"root": str(root), "size": 32, **more})


def prepared(root: Path, **more: Any) -> VideoFolderSettings:
    settings = settings_for(root, **more)
    prepare(settings, lambda done, total: None)
    return settings


def test_every_kind_of_video_is_prepared(videos: Path) -> None:
    done = prepare(settings_for(videos), lambda done, total: None)
    assert (done.summary["videos prepared"], done.skipped) == (6, [])
    assert done.summary["frames"] == 180


def test_progress_counts_videos_and_ends_with_all(videos: Path) -> None:
    told: list[tuple[int, int]] = []
    prepare(settings_for(videos), lambda done, total: told.append((done, total)))
    assert told[0] == (0, 6)
    assert told[-1] == (6, 6)


@pytest.mark.parametrize("colour", [False, True])
def test_clips_have_the_shape_and_type_that_was_asked_for(videos: Path, colour: bool) -> None:
    data = clips(prepared(videos, colour=colour, size=(24, 32)), "train", 5)
    frames = data[0]["frames"]
    assert (tuple(frames.shape), frames.dtype) == ((5, 3 if colour else 1, 24, 32), torch.uint8)


def test_a_video_is_in_one_split_whole(videos: Path) -> None:
    settings = prepared(videos)
    data = {split: clips(settings, split, 5) for split in SPLITS}
    of = {split: {span.video for span in data[split].windows.spans} for split in SPLITS}
    assert of["train"] | of["validation"] | of["test"] == set(range(6))
    assert sum(map(len, of.values())) == 6


def test_clips_do_not_overlap_unless_asked_to(videos: Path) -> None:
    settings = prepared(videos)
    assert len(clips(settings, "train", 10)) == 4 * 3
    assert len(clips(settings.model_copy(update={"stride": 1}), "train", 10)) == 4 * 21


def test_a_frame_step_takes_every_nth_frame(videos: Path) -> None:
    settings = prepared(videos)
    every = clips(settings, "train", 9)[0]["frames"]
    third = clips(settings.model_copy(update={"frame_step": 3}), "train", 3)[0]["frames"]
    assert torch.equal(third, every[[0, 3, 6]])


@pytest.mark.parametrize("stride", [1, 7])
def test_the_files_themselves_give_what_the_store_gives(videos: Path, stride: int) -> None:
    """For every format, from before, between and behind key frames."""
    settings = prepared(videos, stride=stride, split="ratio", validation_share=0.2, test_share=0.2, frame_step=2)
    for split in SPLITS:
        stored = clips(settings, split, 4)
        decoded = clips(settings.model_copy(update={"read": "files"}), split, 4)
        assert len(stored) == len(decoded) > 0
        for index in range(0, len(stored), 5):
            assert torch.equal(stored[index]["frames"], decoded[index]["frames"]), index


def test_clips_of_files_travel_to_loader_processes(videos: Path) -> None:
    data = clips(settings_for(videos, read="files"), "train", 4)
    assert torch.equal(pickle.loads(pickle.dumps(data))[3]["frames"], data[3]["frames"])


def test_training_clips_vary_with_the_epoch_and_others_do_not(videos: Path) -> None:
    settings = prepared(videos, augmentation={"flip": "both", "brightness": 0.3})
    for split, varied in (("train", True), ("validation", False)):
        data = clips(settings, split, 4)
        first = torch.stack([data[index]["frames"] for index in range(len(data))])
        data.set_epoch(1)
        second = torch.stack([data[index]["frames"] for index in range(len(data))])
        assert torch.equal(first, second) is not varied
        data.set_epoch(0)
        assert torch.equal(data[0]["frames"], first[0])


def test_videos_too_short_for_a_clip_are_counted(videos: Path, real_frames: np.ndarray) -> None:
    from_images = videos / "short"
    from_images.mkdir()
    for number in range(5):
        (videos / "images" / f"{number}.png").rename(from_images / f"{number}.png")
    settings = prepared(videos)
    skipped = [entry for split in SPLITS for entry in clips(settings, split, 10).skipped]
    assert ("short", "5 frames, a clip needs 10") in skipped


def test_no_video_long_enough_names_the_ways_out(videos: Path) -> None:
    settings = prepared(videos)
    with pytest.raises(InputError, match=r"no train video has the 31 frames .*longest has 30.*frames_out"):
        clips(settings, "train", 31)


def test_without_a_store_the_command_is_named(videos: Path) -> None:
    with pytest.raises(InputError) as caught:
        clips(settings_for(videos, colour=True, crop=False), "train", 4)
    command = f"platform data prepare video_folder --root {videos} size=32 crop=false colour=true"
    assert str(caught.value).endswith(f"is not prepared yet: run  {command}")


@pytest.fixture
def gap(tmp_path: Path) -> Path:
    """Folders of images, of which one has the numbers 0 to 9 and 30 to 39."""
    for name, numbers in {"a": range(20), "b": [*range(10), *range(30, 40)]}.items():
        (tmp_path / "root" / name).mkdir(parents=True)
        for number in numbers:
            Image.fromarray(scene(number)).save(tmp_path / "root" / name / f"f_{number:03d}.png")
    return tmp_path / "root"


@pytest.mark.parametrize("read", ["store", "files"])
def test_no_clip_spans_a_gap_in_the_numbers(gap: Path, read: str) -> None:
    settings = prepared(gap, split="ratio", validation_share=0.5, test_share=0, stride=1, read=read)
    counts, warned = {}, set()
    for split in ("train", "validation"):
        data = clips(settings, split, 8)
        counts[data.store.videos[data.windows.spans[0].video].name] = len(data)
        warned |= {note.text for note in data.notes if note.warning}
        for index in range(len(data)):
            levels = data[index]["frames"][:, 0, 16, 16].int()
            assert (levels.diff() == levels.diff()[0]).all()
    assert counts == {"a": 13, "b": 3 + 3}
    assert len(warned) == 1
    assert "f_009.png is followed by f_030.png" in warned.pop()


def test_a_frame_rate_makes_videos_of_different_rates_alike(tmp_path: Path, write_video: Any) -> None:
    root = tmp_path / "root"
    root.mkdir()
    for rate in (10, 20, 40):
        moments = [scene(10 * number // rate) for number in range(2 * rate)]
        write_video(root / f"{rate}.mp4", moments, rate)
    mixed = prepare(settings_for(root, split="ratio"), lambda done, total: None)
    assert next(note.text for note in mixed.notes if note.warning).startswith("different frame rates are mixed")
    settings = prepared(root, split="ratio", frame_rate=10)
    found = [clips(settings, split, 20) for split in SPLITS]
    decoded = [clips(settings.model_copy(update={"read": "files"}), split, 20) for split in SPLITS]
    assert [len(data) for data in found] == [1, 1, 1]
    levels = [data[0]["frames"][:, 0, 16, 16].int() for data in found]
    assert (levels[0] - levels[1]).abs().max() <= 2
    assert (levels[0] - levels[2]).abs().max() <= 2
    for stored, files in zip(found, decoded, strict=True):
        assert torch.equal(stored[0]["frames"], files[0]["frames"])
        assert not any(note.warning for note in [*stored.notes, *files.notes])


def test_each_way_to_read_has_a_store_and_a_command_of_its_own(tmp_path: Path) -> None:
    plain = settings_for(tmp_path)
    others: list[dict[str, Any]] = [{"frame_rate": 12.5}, {"background": "#102030"}, {"bit_depth": 12}]
    assert len({settings_for(tmp_path, **other).store for other in [{}, *others]}) == 4
    assert command(settings_for(tmp_path, frame_rate=12.5, bit_depth=12, background="#102030")).endswith(
        "size=32 frame_rate=12.5 bit_depth=12 'background=#102030'"
    )
    assert command(plain).endswith("size=32")


def test_a_background_that_is_no_colour_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match="background is 'blak', expected a colour such as black, white or #808080"
    ):
        settings_for(tmp_path, background="blak")


def test_animated_pictures_are_videos_and_names_are_only_names(tmp_path: Path, write_video: Any) -> None:
    first, *others = [Image.fromarray(scene(number)) for number in range(6)]
    root = tmp_path / "a [/b] 100%d"
    root.mkdir(parents=True)
    first.save(root / "x.webp", save_all=True, append_images=others, duration=100, lossless=True)
    first.save(root / "y.apng", save_all=True, append_images=others, duration=100)
    write_video(root / "pipe:1.mp4", [scene(number) for number in range(6)])
    settings = prepared(root, split="ratio")
    for read in ("store", "files"):
        found = [clips(settings.model_copy(update={"read": read}), split, 6) for split in SPLITS]
        assert [len(data) for data in found] == [1, 1, 1]
        for data in found:
            levels = data[0]["frames"][:, 0, 16, 16].int()
            assert (levels - torch.arange(20, 26)).abs().max() <= 2
