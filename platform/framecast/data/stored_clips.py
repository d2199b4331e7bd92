"""Clips from a store: a map-style data set that reads each clip when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from framecast.data.augmentation import Augmentation
from framecast.data.store import Store
from framecast.data.video_files import VideoFiles
from framecast.data.video_notes import reading_notes
from framecast.data.windows import Windows
from framecast.plugin.clip_origin import ClipOrigin
from framecast.plugin.protocols.clip_dataset import ClipDataset

if TYPE_CHECKING:
    from torch import Tensor


class StoredClips(ClipDataset):
    """Samples `{"frames": (T, C, H, W) uint8}`, with `"label"` where the spans have one.

    `varied` clips (the training split) differ from epoch to epoch as `augmentation` says, each a pure function
    of (seed, epoch, index). `skipped` are sources left out in addition to the store's own; `notes` say how the
    store's videos were read. Memory does not grow with the number of frames.
    """

    def __init__(
        self,
        store: Store | VideoFiles,
        windows: Windows,
        augmentation: Augmentation | None = None,
        varied: bool = False,
        seed: int = 0,
        skipped: Sequence[tuple[str, str]] = (),
        grouped_by: str = "video",
    ) -> None:
        self.store = store
        self.windows = windows
        self.sequences = len(windows.spans)  # of which at least one clip comes, or could
        self.grouped_by: str = grouped_by
        self.skipped = [*store.skipped, *skipped]
        self.notes = reading_notes(store.videos, store.frame_rate)
        self._augmentation = augmentation or Augmentation()
        self._varied = varied
        self._seed = seed
        self._epoch = 0

    def __len__(self) -> int:
        return len(self.windows)

    def origin(self, index: int) -> ClipOrigin:
        """Where clip `index` is cut from; its group is the video, or what its facts say of `grouped_by`."""
        span, start = self.windows[index]
        group = span.video if self.grouped_by == "video" else self.store.videos[span.video].facts[self.grouped_by]
        return ClipOrigin(group, start, start + self.windows.reach)

    def set_epoch(self, epoch: int) -> None:
        """Chooses the epoch's variations."""
        self._epoch = epoch

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        import torch

        span, start = self.windows[index]
        video = self.store.videos[span.video]
        clip_TCHW = self.store.read(video, start, self.windows.frames, self.windows.step)
        key = (self._seed, self._epoch, index) if self._varied else None
        variation = self._augmentation.drawn(key, *clip_TCHW.shape[-2:])
        varied_TCHW = np.ascontiguousarray(variation.lit(variation.placed(clip_TCHW)))
        sample = {"frames": torch.from_numpy(varied_TCHW)}
        if span.label is not None:
            sample["label"] = torch.tensor(span.label)
        return sample
