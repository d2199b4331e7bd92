"""The five kinds of thing a plugin can declare.

A declaration is a frozen dataclass: cheap to make, safe to compare, and free of torch. The heavy object is
made by its `build` when a job needs it, so that listing plugins imports none of them. What `build` returns is
described in `framecast.plugin.protocols`, one file for each kind.

Each declaration is generic in its settings class: `Model[MySettings]` passes a `MySettings` to its functions.
"""

from __future__ import annotations

from collections.abc import Callable as Function
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, get_args, get_origin

from framecast.plugin.constraint import Constraint
from framecast.plugin.cost import Cost
from framecast.plugin.data_note import DataNote
from framecast.plugin.logged_value import LoggedValue
from framecast.plugin.path import is_path
from framecast.plugin.prepared import Prepared
from framecast.plugin.published_result import PublishedResult
from framecast.plugin.sample_shape import SampleShape
from framecast.plugin.settings import NoSettings, Settings, has_setting
from framecast.plugin.value_range import ValueRange

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from framecast.plugin.frame_format import FrameFormat
    from framecast.plugin.normalisation import Normalisation
    from framecast.plugin.protocols.clip_dataset import MapStyleDataset
    from framecast.plugin.protocols.metric_accumulator import MetricAccumulator
    from framecast.plugin.protocols.recognition_model import RecognitionModel
    from framecast.plugin.protocols.run_callback import RunCallback
    from framecast.plugin.protocols.training_task import TrainingTask
    from framecast.plugin.protocols.video_model import VideoModel
    from framecast.plugin.run_context import RunContext

Answer = Literal["frames", "logits"]
"""What a model answers, and a task or a metric asks for: predicted frames, or classes."""

S = TypeVar("S", bound=Settings)
"""The settings class of a declaration."""

_NO_SETTINGS: Any = NoSettings  # the default of a field that is generic


@dataclass(frozen=True)
class Model(Generic[S]):
    """A model. `build(settings, sample_shape)` returns a `torch.nn.Module` that is called as a
    `framecast.VideoModel`, or with `produces="logits"` as a `framecast.RecognitionModel`. A recognition model also
    predicts frames, unless `predicts_frames(settings)` is False. A model without parameters is evaluated, never
    trained; `baseline` declares one that others are compared with, which reports draw as a level.

    `activation_checkpointing` says that the module has an attribute `activation_checkpointing`, False: set to
    True, the backward pass computes each layer again from its input instead of keeping its activations.
    `load_published(path, settings)` returns the module with the weights of a checkpoint that others published.

    `accepts(settings, sample_shape, frames_in, frames_out)` returns None where the model can see so many frames of
    that shape and predict so many, else the reason in a sentence: such a job is refused before it costs anything.
    It needs no torch.

    `setting_groups` names settings that act together, such as the sizes of two layers: the report of a search that
    varies two or more of a group shows its scores over the first two of them.

    `runtime_settings` names settings that change how the model is computed, and neither its weights nor, but for
    rounding, its predictions: they may change when a run is resumed.
    """

    name: str
    summary: str
    build: Function[[S, SampleShape], VideoModel | RecognitionModel]
    settings: type[S] = _NO_SETTINGS
    produces: Answer = "frames"
    predicts_frames: Function[[S], bool] = lambda settings: True
    constraints: tuple[Constraint, ...] = ()
    cost: Function[[S, SampleShape], Cost] | None = None
    activation_checkpointing: bool = False
    load_published: Function[[Path, S], nn.Module] | None = None
    accepts: Function[[S, SampleShape, int, int], str | None] | None = None
    baseline: bool = False
    setting_groups: tuple[tuple[str, ...], ...] = ()
    runtime_settings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_settings("model", self.name, self.settings)
        _ensure_settings(f"model {self.name}: runtime_settings names", self.runtime_settings, self.settings)
        named = [name for each in self.constraints for name in (*each.names, *each.when)]
        _ensure_settings(f"model {self.name}: its constraints name", named, self.settings)
        for group in self.setting_groups:
            if isinstance(group, str) or len(set(group)) < 2:
                raise ValueError(
                    f"model {self.name}: setting_groups has {group!r}, and a group names two or more settings: "
                    " (('width', 'depth'),)"
                )
            _ensure_settings(f"model {self.name}: setting_groups names", group, self.settings)


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
    settings: type[S] = _NO_SETTINGS
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
        _check_settings("data set", self.name, self.settings)

    @property
    def folder_setting(self) -> str | None:
        """The setting that says where the files are: the first that is a `framecast.Path`; None without one."""
        fields = self.settings.model_fields.items()
        return next((name for name, field in fields if is_path(field.rebuild_annotation())), None)


