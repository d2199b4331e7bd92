"""From the official files to a store."""

from __future__ import annotations

from collections.abc import Callable

import framecast
from framecast_something_something.annotations import read_annotations
from framecast_something_something.classes import read_classes
from framecast_something_something.files import find_clips
from framecast_something_something.place import store_folder
from framecast_something_something.refusal import counted
from framecast_something_something.settings import SomethingSomethingSettings


def prepare(settings: SomethingSomethingSettings, progress: Callable[[int, int], None]) -> framecast.Prepared:
    """Checks every label and decodes every clip of the wanted classes; what is wrong is listed, not fatal."""
    classes = read_classes(settings)
    annotations = read_annotations(settings.folder, classes)
    found = find_clips(settings.folder, annotations, classes)
    refused = [*annotations.refused, *found.refused]
    folder = store_folder(settings, classes)
    store = framecast.data.prepare_store(
        folder,
        found.sources,
        settings.format,
        refused=[(refusal.name, refusal.why) for refusal in refused],
        progress=progress,
    )
    kinds = counted(refused)
    splits = [video.facts["split"] for video in store.videos]
    summary: dict[str, str | int | float] = {
        "classes": len(classes),
        "classes without clip": len(classes) - len({video.facts["label"] for video in store.videos}),
        "entries": len(annotations.entries),
        "clips prepared": len(store.videos),
        "official training clips": splits.count("train"),
        "official validation clips": splits.count("validation"),
        **kinds,
        "videos damaged": kinds["videos damaged"] + len(found.sources) - len(store.videos),
        "frames": store.frames,
        "megabytes": round(store.bytes / 1e6),
    }
    return framecast.Prepared(folder, summary, store.skipped, framecast.data.reading_notes(store.videos))
