"""Which videos train, validate and test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from framecast.errors import InputError
from framecast_video_folder.settings import VideoFolderSettings
from framecast_video_folder.splits import split_videos

NAMES = [f"{number}.mp4" for number in range(20)]


def split(root: Path, names: list[str] = NAMES, **more: Any) -> tuple[dict[str, list[str]], dict[str, str]]:
    found, skipped = split_videos(names, VideoFolderSettings.model_validate({"root": str(root), **more}))
    return found, dict(skipped)


def test_by_ratio_the_shares_are_of_videos(tmp_path: Path) -> None:
    found, skipped = split(tmp_path, validation_share=0.2, test_share=0.3)
    assert {name: len(videos) for name, videos in found.items()} == {"validation": 4, "test": 6, "train": 10}
    assert sorted(name for videos in found.values() for name in videos) == sorted(NAMES)
    assert not skipped


def test_by_ratio_another_seed_draws_others_and_the_same_seed_the_same(tmp_path: Path) -> None:
    assert split(tmp_path) == split(tmp_path)
    assert split(tmp_path) != split(tmp_path, seed=1)


def test_by_folders(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    found, skipped = split(tmp_path, ["train/a.mp4", "validation/b.mp4", "test/c.mp4", "d.mp4"])
    assert found == {"train": ["train/a.mp4"], "validation": ["validation/b.mp4"], "test": ["test/c.mp4"]}
    assert skipped == {"d.mp4": "in no folder train, validation or test"}


def test_by_lists(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("a.mp4\nb.mp4\n\n")
    (tmp_path / "validation.txt").write_text("c.mp4\nmissing.mp4\n")
    found, skipped = split(tmp_path, ["a.mp4", "b.mp4", "c.mp4", "d.mp4"])
    assert found == {"train": ["a.mp4", "b.mp4"], "validation": ["c.mp4"], "test": []}
    assert skipped == {"missing.mp4": "listed in validation.txt, not among the videos", "d.mp4": "in no list"}


def test_a_video_in_two_lists_is_refused(tmp_path: Path) -> None:
    for name in ("train", "validation"):
        (tmp_path / f"{name}.txt").write_text("a.mp4\n")
    with pytest.raises(InputError, match=r"a.mp4 is listed in train.txt and validation.txt"):
        split(tmp_path, ["a.mp4"])


@pytest.mark.parametrize(
    ("how", "message"), [("folders", "has no folder train"), ("lists", "train.txt: no such file")]
)
def test_a_split_that_the_folder_does_not_have_is_refused(tmp_path: Path, how: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        split(tmp_path, split=how)


def test_one_video_cannot_be_split(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="splits are of whole videos"):
        split(tmp_path, ["a.mp4"])


def test_shares_that_leave_nothing_to_train_on_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"leave nothing to train on"):
        split(tmp_path, validation_share=0.5, test_share=0.5)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_lists_from_windows_are_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "train.txt").write_bytes("deeper\\a.mp4 \r\n# mine\r\n".encode(encoding))
    (tmp_path / "validation.txt").write_bytes("./b.mp4\r\n".encode(encoding))
    found, skipped = split(tmp_path, ["deeper/a.mp4", "b.mp4"])
    assert found == {"train": ["deeper/a.mp4"], "validation": ["b.mp4"], "test": []}
    assert not skipped
