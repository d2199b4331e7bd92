"""The kinds of thing that a plugin declares: one table for the class, the hook and the entry-point group."""

from __future__ import annotations

from typing import NamedTuple

from framecast.plugin.declarations import Callback, Dataset, Declaration, Metric, Model, Task


class Kind(NamedTuple):
    """The class of the declarations, and the entry-point group that names them in an installed distribution."""

    declaration: type[Declaration]
    group: str

    @property
    def hook(self) -> str:
        """The function in `framecast.plugin.hooks` that yields them; a group's name has a dot in it."""
        return self.group.replace(".", "_")


KINDS: dict[str, Kind] = {
    "model": Kind(Model, "framecast.models"),
    "data": Kind(Dataset, "framecast.datasets"),
    "metric": Kind(Metric, "framecast.metrics"),
    "task": Kind(Task, "framecast.tasks"),
    "callback": Kind(Callback, "framecast.callbacks"),
}
"""By the word that jobs and listings use for the kind."""
