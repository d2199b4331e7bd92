"""Your own videos: a folder of video files, or of folders of images."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import framecast
from framecast_video_folder.settings import VideoFolderSettings


def _build(settings: VideoFolderSettings, split: str, frames: int) -> framecast.data.StoredClips:
    from framecast_video_folder.clips import clips

    return clips(settings, split, frames)


def _prepare(settings: VideoFolderSettings, progress: Callable[[int, int], None]) -> framecast.Prepared:
    from framecast_video_folder.prepare import prepare

    return prepare(settings, progress)


def _ready(settings: VideoFolderSettings) -> None:
    from framecast_video_folder.clips import command
    from framecast_video_folder.files import find_videos

    if settings.read == "store":
        framecast.data.Store.prepared(settings.store, command(settings))
    else:
        find_videos(settings.folder)


def _count_clips(settings: VideoFolderSettings, split: str, frames: int) -> int | None:
    """None where every file would have to be looked through."""
    return len(_build(settings, split, frames)) if settings.read == "store" else None


def _sample_shape(settings: VideoFolderSettings, frames: int) -> framecast.SampleShape:
    size = settings.augmentation.size(*settings.height_and_width)
    return framecast.SampleShape(frames, 3 if settings.colour else 1, *size)


@framecast.hookimpl
def framecast_datasets() -> Iterator[framecast.Dataset[VideoFolderSettings]]:
    yield framecast.Dataset(
        name="video_folder",
        summary="Your own videos: any folder of video files, or of folders of images",
        settings=VideoFolderSettings,
        build=_build,
        sample_shape=_sample_shape,
        prepare=_prepare,
        ready=_ready,
        count_clips=_count_clips,
        frame_format=lambda settings: settings.format,
        frame_step=lambda settings: settings.frame_step,
    )
