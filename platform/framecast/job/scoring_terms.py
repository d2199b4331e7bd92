"""Whether two plans are scored on the same clips and over the same horizon: else their scores do not compare."""

from __future__ import annotations

from typing import Any, Protocol


class Scored(Protocol):
    """A plan, or what was recorded of one."""

    @property
    def settings(self) -> dict[str, Any]:
        """The job as plain data, every default filled in."""

    @property
    def scored_over(self) -> tuple[Any, ...]:
        """What of the task decides which frames are seen and predicted."""

    @property
    def horizon_keys(self) -> tuple[str | None, str | None]:
        """The keys of a job that set the two lengths of the horizon; None for one that no key sets."""


def differing_data(first: Scored, other: Scored) -> list[str]:
    """The settings of the data that differ, as a job writes them."""
    return _differing("data", first, other)


def differing_horizon(first: Scored, other: Scored) -> list[str]:
    """The settings of the task that differ where what is seen and predicted, or the observed shares, differ; what
    only training heeds, such as curricula, may differ."""
    keys = _differing("task", first, other)
    if keys == ["task.name"]:
        return keys
    if first.scored_over == other.scored_over:
        return []
    lengths = [".".join(key.split(".")[:2]) for key in first.horizon_keys if key]
    return [key for key in keys if key in lengths] or keys


def _differing(section: str, first: Scored, other: Scored) -> list[str]:
    ours, theirs = first.settings[section], other.settings[section]
    if ours["name"] != theirs["name"]:
        return [f"{section}.name"]
    return [f"{section}.{name}" for name in ours if ours[name] != theirs.get(name)]
