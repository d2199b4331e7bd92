"""The clips of one split of a data set.

Dimensions: T time, C channels, H W space.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

from framecast.plugin.clip_origin import ClipOrigin
from framecast.plugin.data_note import DataNote

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from framecast.plugin.normalisation import Normalisation

Sample: TypeAlias = Mapping[str, "Tensor | np.ndarray | int | float"]
"""One clip, by name:

- `frames` (T, C, H, W): uint8, or float32 in the data set's `value_range`
- `mask` (T, C, H, W) bool, optional: False where the value is unknown
- `label` int64, optional: the number of one of the data set's `classes`
- `place` (T,) float32, optional: the relative time of each frame in its video, from 0 for the first towards 1 for
  the end; 1 or more for frames that only fill up the clip. Without it, frame i of T lies at i / T
"""


class MapStyleDataset(Protocol):
    """Any map-style data set of PyTorch; the result of `Dataset.build`. A `ClipDataset` can report more."""

    def __len__(self) -> int:
        """The number of clips."""

    def __getitem__(self, index: int, /) -> Sample:
        """Clip `index`, the same one in every process."""


class ClipDataset:
    """Base class of a split's clips, with defaults for all that is optional.

    class Squares(framecast.ClipDataset):
        grouped_by = "clip"

        def __len__(self):
            return 100

        def __getitem__(self, index):
            return {"frames": draw_squares(index)}      # (T, C, H, W)
    """

    sequences: int | None = None
    """How many videos or spans of time the clips are cut from; None: they are not cut from any."""
    skipped: Sequence[tuple[str, str]] = ()
    """Sources that were left out, as (name, reason)."""
    notes: Sequence[DataNote] = ()
    """What reading found and assumed: shown at the start of a run, in its report and by `platform data info`."""
    normalisation: Normalisation | None = None
    """How values were normalised. Checkpoints keep it, and predictions are converted back with it."""
    grouped_by: str | None = None
    """What clips that belong together share: a noun such as `video` or `person`; `time` where all are cut from
    long series; `clip` where each is made independently. Intervals of scores count each group, or block of time,
    as one observation. None: unknown, each clip counts, and the report says so."""

    def __len__(self) -> int:
        """The number of clips."""
        raise NotImplementedError(f"{type(self).__name__} has no __len__")

    def __getitem__(self, index: int) -> Sample:
        """Clip `index`: the same in every process, after every restart, in whatever order clips are read."""
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__")

    def __getitems__(self, indices: list[int]) -> Sequence[Sample]:
        """The clips of a batch. Override it where reading several at once is faster."""
        return [self[index] for index in indices]

    def set_epoch(self, epoch: int) -> None:
        """Called before the first clip of an epoch is read, in each process that reads clips: chooses the random
        variations of that epoch."""

    def origin(self, index: int) -> ClipOrigin:
        """The group of clip `index`, and its position there. Called where `grouped_by` is a noun or `time`."""
        raise NotImplementedError(
            f"{type(self).__name__} is grouped by {self.grouped_by} and has no origin(index)"
        )
