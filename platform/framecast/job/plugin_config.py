"""A plugin's declaration with the settings that a job gives it, and the one place that builds it."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from framecast.errors import InputError, PluginFailed, TrainingFailed, in_one_line
from framecast.plugin.built import (
    WrongResult,
    adapt_dataset,
    adapt_metric,
    check_callback,
    check_model,
    check_task,
)
from framecast.plugin.declarations import Callback, Dataset, Declaration, Metric, Model, Task
from framecast.plugin.run_context import RunContext
from framecast.plugin.sample_shape import SampleShape
from framecast.plugin.settings import Settings
from framecast.plugin.value_range import ValueRange
from framecast.registry.plugin_source import PluginSource

if TYPE_CHECKING:
    from framecast.plugin.protocols.clip_dataset import ClipDataset
    from framecast.plugin.protocols.network import Network
    from framecast.plugin.protocols.run_callback import RunCallback
    from framecast.plugin.protocols.training_task import TrainingTask
    from framecast.plugin.streaming_metric import StreamingMetric

D = TypeVar("D", bound=Declaration, covariant=True)

_CHECKS: dict[str, Callable[[object], object]] = {
    "model": check_model,
    "data": adapt_dataset,
    "metric": adapt_metric,
    "task": check_task,
    "callback": check_callback,
}


@dataclass(frozen=True)
class PluginConfig(Generic[D]):
    """A plugin's declaration with the settings that the job gives it."""

    kind: str
    declaration: D
    settings: Settings
    source: PluginSource

    @property
    def name(self) -> str:
        return self.declaration.name

    @overload
    def build(self: PluginConfig[Model[Any]], sample_shape: SampleShape, /) -> Network: ...
    @overload
    def build(self: PluginConfig[Dataset[Any]], split: str, frames: int, /) -> ClipDataset: ...
    @overload
    def build(self: PluginConfig[Metric[Any]], value_range: ValueRange, /) -> StreamingMetric: ...
    @overload
    def build(self: PluginConfig[Task[Any]], /) -> TrainingTask: ...
    @overload
    def build(self: PluginConfig[Callback[Any]], context: RunContext, /) -> RunCallback: ...

    def build(self: PluginConfig[Any], *arguments: object) -> object:
        """What the declaration's `build` returns for these settings, checked; a plain data set or metric becomes a
        `ClipDataset` or a `StreamingMetric`.

        Raises PluginFailed, with the line in the plugin, where `build` raises an error of Python's or returns
        something else; InputError, TrainingFailed, OSError and MemoryError as the plugin raised them.
        """
        try:
            return _CHECKS[self.kind](self.declaration.build(self.settings, *arguments))
        except (InputError, TrainingFailed, OSError, MemoryError):
            raise
        except WrongResult as error:
            raise PluginFailed(f"{self.kind} {self.name} cannot be built: its build {error}") from error
        except Exception as error:
            why = f"{in_one_line(error)}{_line_of(error, self.source)}"
            raise PluginFailed(f"{self.kind} {self.name} cannot be built: {why}") from error

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, **self.settings.model_dump(mode="json")}


def _line_of(error: BaseException, source: PluginSource) -> str:
    """` (file:line)` of the innermost frame that belongs to the plugin; empty where there is none."""
    package = source.module.partition(".")[0]
    own = [
        f" ({frame.f_code.co_filename}:{line})"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__", "")).partition(".")[0] == package
    ]
    return own[-1] if own else ""
