"""Clips of KTH from its store."""

from __future__ import annotations

import framecast
from framecast_kth.persons import persons_of
from framecast_kth.settings import KTHSettings


def clips(settings: KTHSettings, split: str, frames: int) -> framecast.data.StoredClips:
    """The clips of a split; a sample's `label` is its action's place in `settings.actions`.

    Raises InputError where the store is not there, or has no ranges and the settings ask for labelled ones.
    """
    store = framecast.data.Store.prepared(settings.store, command(settings))
    persons = persons_of(settings.split, split, settings.validation_persons)
    spans: list[framecast.data.Span] = []
    for number, video in enumerate(store.videos):
        facts = video.facts
        if facts["person"] not in persons or facts["action"] not in settings.actions:
            continue
        ranges = [(0, video.frames)]
        if settings.ranges == "labelled":
            if facts["ranges"] is None:
                raise framecast.InputError(
                    f"data.ranges: {video.name} has no labelled ranges: put 00sequences.txt into {settings.root} "
                    f"and prepare again ({command(settings)}), or set data.ranges=whole"
                )
            ranges = facts["ranges"]
        stride = settings.stride_of.get(facts["action"], settings.stride or frames * settings.frame_step)
        label = settings.actions.index(facts["action"])
        spans += [
            framecast.data.Span(number, max(begin, first), min(end, last), stride, label)
            for begin, end in ranges
            for first, last in video.stretches
            if max(begin, first) < min(end, last)
        ]
    windows = framecast.data.Windows.cut(spans, frames, settings.frame_step)
    return framecast.data.StoredClips(
        store,
        windows,
        settings.augmentation,
        varied=split == "train",
        seed=settings.seed,
        grouped_by="person",
    )


def command(settings: KTHSettings) -> str:
    """How the store is made."""
    height, width = settings.height_and_width
    size = height if height == width else [height, width]
    return framecast.command("data", "prepare", "kth", "--root", settings.root, f"size={size}")
