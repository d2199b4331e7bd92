"""Whether two plans are scored on the same clips and over the same horizon: else their scores do not compare."""

from __future__ import annotations

from typing import Any

from framecast.job.plan import Plan


def differing_data(first: Plan, other: Plan) -> list[str]:
    """The settings of the data that differ, as a job writes them."""
    ours, theirs = first.data.to_dict(), other.data.to_dict()
    if ours["name"] != theirs["name"]:
        return ["data.name"]
    return [f"data.{name}" for name in ours if ours[name] != theirs.get(name)]


def differing_horizon(first: Plan, other: Plan) -> list[str]:
    """The settings of the task that differ and decide what is seen and predicted, or after which observed shares
    classes are asked for; what only training heeds, such as curricula, may differ."""
    if first.task.name != other.task.name:
        return ["task.name"]
    ours, theirs = first.task.settings, other.task.settings
    differing = [name for name in type(ours).model_fields if getattr(ours, name) != getattr(theirs, name)]
    wanted = _horizon(first, ours)
    if _horizon(first, theirs) == wanted:
        return []
    alone = [
        name
        for name in differing
        if _horizon(first, ours.model_copy(update={name: getattr(theirs, name)})) != wanted
    ]
    return [f"task.{name}" for name in alone or differing]


def _horizon(plan: Plan, settings: Any) -> tuple[Any, ...]:
    task = plan.task.declaration
    horizon = task.horizon(settings) if task.horizon else ()
    return task.frames(settings), tuple(task.readings(settings)), *horizon
