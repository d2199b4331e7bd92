"""Whole clips from the store, each with its label and where in its video each frame lies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

import framecast
from framecast_something_something.classes import read_classes
from framecast_something_something.held_out import is_held_out
from framecast_something_something.place import command, store_folder
from framecast_something_something.settings import SomethingSomethingSettings

if TYPE_CHECKING:
    from torch import Tensor


class WholeClips(framecast.ClipDataset):
    """Samples {"frames": (T, C, H, W) uint8, "label": int64, "place": (T,) float32}, one for each video.

    The place of a frame is its number in the video over the number of all, so that what a share of the video shows
    is the same at every frame rate. Where a video has fewer than T frames its last one is repeated, at place 1.
    A label is a place in `class_names`; `numbers` are the clips' places in `store.videos`. Training clips vary
    from epoch to epoch as `settings.augmentation` says.
    """

    grouped_by = "video"

    def __init__(
        self,
        store: framecast.data.Store,
        numbers: Sequence[int],
        class_names: Sequence[str],
        settings: SomethingSomethingSettings,
        frames: int,
        varied: bool,
    ) -> None:
        self.store = store
        self.class_names = list(class_names)
        self.skipped = store.skipped
        self.notes = framecast.data.reading_notes(store.videos)
        self.numbers = np.array(numbers, np.int64)
        self.sequences = len(numbers)  # each clip is a video
        self._settings = settings
        self._frames = frames
        self._varied = varied
        self._epoch = 0

    def __len__(self) -> int:
        return len(self.numbers)

    def origin(self, index: int) -> framecast.data.ClipOrigin:
        """Each clip is a video of its own."""
        number = int(self.numbers[index])
        return framecast.data.ClipOrigin(number, 0, self.store.videos[number].frames)

    def set_epoch(self, epoch: int) -> None:
        """Chooses the epoch's variations."""
        self._epoch = epoch

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        import torch

        video = self.store.videos[self.numbers[index]]
        step = self._settings.frame_step if self._settings.sampling == "step" else None
        chosen = frames_of(video.frames, self._frames, step)
        read_TCHW = self.store.read(video, 0, int(chosen[-1]) + 1)
        missing = self._frames - len(chosen)
        padded = np.pad(chosen, (0, missing), mode="edge")
        place_T = np.pad(chosen / video.frames, (0, missing), constant_values=1)
        settings = self._settings
        key = (settings.seed, self._epoch, index) if self._varied else None
        variation = settings.augmentation.drawn(key, *read_TCHW.shape[-2:])
        varied_TCHW = np.ascontiguousarray(variation.lit(variation.placed(read_TCHW[padded])))
        return {
            "frames": torch.from_numpy(varied_TCHW),
            "label": torch.tensor(video.facts["label"]),
            "place": torch.from_numpy(place_T.astype(np.float32)),
        }


def frames_of(total: int, wanted: int, step: int | None = None) -> np.ndarray:
    """Which of a video's `total` frames are taken, at most `wanted`: every `step`-th from the first on; or without
    a step evenly spaced ones, the first and the last among them, and all where there are no more than `wanted`."""
    if step is not None:
        return np.arange(total)[::step][:wanted]
    return np.rint(np.linspace(0, total - 1, min(wanted, total))).astype(np.int64)


def clips(settings: SomethingSomethingSettings, split: str, frames: int) -> WholeClips:
    """The clips of a split. Raises InputError where the store is not there, or of other labels than the files."""
    class_names = read_classes(settings)
    store = framecast.data.Store.prepared(store_folder(settings, class_names), command(settings))
    numbers = []
    for number, video in enumerate(store.videos):
        label, template = video.facts["label"], video.facts["template"]
        if label >= len(class_names) or class_names[label] != template:
            raise framecast.InputError(
                f'data.root: clip {video.name} was prepared as class {label}, "{template}", which labels.json now '
                f"tells otherwise: restore that file, or prepare again:  {command(settings)}"
            )
        if split == _split(video, settings.validation_share):
            numbers.append(number)
    return WholeClips(store, numbers, class_names, settings, frames, varied=split == "train")


def _split(video: framecast.data.StoredVideo, validation_share: float) -> str:
    if video.facts["split"] == "validation":
        return "test"
    return "validation" if is_held_out(video.name, validation_share) else "train"
