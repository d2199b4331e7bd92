"""From a folder of videos to a store."""

from __future__ import annotations

from collections.abc import Callable

import framecast
from framecast_video_folder.files import find_videos
from framecast_video_folder.settings import VideoFolderSettings
from framecast_video_folder.splits import SPLITS, split_videos

LEAST_FRAMES = 2


def prepare(settings: VideoFolderSettings, progress: Callable[[int, int], None]) -> framecast.Prepared:
    """Checks and decodes every video; those that cannot be read whole are listed, not fatal."""
    found = find_videos(settings.folder)
    store = framecast.data.prepare_store(
        settings.store,
        found.sources,
        settings.format,
        least_frames=LEAST_FRAMES,
        refused=found.refused,
        progress=progress,
    )
    names, in_none = split_videos([video.name for video in store.videos], settings)
    summary: dict[str, str | int | float] = {
        "videos found": len(found.sources),
        "videos prepared": len(store.videos),
        **{f"{split} videos": len(names[split]) for split in SPLITS},
        "frames": store.frames,
        "frames in the shortest": min(video.frames for video in store.videos),
        "frames in the longest": max(video.frames for video in store.videos),
        "megabytes": round(store.bytes / 1e6),
    }
    notes = framecast.data.reading_notes(store.videos, store.frame_rate)
    return framecast.Prepared(settings.store, summary, [*store.skipped, *in_none], notes)
