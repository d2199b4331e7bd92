"""The job: what a user can write in a job file. The docstrings of its sections are its documentation."""

from __future__ import annotations

from pydantic import Field

from framecast.job.checkpoints import Checkpoints
from framecast.job.compute import Compute
from framecast.job.deepspeed import DeepSpeed
from framecast.job.search import Search
from framecast.job.section import PluginSection
from framecast.job.training import Training
from framecast.plugin.settings import Settings

SECTIONS = {"task": "task", "model": "model", "data": "data"}
"""Keys whose section belongs to a plugin, and the kind of plugin."""
LISTS = {"metrics": "metric", "callbacks": "callback"}
"""Keys whose value is a list of plugins' sections."""


class Job(Settings):
    """A job: what to train, on what, and how."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
    """Name of the job and of its folder of runs: letters, digits, dots, dashes and underscores."""

    extends: str | None = None
    """Another job file, relative to this one, whose keys are taken first."""

    task: PluginSection
    """What training means: how a batch becomes a loss and a prediction."""

    model: PluginSection
    """The network."""

    data: PluginSection
    """The clips."""

    metrics: list[PluginSection] | None = Field(None, max_length=100)
    """Scores of the evaluation; null means the task's own list."""

    training: Training = Training()
    deepspeed: DeepSpeed = DeepSpeed()
    compute: Compute = Compute()
    checkpoints: Checkpoints = Checkpoints()

    callbacks: list[PluginSection] = Field(default_factory=list, max_length=100)
    """Listeners to the run; `platform plugins list` shows those installed."""

    search: Search | None = None
    """Makes the job a search: many trainings, each with other settings. null trains once."""

    plugins: list[str] = Field(default_factory=list, max_length=100)
    """Plugins beside the installed ones: modules, or paths of files or packages relative to the job file."""
