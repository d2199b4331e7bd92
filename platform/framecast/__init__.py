"""Framecast: train spatio-temporal models from one job file.

What plugin authors and notebooks import. Every name is resolved on first use (PEP 562), so that
`import framecast` loads neither torch nor ray nor deepspeed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from framecast.lazy_exports import lazy_exports

if TYPE_CHECKING:
    import framecast.bounded as bounded
    import framecast.data as data
    import framecast.files as files
    import framecast.plugin.events as events
    from framecast.cli.run_from_python import run
    from framecast.command_line import command
    from framecast.counting import plural
    from framecast.errors import InputError, PluginFailed, TrainingFailed, did_you_mean, without_credentials
    from framecast.evaluation.load import load
    from framecast.plugin.cause import Cause
    from framecast.plugin.closed_loop import closed_loop, closed_loop_in_segments
    from framecast.plugin.compiled import compiled
    from framecast.plugin.constraint import Constraint
    from framecast.plugin.cost import Cost
    from framecast.plugin.data_note import DataNote
    from framecast.plugin.declarations import Callback, Dataset, Metric, Model, Task
    from framecast.plugin.frame_loss import as_floats, l1_and_squared
    from framecast.plugin.hooks import hookimpl
    from framecast.plugin.logged_value import LoggedValue
    from framecast.plugin.outputs import EvaluationOutputs, PredictionTarget, RecognitionOutput
    from framecast.plugin.path import Path
    from framecast.plugin.prepared import Prepared
    from framecast.plugin.protocols.clip_dataset import ClipDataset, MapStyleDataset, Sample
    from framecast.plugin.protocols.metric_accumulator import MetricAccumulator
    from framecast.plugin.protocols.recognition_model import RecognitionModel
    from framecast.plugin.protocols.run_callback import RunCallback
    from framecast.plugin.protocols.training_task import TrainingTask
    from framecast.plugin.protocols.video_model import VideoModel
    from framecast.plugin.published_result import PublishedResult
    from framecast.plugin.run_context import RunContext
    from framecast.plugin.sample_shape import SampleShape
    from framecast.plugin.scalars import scalars
    from framecast.plugin.settings import Settings
    from framecast.plugin.step_context import StepContext
    from framecast.plugin.streaming_metric import MetricValue, StreamingMetric
    from framecast.plugin.torchvision_import import import_torchvision
    from framecast.plugin.triton_support import triton_problem
    from framecast.plugin.value_range import ValueRange

__all__ = [
    "Callback",
    "Cause",
    "ClipDataset",
    "Constraint",
    "Cost",
    "DataNote",
    "Dataset",
    "EvaluationOutputs",
    "InputError",
    "LoggedValue",
    "MapStyleDataset",
    "Metric",
    "MetricAccumulator",
    "MetricValue",
    "Model",
    "Path",
    "PluginFailed",
    "PredictionTarget",
    "Prepared",
    "PublishedResult",
    "RecognitionModel",
    "RecognitionOutput",
    "RunCallback",
    "RunContext",
    "Sample",
    "SampleShape",
    "Settings",
    "StepContext",
    "StreamingMetric",
    "Task",
    "TrainingFailed",
    "TrainingTask",
    "ValueRange",
    "VideoModel",
    "as_floats",
    "bounded",
    "closed_loop",
    "closed_loop_in_segments",
    "command",
    "compiled",
    "data",
    "did_you_mean",
    "events",
    "files",
    "hookimpl",
    "import_torchvision",
    "l1_and_squared",
    "lazy_exports",
    "load",
    "plural",
    "run",
    "scalars",
    "triton_problem",
    "without_credentials",
]

__getattr__ = lazy_exports(__name__)


def __dir__() -> list[str]:
    return __all__
