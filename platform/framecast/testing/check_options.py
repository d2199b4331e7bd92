"""What the author of a plugin gives to the kit beside the plugin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class CheckOptions:
    """`settings` of the plugin, as a job writes them: small ones make checks quick. Of a data set that reads files
    they may be a function that writes small real files into an empty folder and returns the settings; then
    the kit also damages and removes such files.

    `frames_in` and `frames_out` are the lengths at which a model is checked. `reference` is a slow and obvious
    form of a metric: the value of one frame, from prediction and target (C, H, W), or of one sample from logits
    (K,) and its label. `job` holds sections laid over the kit's own small job, where a task or a callback needs
    another model or other data: {"model": {"name": "my_cell"}}.
    """

    settings: Mapping[str, Any] | Callable[[Path], Mapping[str, Any]] = field(default_factory=dict)
    frames_in: int = 10
    frames_out: int = 3
    reference: Callable[[Any, Any], float] | None = None
    job: Mapping[str, Any] = field(default_factory=dict)
