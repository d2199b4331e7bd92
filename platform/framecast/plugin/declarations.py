"""The five kinds of thing a plugin can declare.

A declaration is a frozen dataclass: cheap to make, safe to compare, and free of torch. The heavy object is
made by its `build` when a job needs it, so that listing plugins imports none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from framecast.plugin.constraint import Constraint
from framecast.plugin.cost import Cost
from framecast.plugin.data_note import DataNote
from framecast.plugin.logged_value import LoggedValue
from framecast.plugin.path import is_path
from framecast.plugin.prepared import Prepared
from framecast.plugin.published_result import PublishedResult
from framecast.plugin.sample_shape import SampleShape
from framecast.plugin.settings import NoSettings, Settings, has_setting

Answer = Literal["frames", "logits"]
"""What a model answers, and a task or a metric asks for: predicted frames, or classes."""


@dataclass(frozen=True)
class Model:
    """A model. `build(settings, sample_shape)` returns a `torch.nn.Module`.

    A video model is called as `model(frames, frames_out, truth=truth, keep_truth=keep_truth)`, its forward is
    `forward(self, frames, frames_out, *, truth=None, keep_truth=None)`: frames (B, T_in, C, H, W) float; returns
    (B, P, C, H, W) with frames_out <= P <= T_in + frames_out - 1, aligned at the end. After the last of `frames`
    the input of a step is the model's last output without `truth`. With `truth` (B, frames_out - 1, C, H, W) it
    is the true frame where the boolean `keep_truth` (B, frames_out - 1) is True, and everywhere where
    `keep_truth` is None (teacher forcing). `framecast.closed_loop` makes that choice. A model that predicts all
    frames at once ignores both. A model without parameters is evaluated, never trained; `baseline` declares one
    that others are compared with, which reports draw as a level.

    A recognition model (`produces="logits"`) is called as `model(frames, frames_out, observed=observed)` and
    returns `framecast.RecognitionOutput`: observed (B, S) int64 says after how many frames of its clip a sample's
    class is asked for, S times in growing order; the logits (B, S, K) of a reading depend on those frames alone. K
    is `sample_shape.classes`. The frames that it predicts with them are as those of a video model, or None where
    `predicts_frames(settings)` is False.

    `activation_checkpointing` says that the module has an attribute `activation_checkpointing`, False: set to
    True, the backward pass computes each layer again from its input instead of keeping its activations.
    `load_published(path, settings)` returns the module with the weights of a checkpoint that others published.

    `accepts(settings, sample_shape, frames_in, frames_out)` returns None where the model can see so many frames of
    that shape and predict so many, else the reason in a sentence: such a job is refused before it costs anything.
    It needs no torch.

    `setting_groups` names settings that act together, such as the sizes of two layers: the report of a search that
    varies two or more of a group shows its scores over the first two of them.
    """

    name: str
    summary: str
    build: Callable[[Any, SampleShape], Any]
    settings: type[Settings] = NoSettings
    produces: Answer = "frames"
    predicts_frames: Callable[[Any], bool] = lambda settings: True
    constraints: tuple[Constraint, ...] = ()
    cost: Callable[[Any, SampleShape], Cost] | None = None
    activation_checkpointing: bool = False
    load_published: Callable[[Path, Any], Any] | None = None
    accepts: Callable[[Any, SampleShape, int, int], str | None] | None = None
    baseline: bool = False
    setting_groups: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
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
class Dataset:
    """A data set. `build(settings, split, frames)` returns a map-style data set of clips.

    A sample is `{"frames": (T, C, H, W)}`, uint8, or float32 in `value_range(settings)`; optionally with `"mask"`
    (T, C, H, W) bool, False where nothing is known; `"label"` int64, the number of one of `classes(settings)`;
    and `"place"` (T,) float32, where in its video each frame lies, from 0 for the first towards 1 for the end, and
    1 or more for frames that only fill up the clip (without it, frame i of T lies at i / T). Splits are `train`,
    `validation` and `test`. `sample_shape(settings, frames)` tells a clip's shape without building anything.

    What is built may have: `set_epoch(epoch)`, told before an epoch's clips are drawn; `sequences`, how many
    videos or spans the clips are cut from; `skipped`, sources left out as (name, reason); `notes`
    (`framecast.DataNote`), what reading found and assumed, shown at the start of a run, in its report and by
    `platform data info`; `normalisation` (`framecast.data.Normalisation`), which is kept in checkpoints and undone
    in predictions; `grouped_by`, what clips that belong together share: a noun such as `video` or `person`, `time`
    where all are cut from long series, `clip` where each is made independently; and with it
    `origin(index) -> framecast.data.ClipOrigin`, which tells a clip's group and place there (not for `clip`).
    Intervals of scores treat each group, or block of time, as one observation; without `grouped_by` each clip.

    Where raw files must be made ready first: `prepare(settings, progress)` does it, telling `progress` the videos
    done and all there are, and returns `framecast.Prepared`; a second call goes on, or finds nothing to do.
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
    build: Callable[[Any, str, int], Any]
    sample_shape: Callable[[Any, int], SampleShape]
    settings: type[Settings] = NoSettings
    value_range: Callable[[Any], tuple[float, float]] = lambda settings: (0.0, 1.0)
    bounded: Callable[[Any], bool] = lambda settings: True
    classes: Callable[[Any], tuple[str, ...]] = lambda settings: ()
    prepare: Callable[[Any, Callable[[int, int], None]], Prepared] | None = None
    ready: Callable[[Any], None] | None = None
    count_clips: Callable[[Any, str, int], int | None] = lambda settings, split, frames: None
    frame_format: Callable[[Any], Any] | None = None
    frame_step: Callable[[Any], int] = lambda settings: 1
    unchanged_by: Callable[[Any], Collection[str]] = lambda settings: ()
    read_source: Callable[[Any, Path, Any, int, int], Any] | None = None
    source_notes: Callable[[Any, Path, Any], Sequence[DataNote]] | None = None
    colours: bool = True
    published: tuple[PublishedResult, ...] = ()

    @property
    def folder_setting(self) -> str | None:
        """The setting that says where the files are: the first that is a `framecast.Path`; None without one."""
        fields = self.settings.model_fields.items()
        return next((name for name, field in fields if is_path(field.rebuild_annotation())), None)


