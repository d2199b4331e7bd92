"""The declaration of a data set."""

from __future__ import annotations

from collections.abc import Callable as Function
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic

from framecast.plugin.data_note import DataNote
from framecast.plugin.declarations.settings_class import NO_SETTINGS, S, validate_settings
from framecast.plugin.path import is_path
from framecast.plugin.prepared import Prepared
from framecast.plugin.published_result import PublishedResult
from framecast.plugin.sample_shape import SampleShape

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from framecast.plugin.frame_format import FrameFormat
    from framecast.plugin.normalisation import Normalisation
    from framecast.plugin.protocols.clip_dataset import MapStyleDataset


@dataclass(frozen=True)
class Dataset(Generic[S]):
    """A data set. `build(settings, split, frames)` returns the clips of a split (`train`, `validation` or `test`),
    each `frames` long: a `framecast.ClipDataset`, or any map-style data set of PyTorch.
    `sample_shape(settings, frames)` returns a clip's shape without building anything.

    Where raw files must be prepared first: `prepare(settings, progress)` does it, reports to `progress` the videos
    done and their number, and returns `framecast.Prepared`; a second call continues, or finds nothing to do.
    `ready(settings)` raises InputError with the fix where that has not been done.

    `count_clips(settings, split, frames)` returns how many clips a split has, or None where that takes more than
    reading headers, and raises InputError where the data are too short: such a job is refused before it begins.

    Where clips come from videos, `frame_format(settings)` (a `framecast.data.FrameFormat`) says how frames are
    resized and `frame_step(settings)` how many frames of a video lie from one of a clip to the next: `platform
    predict` treats new videos alike. Where clips come from other files, `read_source(settings, path, trained,
    start, most)` reads a new one as training does, (T, C, H, W) floats before normalisation: at most `most` of the
    model's frames from `start` on, up to a break in time. `trained` is the `Normalisation` of the training data.
    `source_notes(settings, path, trained)` says, as a list of `framecast.DataNote`, what that assumes.
    `colours` says that three channels are red, green and blue; else pictures show the first channel.
    `unchanged_by(settings)` names the variations of `framecast.data.Augmentation` ("horizontal", "vertical",
    "reverse") that leave every clip's class as it is. Without it a job that trains on labels is refused with
    `reverse`, and with a `flip` where the name of a class has a direction.
    `bounded(settings)` says that no value can lie outside of `value_range`, as for pictures. Fields without
    natural bounds return False: metrics then clamp neither predictions nor truth.
    `published` are other people's results on this data set.
    """

    name: str
    summary: str
    build: Function[[S, str, int], MapStyleDataset]
    sample_shape: Function[[S, int], SampleShape]
    settings: type[S] = NO_SETTINGS
    value_range: Function[[S], tuple[float, float]] = lambda settings: (0.0, 1.0)
    bounded: Function[[S], bool] = lambda settings: True
    classes: Function[[S], tuple[str, ...]] = lambda settings: ()
    prepare: Function[[S, Function[[int, int], None]], Prepared] | None = None
    ready: Function[[S], None] | None = None
    count_clips: Function[[S, str, int], int | None] = lambda settings, split, frames: None
    frame_format: Function[[S], FrameFormat] | None = None
    frame_step: Function[[S], int] = lambda settings: 1
    unchanged_by: Function[[S], Collection[str]] = lambda settings: ()
    read_source: Function[[S, Path, Normalisation, int, int], np.ndarray | Tensor] | None = None
    source_notes: Function[[S, Path, Normalisation], Sequence[DataNote]] | None = None
    colours: bool = True
    published: tuple[PublishedResult, ...] = ()

    def __post_init__(self) -> None:
        validate_settings("data set", self.name, self.settings)

    @property
    def folder_setting(self) -> str | None:
        """The setting that says where the files are: the first that is a `framecast.Path`; None without one."""
        fields = self.settings.model_fields.items()
        return next((name for name, field in fields if is_path(field.rebuild_annotation())), None)
