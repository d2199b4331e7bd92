"""What happens in a run, as plain data. Each event at its place in the loop (`framecast/engine/loop.py`):

    assemble, restore the newest checkpoint        RunStarted         once for each attempt
    look at the data                               DatasetLoaded      train, then validation
    for each epoch:
        for each batch:
            task.training_step, backward, step     StepDone
            every `checkpoints.every_steps`        CheckpointSaved
        every `training.evaluate_every` epochs:
            the first time, each baseline          Evaluated          name of the baseline
            the model, fed with its own outputs    Evaluated          name "model"
            task.after_evaluation
        every `checkpoints.every` epochs, or best  CheckpointSaved
    the last epoch, `max_steps`, `max_hours`, or a callback that requests it:
        evaluate and save as above                 RunFinished
    Ctrl-C, `platform stop`, a signal:
        save, at this very step                    RunInterrupted     `platform resume` begins above again
    what trying again cannot mend                  RunFailed

    what a user should know, at any time           Warned

A search has its own events: SearchStarted, then SearchFinished, RunInterrupted or RunFailed.

An event that ends something has a `cause` for programs and a `reason`, a sentence, for people.

Events are appended to events.jsonl by rank 0. The console, the report, `platform status` and callbacks all
read the same ones.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field

from framecast.json_text import to_json
from framecast.plugin.cause import Cause


@dataclass(frozen=True)
class Event:
    """Base of all events. `time` is in seconds since 1970."""

    time: float = field(default_factory=time.time, kw_only=True)

    def to_json(self) -> str:
        return to_json({"event": type(self).__name__, **asdict(self)})


@dataclass(frozen=True)
class RunStarted(Event):
    """An attempt begins; `step` and `epoch` (with `batch` batches of it done) are what it restored, or 0."""

    attempt: int
    step: int
    epoch: int
    batch: int
    steps_per_epoch: int
    total_steps: int
    workers: int
    device: str
    precision: str
    strategy: str
    parameters: int


@dataclass(frozen=True)
class DatasetLoaded(Event):
    """A split of the data as it was found: `clips` cut from `sequences` videos or spans (None: not from videos);
    `skipped` sources were left out, of which the first few are named in `reasons`. `notes` say what reading found
    and assumed, `warnings` what is probably a mistake; each is a line, "subject: text"."""

    split: str
    clips: int
    sequences: int | None
    skipped: int
    reasons: list[str]
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class StepDone(Event):
    """One optimizer step, of `seconds`, after `data_wait` seconds of waiting for its clips (first worker).

    `loss` is the mean over the global batch; `skipped`: fp16 overflowed, weights kept. Of `seconds`, `forward`
    and `backward` are what those took; the rest is the optimizer and the exchange between workers. `memory` is
    the peak so far in MiB, of the device, or on a CPU of the process.
    """

    step: int
    epoch: int
    loss: float
    gradient_norm: float | None
    learning_rate: float
    loss_scale: float | None
    skipped: bool
    seconds: float
    logs: dict[str, float]
    data_wait: float = 0.0
    forward: float = 0.0
    backward: float = 0.0
    memory: float = 0.0


@dataclass(frozen=True)
class Evaluated(Event):
    """Scores on a split. `name` is "model" or a baseline's; `metrics` by `split/metric`; `per_frame` likewise."""

    step: int
    epoch: int
    name: str
    split: str
    metrics: dict[str, float]
    per_frame: dict[str, list[float]]
    samples: int
    seconds: float


@dataclass(frozen=True)
class CheckpointSaved(Event):
    """A checkpoint is complete on disk. `folder` is relative to the run's checkpoints; `monitor` names what
    decides which one is best, `value` is what it was here."""

    step: int
    epoch: int
    folder: str
    best: bool
    monitor: str
    value: float | None


@dataclass(frozen=True)
class Warned(Event):
    """Something that the user should know, which did not end the run: an older checkpoint was taken, fp16
    overflowed. `message` says what, and what it means for the run."""

    step: int
    message: str


@dataclass(frozen=True)
class RunFinished(Event):
    """Training is done: `reason` says which limit ended it."""

    step: int
    reason: str
    cause: Cause | None = None


@dataclass(frozen=True)
class RunInterrupted(Event):
    """The run stopped early, with a checkpoint at this very step; it can be resumed."""

    step: int
    reason: str
    cause: Cause | None = None


@dataclass(frozen=True)
class RunFailed(Event):
    """The run cannot continue; `reason` is for the user, the traceback is in the run's logs."""

    step: int
    reason: str
    cause: Cause | None = None


@dataclass(frozen=True)
class SearchStarted(Event):
    """A search begins, or continues; `trials` is how many it will have in all: as many as were asked for, or as
    its space has points."""

    trials: int


@dataclass(frozen=True)
class SearchFinished(Event):
    """All `trials` of a search have ended, or its space has no point left; `reason` says which."""

    trials: int
    reason: str
    cause: Cause | None = None


ENDINGS = (RunFinished, RunInterrupted, RunFailed)
"""The events that end an attempt."""
