"""Which files are videos, and what is said of those that are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framecast.errors import InputError
from framecast_video_folder.files import find_videos
from framecast_video_folder.prepare import prepare
from framecast_video_folder.settings import VideoFolderSettings


def skipped(root: Path) -> dict[str, str]:
    settings = VideoFolderSettings.model_validate({"root": str(root), "size": 16, "split": "ratio"})
    return dict(prepare(settings, lambda done, total: None).skipped)


def test_videos_are_named_by_their_path(videos: Path) -> None:
    names = {source.name for source in find_videos(videos).sources}
    assert names == {"0.mp4", "1.avi", "2.webm", "deeper/3.mkv", "4.gif", "images"}


def test_a_prepared_store_is_not_searched_for_videos(videos: Path) -> None:
    skipped(videos)
    assert len(find_videos(videos).sources) == 6


def test_damaged_videos_are_counted_and_the_rest_prepared(
    videos: Path, real_frames: np.ndarray, write_video: Any, write_images: Any
) -> None:
    (videos / "empty.mp4").touch()
    (videos / "text.mp4").write_text("this is no video")
    (videos / "folder.avi").mkdir()
    whole = (videos / "1.avi").read_bytes()
    (videos / "1.avi").write_bytes(whole[: len(whole) // 2])
    write_video(videos / "single.mp4", real_frames[:1])
    write_images(videos / "growing", [real_frames[0], real_frames[1][:24]])
    (videos / "images" / "3.png").write_bytes(b"no picture")
    found = skipped(videos)
    assert set(found) == {"empty.mp4", "text.mp4", "folder.avi", "1.avi", "single.mp4", "growing", "images"}
    assert found["empty.mp4"] == "it is empty (0 bytes)"
    assert found["text.mp4"].startswith("it cannot be decoded")
    assert found["folder.avi"] == "a folder without images, not a video"
    assert found["1.avi"].startswith(("it ends early", "it cannot be decoded"))
    assert found["single.mp4"] == "it has 1 frame, at least 2 are needed"
    assert found["growing"] == "it changes size at 1.png, from 64x48 to 64x24"
    assert found["images"] == "its image 3.png cannot be decoded"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda root: None, "no such folder"),
        (lambda root: root.mkdir(), "holds no videos"),
        (lambda root: root.write_text("a file"), "no such folder"),
        (lambda root: (root / "x.avi").mkdir(parents=True), "x.avi: a folder without images"),
    ],
    ids=["missing", "empty", "a file", "a folder called x.avi"],
)
def test_a_folder_without_videos_is_refused_in_one_line(tmp_path: Path, make: object, message: str) -> None:
    root = tmp_path / "videos"
    make(root)  # type: ignore[operator]
    with pytest.raises(InputError, match=message) as caught:
        find_videos(root)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("data.root: ")


def test_images_right_in_the_root_belong_into_a_folder_for_each_video(
    tmp_path: Path, real_frames: np.ndarray, write_images: Any
) -> None:
    write_images(tmp_path / "videos", real_frames[:3])
    with pytest.raises(InputError, match="put those of each video into a folder of its own"):
        find_videos(tmp_path / "videos")


def test_where_nothing_is_sound_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("this is no video")
    with pytest.raises(InputError, match="the only video cannot be used"):
        skipped(tmp_path)
    assert not list(tmp_path.glob("framecast-*/index.json"))
