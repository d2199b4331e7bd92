"""Clips of a folder of videos, from its store or from the files themselves."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import framecast
from framecast_video_folder.files import find_videos
from framecast_video_folder.settings import VideoFolderSettings
from framecast_video_folder.splits import split_videos


def clips(settings: VideoFolderSettings, split: str, frames: int) -> framecast.data.StoredClips:
    """The clips of a split. Raises InputError where there is no store, or no video that is long enough."""
    videos = (
        framecast.data.Store.prepared(settings.store, command(settings))
        if settings.read == "store"
        else _files(settings.root, settings.format)
    )
    names, in_none = split_videos([video.name for video in videos.videos], settings)
    wanted = set(names[split])
    stride = settings.stride or frames * settings.frame_step
    spans = [
        framecast.data.Span(number, begin, end, stride)
        for number, video in enumerate(videos.videos)
        if video.name in wanted
        for begin, end in video.stretches
    ]
    windows = framecast.data.Windows.cut(spans, frames, settings.frame_step)
    reach = (frames - 1) * settings.frame_step + 1
    longest: dict[str, int] = {}
    for span in spans:
        name = videos.videos[span.video].name
        longest[name] = max(longest.get(name, 0), span.end - span.begin)
    short = [
        (name, f"{framecast.plural(frames, 'frame')}, a clip needs {reach}")
        for name, frames in longest.items()
        if frames < reach
    ]
    if spans and not len(windows):
        raise framecast.InputError(
            f"data: no {split} video has the {reach} frames that one clip needs (the longest has "
            f"{max(longest.values())}): lower task.frames_in, task.frames_out or data.frame_step"
        )
    return framecast.data.StoredClips(
        videos,
        windows,
        settings.augmentation,
        varied=split == "train",
        seed=settings.seed,
        skipped=[*in_none, *short],
    )


def command(settings: VideoFolderSettings) -> str:
    """How the store is made."""
    height, width = settings.height_and_width
    words = [f"size={height}" if height == width else f"size=[{height}, {width}]"]
    words += ["crop=false"] if not settings.crop else []
    words += ["colour=true"] if settings.colour else []
    words += [f"frame_rate={settings.frame_rate:g}"] if settings.frame_rate else []
    words += [f"bit_depth={settings.bit_depth}"] if settings.bit_depth else []
    words += [f"background={settings.background}"] if settings.background != "black" else []
    return framecast.command("data", "prepare", "video_folder", "--root", settings.root, *words)


@lru_cache(maxsize=2)
def _files(root: str, format: framecast.data.FrameFormat) -> framecast.data.VideoFiles:
    """Looked through once, for all splits."""
    found = find_videos(Path(root))
    files = framecast.data.VideoFiles(found.sources, format)
    files.skipped += found.refused
    return files
