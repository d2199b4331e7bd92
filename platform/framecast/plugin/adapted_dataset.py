"""A map-style data set that does not derive from ClipDataset, as one."""

from __future__ import annotations

from collections.abc import Sequence

from framecast.plugin.clip_origin import ClipOrigin
from framecast.plugin.protocols.clip_dataset import ClipDataset, MapStyleDataset, Sample

_FACTS = ("sequences", "normalisation", "grouped_by")
_LISTS = ("skipped", "notes")


class AdaptedDataset(ClipDataset):
    """Reads from `clips`, which may have any of the optional members of a ClipDataset, or none."""

    def __init__(self, clips: MapStyleDataset) -> None:
        self.clips = clips
        for name in _FACTS:
            if hasattr(clips, name):
                setattr(self, name, getattr(clips, name))
        for name in _LISTS:
            setattr(self, name, list(getattr(clips, name, ())))

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> Sample:
        return self.clips[index]

    def __getitems__(self, indices: list[int]) -> Sequence[Sample]:
        together = getattr(self.clips, "__getitems__", None)
        return together(indices) if together else super().__getitems__(indices)

    def set_epoch(self, epoch: int) -> None:
        if hasattr(self.clips, "set_epoch"):
            self.clips.set_epoch(epoch)

    def origin(self, index: int) -> ClipOrigin:
        if hasattr(self.clips, "origin"):
            return ClipOrigin(*self.clips.origin(index))
        return super().origin(index)
