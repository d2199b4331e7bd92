"""The declaration of a metric."""

from __future__ import annotations

from collections.abc import Callable as Function
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, Literal, get_args, get_origin

from framecast.plugin.declarations.answer import Answer
from framecast.plugin.declarations.settings_class import NO_SETTINGS, S, validate_settings
from framecast.plugin.sample_shape import SampleShape
from framecast.plugin.value_range import ValueRange

if TYPE_CHECKING:
    from framecast.plugin.protocols.metric_accumulator import MetricAccumulator


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
    settings: type[S] = NO_SETTINGS
    requires: Answer = "frames"
    accepts: Function[[S, SampleShape], str | None] | None = None
    ready: Function[[S], None] | None = None
    unit: Function[[S], str] = lambda settings: ""

    def __post_init__(self) -> None:
        validate_settings("metric", self.name, self.settings)

    @property
    def protocols(self) -> tuple[str, ...]:
        """The protocols that the metric knows: the choices of its setting `protocol`, none without it."""
        field = self.settings.model_fields.get("protocol")
        return tuple(dict.fromkeys(_choices(field.annotation))) if field else ()


def _choices(annotation: Any) -> Iterator[str]:
    """The words of a Literal or an Enum, also within an optional type."""
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        yield from (str(member.value) for member in annotation)
    elif get_origin(annotation) is Literal:
        yield from (word for word in get_args(annotation) if isinstance(word, str))
    else:
        for part in get_args(annotation):
            yield from _choices(part)
