"""Framecast: train spatio-temporal models from one job file.

What plugin authors and notebooks import. Every name is resolved on first use (PEP 562), so that
`import framecast` loads neither torch nor ray nor deepspeed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from framecast.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from framecast import bounded, data, safe_files
    from framecast.cli.run_from_python import run
    from framecast.command_line import command
    from framecast.engine.frame_loss import as_floats, l1_and_squared
    from framecast.engine.outputs import Compared, EvaluationOutputs, Recognised
    from framecast.engine.progress import Progress
    from framecast.engine.streaming_metric import MetricValue, StreamingMetric
    from framecast.errors import InputError, TrainingFailed, did_you_mean, without_credentials
    from framecast.evaluation.load import load
    from framecast.registry.constraint import Constraint
    from framecast.registry.hooks import hookimpl
    from framecast.registry.kinds import (
        Callback,
        Cost,
        DataNote,
        Dataset,
        Metric,
        Model,
        Prepared,
        PublishedResult,
        SampleShape,
        Task,
    )
    from framecast.registry.path import Path
    from framecast.registry.settings import Settings
    from framecast.registry.value_range import ValueRange
    from framecast.runs import events
    from framecast.runs.events import Stop
    from framecast.torchvision_import import import_torchvision

_MODULES = {
    "Callback": "framecast.registry.kinds",
    "Compared": "framecast.engine.outputs",
    "Constraint": "framecast.registry.constraint",
    "Cost": "framecast.registry.kinds",
    "DataNote": "framecast.registry.kinds",
    "Dataset": "framecast.registry.kinds",
    "EvaluationOutputs": "framecast.engine.outputs",
    "InputError": "framecast.errors",
    "Metric": "framecast.registry.kinds",
    "MetricValue": "framecast.engine.streaming_metric",
    "Model": "framecast.registry.kinds",
    "Path": "framecast.registry.path",
    "Prepared": "framecast.registry.kinds",
    "Progress": "framecast.engine.progress",
    "PublishedResult": "framecast.registry.kinds",
    "Recognised": "framecast.engine.outputs",
    "SampleShape": "framecast.registry.kinds",
    "Settings": "framecast.registry.settings",
    "Stop": "framecast.runs.events",
    "StreamingMetric": "framecast.engine.streaming_metric",
    "Task": "framecast.registry.kinds",
    "TrainingFailed": "framecast.errors",
    "ValueRange": "framecast.registry.value_range",
    "as_floats": "framecast.engine.frame_loss",
    "bounded": "framecast.bounded",
    "command": "framecast.command_line",
    "data": "framecast.data",
    "did_you_mean": "framecast.errors",
    "events": "framecast.runs.events",
    "hookimpl": "framecast.registry.hooks",
    "import_torchvision": "framecast.torchvision_import",
    "l1_and_squared": "framecast.engine.frame_loss",
    "load": "framecast.evaluation.load",
    "plural": "framecast.counting",
    "run": "framecast.cli.run_from_python",
    "safe_files": "framecast.safe_files",
    "without_credentials": "framecast.errors",
}

__all__ = [
    "Callback",
    "Compared",
    "Constraint",
    "Cost",
    "DataNote",
    "Dataset",
    "EvaluationOutputs",
    "InputError",
    "Metric",
    "MetricValue",
    "Model",
    "Path",
    "Prepared",
    "Progress",
    "PublishedResult",
    "Recognised",
    "SampleShape",
    "Settings",
    "Stop",
    "StreamingMetric",
    "Task",
    "TrainingFailed",
    "ValueRange",
    "as_floats",
    "bounded",
    "command",
    "data",
    "did_you_mean",
    "events",
    "hookimpl",
    "import_torchvision",
    "l1_and_squared",
    "lazy_exports",
    "load",
    "plural",
    "run",
    "safe_files",
    "without_credentials",
]

__getattr__ = lazy_exports(__name__, _MODULES)


def __dir__() -> list[str]:
    return __all__
