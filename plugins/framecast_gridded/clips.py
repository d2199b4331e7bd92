"""Clips of fields, normalised."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import framecast
from framecast_gridded.fields import Recording
from framecast_gridded.notes import notes_of
from framecast_gridded.periods import periods
from framecast_gridded.settings import GriddedSettings
from framecast_gridded.statistics import statistics_of

if TYPE_CHECKING:
    from torch import Tensor


class Cut(NamedTuple):
    """The clips of a split as `windows`, and from how many stretches of time without a break they are cut."""

    windows: framecast.data.Windows
    stretches: int


def cut_clips(recording: Recording, settings: GriddedSettings, split: str, frames: int) -> Cut:
    """Raises InputError where the split has too few frames for one clip."""
    period = periods(settings, recording.fields.frames)[split]
    runs = [range(max(run.start, period.start), min(run.stop, period.stop)) for run in recording.steps.runs]
    runs = [run for run in runs if run]
    windows = framecast.data.Windows.cut(
        [framecast.data.Span(number, run.start, run.stop, settings.stride) for number, run in enumerate(runs)],
        frames,
        settings.frame_step,
    )
    if period and not len(windows):
        breaks = f", of which {max(map(len, runs))} at most without a break in time" if len(runs) > 1 else ""
        reach = (frames - 1) * settings.frame_step + 1
        raise framecast.InputError(
            f"data: {split} has {len(period)} of the {recording.fields.frames} frames{breaks}, and one clip "
            f"reaches over {reach}: take more data, shorter clips, or other shares"
        )
    return Cut(windows, len(runs))


class FieldClips(framecast.ClipDataset):
    """The clips of a split: `{"frames": (T, C, H, W) float32}`, normalised; with `"mask"`, bool of the same shape,
    False where the data have no number, if that is so anywhere in the whole set. No clip spans a break in time.

    Training clips differ from epoch to epoch as the augmentation says, each a pure function of (seed, epoch,
    index). Memory does not grow with the number of frames; goes to other processes, which open files of their own.
    """

    grouped_by = "time"

    def __init__(self, settings: GriddedSettings, split: str, frames: int) -> None:
        """Raises InputError where the data cannot be read, or the split has too few frames for one clip."""
        recording = Recording.open(settings)
        self.fields = recording.fields
        spans = periods(settings, self.fields.frames)
        self.windows, self.sequences = cut_clips(recording, settings, split, frames)
        statistics = statistics_of(self.fields, len(spans["train"]))
        self.normalisation: framecast.data.Normalisation = replace(
            statistics.normalisation(settings.normalisation, settings.fill),
            names=self.fields.grid.variables,
            units=self.fields.grid.units,
        )
        self.notes = notes_of(recording, spans, statistics)
        self._masked = statistics.gaps
        self._augmentation = settings.augmentation
        self._varied = split == "train"
        self._seed = settings.seed
        self._epoch = 0

    def __len__(self) -> int:
        return len(self.windows)

    def origin(self, index: int) -> framecast.data.ClipOrigin:
        """The time that clip `index` takes, in steps of the data."""
        span, start = self.windows[index]
        return framecast.data.ClipOrigin(span.video, start, start + self.windows.reach)

    def set_epoch(self, epoch: int) -> None:
        """Chooses the epoch's variations."""
        self._epoch = epoch

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        import torch

        _, start = self.windows[index]
        clip_TCHW = self.fields.read(start, self.windows.frames, self.windows.step)
        key = (self._seed, self._epoch, index) if self._varied else None
        variation = self._augmentation.drawn(key, *clip_TCHW.shape[-2:])
        placed_TCHW = variation.placed(clip_TCHW)
        sample = {"frames": torch.from_numpy(self.normalisation.applied(placed_TCHW))}
        if self._masked:
            sample["mask"] = torch.from_numpy(np.isfinite(placed_TCHW))
        return sample
