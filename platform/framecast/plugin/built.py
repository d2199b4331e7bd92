"""Checks of what a plugin's `build` returned, and adapters for plain objects that lack the optional members."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, NoReturn, cast

from framecast.plugin.adapted_dataset import AdaptedDataset
from framecast.plugin.protocols.clip_dataset import ClipDataset
from framecast.plugin.protocols.run_callback import RunCallback
from framecast.plugin.protocols.training_task import TrainingTask

if TYPE_CHECKING:
    from torch import nn

    from framecast.plugin.protocols.metric_accumulator import MetricAccumulator
    from framecast.plugin.streaming_metric import StreamingMetric


class WrongResult(TypeError):
    """`build` returned something that its kind of declaration does not allow; the message completes "build"."""


def check_model(built: object) -> nn.Module:
    """The same object. Raises WrongResult where it is no `torch.nn.Module`."""
    from torch import nn

    return built if isinstance(built, nn.Module) else _refuse(built, "a torch.nn.Module")


def adapt_dataset(built: object) -> ClipDataset:
    """The same object, or a plain map-style data set of PyTorch as a `ClipDataset`. Raises WrongResult where it
    has no length or no items."""
    if isinstance(built, ClipDataset):
        return built
    if not (hasattr(built, "__len__") and hasattr(built, "__getitem__")):
        _refuse(built, "a map-style data set, with __len__ and __getitem__")
    return AdaptedDataset(built)


def adapt_metric(built: object) -> StreamingMetric:
    """The same object, or a metric that has its own state, update and compute as a `StreamingMetric`. Raises
    WrongResult where it has none."""
    from framecast.plugin.adapted_metric import AdaptedMetric
    from framecast.plugin.streaming_metric import StreamingMetric

    if isinstance(built, StreamingMetric):
        return built
    if not (hasattr(built, "update") and hasattr(built, "compute")):
        _refuse(built, "a framecast.StreamingMetric, or an object with state, update and compute")
    return AdaptedMetric(cast("MetricAccumulator", built))


def check_task(built: object) -> TrainingTask:
    """The same object. Raises WrongResult that names the members it lacks."""
    if isinstance(built, TrainingTask):
        return built
    wanted = [name for name in vars(TrainingTask) if not name.startswith("_")]
    missing = sorted(name for name in wanted if not hasattr(built, name))
    raise WrongResult(f"returned {_kind(built)}, which has no {', '.join(missing)}")


def check_callback(built: object) -> RunCallback:
    """The same object. Raises WrongResult where it cannot be called with an event and a context."""
    if not callable(built):
        _refuse(built, "a callable that takes (event, context)")
    try:
        inspect.signature(built).bind(None, None)
    except TypeError:
        raise WrongResult(f"returned {_kind(built)}, which cannot be called with (event, context)") from None
    except ValueError:  # handled: some builtins have no signature, such as the method `append` of a list
        pass
    return built


def _refuse(built: object, wanted: str) -> NoReturn:
    raise WrongResult(f"returned {_kind(built)}, not {wanted}")


def _kind(built: object) -> str:
    if built is None or inspect.isclass(built):
        return "None" if built is None else f"the class {built.__name__}"
    return (
        f"the function {built.__name__}" if inspect.isfunction(built) else f"an object of {type(built).__name__}"
    )
