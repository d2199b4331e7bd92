"""From the official files to a store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import framecast
from framecast_kth.files import EXPECTED, find_files
from framecast_kth.settings import KTHSettings


def prepare(settings: KTHSettings, progress: Callable[[int, int], None]) -> framecast.Prepared:
    """Checks and decodes every file; those missing, damaged or refused are listed, not fatal."""
    found = find_files(Path(settings.root))
    store = framecast.data.prepare_store(
        settings.store,
        found.sources,
        framecast.data.FrameFormat(*settings.height_and_width),
        refused=found.refused,
        progress=progress,
    )
    ranges = sum(len(video.facts["ranges"] or ()) for video in store.videos)
    summary: dict[str, str | int | float] = {
        "files expected": len(EXPECTED),
        "files found": len(found.sources),
        "files prepared": len(store.videos),
        "persons": len({video.facts["person"] for video in store.videos}),
        "actions": len({video.facts["action"] for video in store.videos}),
        "frames": store.frames,
        "labelled ranges": ranges if found.labelled else "none: no 00sequences.txt, so set ranges=whole in jobs",
        "megabytes": round(store.bytes / 1e6),
    }
    return framecast.Prepared(settings.store, summary, store.skipped, framecast.data.reading_notes(store.videos))
