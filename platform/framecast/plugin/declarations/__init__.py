"""The five kinds of thing a plugin can declare.

A declaration is a frozen dataclass: cheap to make, safe to compare, and free of torch. The heavy object is
made by its `build` when a job needs it, so that listing plugins imports none of them. What `build` returns is
described in `framecast.plugin.protocols`, one file for each kind.

Each declaration is generic in its settings class: `Model[MySettings]` passes a `MySettings` to its functions.
"""

from __future__ import annotations

from typing import Any

from framecast.plugin.declarations.answer import Answer
from framecast.plugin.declarations.callback import Callback
from framecast.plugin.declarations.dataset import Dataset
from framecast.plugin.declarations.metric import Metric
from framecast.plugin.declarations.model import Model
from framecast.plugin.declarations.task import Task

Declaration = Model[Any] | Dataset[Any] | Metric[Any] | Task[Any] | Callback[Any]

__all__ = ["Answer", "Callback", "Dataset", "Declaration", "Metric", "Model", "Task"]
