"""The hooks that a plugin may implement. Each yields declarations of one kind (`framecast.plugin.declarations`).

import framecast

@framecast.hookimpl
def framecast_models():
    yield framecast.Model(name="my_cell", summary="...", settings=MySettings, build=build)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pluggy

from framecast.plugin.declarations import Callback, Dataset, Metric, Model, Task

PROJECT = "framecast"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def framecast_models() -> Iterable[Model[Any]]:  # type: ignore[empty-body]
    """Models: networks that a task can train."""


@hookspec
def framecast_datasets() -> Iterable[Dataset[Any]]:  # type: ignore[empty-body]
    """Data sets: clips by split."""


@hookspec
def framecast_metrics() -> Iterable[Metric[Any]]:  # type: ignore[empty-body]
    """Metrics: scores of predictions against the truth."""


@hookspec
def framecast_tasks() -> Iterable[Task[Any]]:  # type: ignore[empty-body]
    """Tasks: what training means for a kind of problem."""


@hookspec
def framecast_callbacks() -> Iterable[Callback[Any]]:  # type: ignore[empty-body]
    """Callbacks: listeners to a run's events."""