@dataclass(frozen=True)
class Metric:
    """A metric. `build(settings, value_range)` returns an object that streams (see `framecast.StreamingMetric`).

    A number can be compared only with numbers of the same protocol. A metric that knows several has a setting
    `protocol`, a Literal of their names (`protocols`); its value is printed and stored with every number.

    `value_range` is a `framecast.ValueRange`, (low, high) with `bounded`. Truth and prediction are treated alike:
    a metric that clamps clamps both, and only where the range is bounded.

    `update(prediction, target, mask=None)` returns per-sample values (B, ...) and adds them to its float64
    `state`, which the engine sums over processes before `compute()`. `requires` names the output it scores.
    `unit(settings)` says in a word what its protocol makes of the number, such as "× 1000" or "dB".

    `accepts(settings, sample_shape)` returns None where the metric can score such frames or classes, else the
    reason in a sentence; it needs no torch. `ready(settings)` raises InputError where something that it needs,
    such as a package or a file of weights, is missing on this machine. Both are asked before a run begins.
    """

    name: str
    summary: str
    build: Callable[[Any, tuple[float, float]], Any]
    direction: Literal["min", "max"]
    settings: type[Settings] = NoSettings
    requires: Answer = "frames"
    accepts: Callable[[Any, SampleShape], str | None] | None = None
    ready: Callable[[Any], None] | None = None
    unit: Callable[[Any], str] = lambda settings: ""

    @property
    def protocols(self) -> tuple[str, ...]:
        """The protocols that the metric knows: the choices of its setting `protocol`, none without it."""
        field = self.settings.model_fields.get("protocol")
        return tuple(dict.fromkeys(_choices(field.annotation))) if field else ()


@dataclass(frozen=True)
class Task:
    """What training means for a kind of problem. `build(settings)` returns an object with

    - `training_step(model, batch, progress) -> (loss, logs)`: the mean loss over the batch, a scalar
    - `evaluation_step(model, batch) -> framecast.EvaluationOutputs`
    - `learning_rate_factor`: multiplies the job's learning rate
    - `after_evaluation(metrics, epoch)`: moves its schedules; metrics by name ("validation/loss"), epochs done
    - `state_dict()`, `load_state_dict(state)`: its schedules as plain numbers, for checkpoints

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
    build: Callable[[Any], Any]
    frames: Callable[[Any], int]
    default_metrics: tuple[str, ...]
    settings: type[Settings] = NoSettings
    requires: Answer = "frames"
    readings: Callable[[Any], tuple[float, ...]] = lambda settings: ()
    baselines: tuple[str, ...] = ()
    horizon: Callable[[Any], tuple[int, int]] | None = None
    accepts: Callable[[Any, bool], str | None] | None = None
    horizon_settings: tuple[str | None, str | None] = (None, None)
    logs: tuple[LoggedValue, ...] = ()

    def __post_init__(self) -> None:
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
class Callback:
    """A listener. `build(settings, run_folder)` returns a callable that takes each event of the run
    (`framecast.events`) and returns None, or `framecast.Stop(reason)` to end the run at the next step.

    Two checks refuse a job before it begins. `accepts(settings, measured)` returns None, or the reason in
    a sentence where the callback cannot work with these scores (`validation/loss` and `validation/<metric>`); it
    needs no torch. `ready(settings)` raises InputError where a package, a login or a server is missing on this
    machine. If `build` raises, the run ends before it trains.

    A callback that raises during the run is switched off, and the run says so. Training waits for each call,
    unless the callback is declared with `background=True`: then a thread delivers the events, in order, and
    training never waits. There an OSError such as ConnectionError or TimeoutError means "not now": the same
    event is delivered again, after growing pauses. If the callable has a method `deliver(events)`, a backlog is
    handed to it in lists.
    """

    name: str
    summary: str
    build: Callable[[Any, Path], Callable[[Any], Any]]
    settings: type[Settings] = NoSettings
    background: bool = False
    accepts: Callable[[Any, tuple[str, ...]], str | None] | None = None
    ready: Callable[[Any], None] | None = None


Declaration = Model | Dataset | Metric | Task | Callback

KINDS: dict[str, type[Declaration]] = {
    "model": Model,
    "data": Dataset,
    "metric": Metric,
    "task": Task,
    "callback": Callback,
}
"""Each kind by the word that jobs and listings use for it."""


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