@dataclass(frozen=True)
class Metric(Generic[S]):
    """A metric. `build(settings, value_range)` returns a `framecast.StreamingMetric`, or an object with the same
    state, `update` and `compute` (`framecast.MetricAccumulator`).

    A number can be compared only with numbers of the same protocol. A metric that knows several has a setting
    `protocol`, a Literal of their names (`protocols`); its value is printed and stored with every number.

    `value_range` is a `framecast.ValueRange`, (low, high) with `bounded`. Truth and prediction are treated alike:
    a metric that clamps clamps both, and only where the range is bounded.

    `requires` names the output it scores. `unit(settings)` says in a word what its protocol makes of the number,
    such as "× 1000" or "dB".

    `accepts(settings, sample_shape)` returns None where the metric can score such frames or classes, else the
    reason in a sentence; it needs no torch. `ready(settings)` raises InputError where something that it needs,
    such as a package or a file of weights, is missing on this machine. Both are asked before a run begins.
    """

    name: str
    summary: str
    build: Function[[S, ValueRange], MetricAccumulator]
    direction: Literal["min", "max"]
    settings: type[S] = _NO_SETTINGS
    requires: Answer = "frames"
    accepts: Function[[S, SampleShape], str | None] | None = None
    ready: Function[[S], None] | None = None
    unit: Function[[S], str] = lambda settings: ""

    def __post_init__(self) -> None:
        _check_settings("metric", self.name, self.settings)

    @property
    def protocols(self) -> tuple[str, ...]:
        """The protocols that the metric knows: the choices of its setting `protocol`, none without it."""
        field = self.settings.model_fields.get("protocol")
        return tuple(dict.fromkeys(_choices(field.annotation))) if field else ()


@dataclass(frozen=True)
class Task(Generic[S]):
    """What training means for a kind of problem. `build(settings)` returns a `framecast.TrainingTask`.

    `frames(settings)` is the length of the clips that it needs. `horizon(settings)` returns how many of them the
    model sees and how many it predicts: scores compare only over the same horizon, and `platform predict` and
    `export` take its two lengths. Leave it out where the task has none. `horizon_settings` names the setting that
    is the first length and the one that is the second, None for a length that follows from other settings;
    messages to users name them. `logs` declares the values that `training_step` logs (`framecast.LoggedValue`).
    `baselines` names models, declared with `baseline=True`, that every run is compared with.

    A task that `requires` logits trains recognition models, on data with classes. `readings(settings)` are the
    observed shares of a clip, in growing order, to which values of metrics of logits belong as those of frames
    belong to predicted frames. `accepts(settings, predicts_frames)` returns None where the task can train a
    recognition model that predicts frames, or one that does not, else the reason.
    """

    name: str
    summary: str
    build: Function[[S], TrainingTask]
    frames: Function[[S], int]
    default_metrics: tuple[str, ...]
    settings: type[S] = _NO_SETTINGS
    requires: Answer = "frames"
    readings: Function[[S], tuple[float, ...]] = lambda settings: ()
    baselines: tuple[str, ...] = ()
    horizon: Function[[S], tuple[int, int]] | None = None
    accepts: Function[[S, bool], str | None] | None = None
    horizon_settings: tuple[str | None, str | None] = (None, None)
    logs: tuple[LoggedValue, ...] = ()

    def __post_init__(self) -> None:
        _check_settings("task", self.name, self.settings)
        if len(self.horizon_settings) != 2 or isinstance(self.horizon_settings, str):
            raise ValueError(
                f"task {self.name}: horizon_settings is {self.horizon_settings!r}: name two settings, that of "
                "the frames seen and that of the frames predicted, such as ('history', 'future')"
            )
        named = [name for name in self.horizon_settings if name is not None]
        if named and self.horizon is None:
            raise ValueError(f"task {self.name}: it names horizon_settings and declares no horizon: declare both")
        _ensure_settings(f"task {self.name}: horizon_settings names", named, self.settings)
        names = [value.name for value in self.logs]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"task {self.name}: it declares the logged value {', '.join(twice)} twice")


