"""Clips of gridded fields, normalised, with a mask where something is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import framecast
from framecast_gridded.periods import periods
from framecast_gridded.settings import GriddedSettings
from framecast_gridded.source import Source
from framecast_gridded.statistics import statistics_of

if TYPE_CHECKING:
    from torch import Tensor


class GriddedClips:
    """A map-style data set of `{"frames": (T, C, Y, X) float32}`; with gaps also `"mask"`, True where known.

    `normalisation` is that of the training period. Reads what a clip needs when it is asked for.
    Raises InputError where the split is shorter than one clip.
    """

    def __init__(self, settings: GriddedSettings, split: str, frames: int) -> None:
        self._settings = settings
        self._source = Source(settings)
        self._begin, end = periods(len(self._source), settings)[split]
        self._frames = frames
        self._reach = (frames - 1) * settings.frame_step + 1
        self._clips = max(0, (end - self._begin - self._reach) // settings.stride + 1)
        if not self._clips and end > self._begin:
            raise framecast.InputError(
                f"data.path: the {split} period of {settings.path} has {end - self._begin} time steps, a clip "
                f"needs {self._reach}: predict fewer frames, or give {split} a larger share"
            )
        found = statistics_of(settings.path, settings.model_dump_json())
        self.normalisation = found.normalisation(settings.normalisation)
        self._gaps = found.gaps
        mean = found.mean if settings.fill == "mean" else np.full_like(found.mean, settings.fill)
        self._fill = self.normalisation.applied(mean[None, :, None, None])
        self._varied = split == "train"
        self._epoch = 0

    def __len__(self) -> int:
        return self._clips

    def set_epoch(self, epoch: int) -> None:
        """Chooses the epoch's variations."""
        self._epoch = epoch

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        import torch

        if not 0 <= index < self._clips:
            raise IndexError(f"clip {index} of {self._clips}")
        settings = self._settings
        start = self._begin + index * settings.stride
        fields_TCHW = self._source.read(start, start + self._reach, settings.frame_step)
        key = (settings.seed, self._epoch, index) if self._varied else None
        variation = settings.augmentation.drawn(key, *fields_TCHW.shape[-2:])
        placed_TCHW = np.ascontiguousarray(variation.placed(fields_TCHW))
        known_TCHW = ~np.isnan(placed_TCHW)
        frames_TCHW = np.where(known_TCHW, self.normalisation.applied(placed_TCHW), self._fill)
        sample = {"frames": torch.from_numpy(frames_TCHW)}
        if self._gaps:
            sample["mask"] = torch.from_numpy(known_TCHW)
        return sample
