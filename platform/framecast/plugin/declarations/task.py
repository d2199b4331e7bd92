"""The declaration of a task."""

from __future__ import annotations

from collections.abc import Callable as Function
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic

from framecast.plugin.declarations.answer import Answer
from framecast.plugin.declarations.settings_class import NO_SETTINGS, S, ensure_settings, validate_settings
from framecast.plugin.logged_value import LoggedValue

if TYPE_CHECKING:
    from framecast.plugin.protocols.training_task import TrainingTask


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
    settings: type[S] = NO_SETTINGS
    requires: Answer = "frames"
    readings: Function[[S], tuple[float, ...]] = lambda settings: ()
    baselines: tuple[str, ...] = ()
    horizon: Function[[S], tuple[int, int]] | None = None
    accepts: Function[[S, bool], str | None] | None = None
    horizon_settings: tuple[str | None, str | None] = (None, None)
    logs: tuple[LoggedValue, ...] = ()

    def __post_init__(self) -> None:
        validate_settings("task", self.name, self.settings)
        if len(self.horizon_settings) != 2 or isinstance(self.horizon_settings, str):
            raise ValueError(
                f"task {self.name}: horizon_settings is {self.horizon_settings!r}: name two settings, that of "
                "the frames seen and that of the frames predicted, such as ('history', 'future')"
            )
        named = [name for name in self.horizon_settings if name is not None]
        if named and self.horizon is None:
            raise ValueError(f"task {self.name}: it names horizon_settings and declares no horizon: declare both")
        ensure_settings(f"task {self.name}: horizon_settings names", named, self.settings)
        names = [value.name for value in self.logs]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"task {self.name}: it declares the logged value {', '.join(twice)} twice")