@dataclass(frozen=True)
class Callback(Generic[S]):
    """A listener. `build(settings, context)` returns a `framecast.RunCallback`, a callable that receives each
    event of the run (`framecast.events`) and the `framecast.RunContext`. Only the process of rank 0 builds it.

    Two checks refuse a job before it begins. `accepts(settings, measured)` returns None, or the reason in
    a sentence where the callback cannot work with these scores (`validation/loss` and `validation/<metric>`); it
    needs no torch. `ready(settings)` raises InputError where a package, a login or a server is missing on this
    machine. If `build` raises, the run ends before it trains.

    A callback that raises during the run is switched off, and the run says so. Training waits for each call,
    unless the callback is declared with `background=True`: then a thread delivers the events, in order, and
    training never waits. There an OSError such as ConnectionError or TimeoutError means "not now": the same
    event is delivered again, after growing pauses. If the callable has a method `deliver(events, context)`, a
    backlog is passed to it in lists.
    """

    name: str
    summary: str
    build: Function[[S, RunContext], RunCallback]
    settings: type[S] = _NO_SETTINGS
    background: bool = False
    accepts: Function[[S, tuple[str, ...]], str | None] | None = None
    ready: Function[[S], None] | None = None

    def __post_init__(self) -> None:
        _check_settings("callback", self.name, self.settings)


Declaration = Model[Any] | Dataset[Any] | Metric[Any] | Task[Any] | Callback[Any]


def _ensure_settings(what: str, names: Collection[str], settings: type[Settings]) -> None:
    """Raises ValueError where one of `names` is no key of the settings; keys of nested settings have dots."""
    if unknown := [name for name in names if not has_setting(settings, name)]:
        known = ", ".join(settings.model_fields) or "none"
        raise ValueError(f"{what} {', '.join(unknown)}, which {settings.__name__} does not have; it has {known}")


def _choices(annotation: Any) -> Iterator[str]:
    """The words of a Literal or an Enum, also within an optional type."""
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        yield from (str(member.value) for member in annotation)
    elif get_origin(annotation) is Literal:
        yield from (word for word in get_args(annotation) if isinstance(word, str))
    else:
        for part in get_args(annotation):
            yield from _choices(part)


def _check_settings(kind: str, name: str, settings: object) -> None:
    """Raises ValueError where a setting has a reserved name."""
    if not (isinstance(settings, type) and issubclass(settings, Settings)):
        return  # the registry says so, with the name of the hook
    for field in settings.__pydantic_fields__:
        why = ""
        if field == "name":
            why = "it chooses the plugin in a job"
        elif field.startswith("model_") and hasattr(Settings, field):
            why = "it would hide a method of pydantic that the platform calls"
        if why:
            raise ValueError(
                f"{kind} {name}: {settings.__qualname__} has a setting {field!r}. That name is reserved, because "
                f"{why}: give the setting another name"
            )
