"""What is asked of a task. Every public function is a check.

A task trains the kit's own small model on the kit's own clips, or what its author's `job` names.
Dimensions: B batch.
"""

from __future__ import annotations

import copy
import json
import math
from functools import reduce
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import default_collate

from framecast.errors import InputError
from framecast.job.plan import Plan
from framecast.plugin.events import RunFinished
from framecast.plugin.outputs import EvaluationOutputs
from framecast.plugin.protocols.training_task import TrainingTask
from framecast.plugin.step_context import StepContext
from framecast.testing.global_state import untouched
from framecast.testing.plugin_under_test import PluginUnderTest
from framecast.testing.short_run import short_plan, short_run
from framecast.testing.verdict import LeftOut, require

_STEPS = 60
_EPOCHS = 60
_BATCH = 4
_FALL = 0.8
"""Share of the first loss that the last must be below."""


def its_loss_falls_on_one_batch(subject: PluginUnderTest) -> None:
    """Trained again and again on one batch, a model gets better at it.

    If not, the loss does not belong to what the model is asked, or no gradient leads from it to the weights: look
    for `detach`, `.item()` and torch.no_grad in `training_step`."""
    _, task, model, batch = _parts(subject)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for step in range(_STEPS):
        torch.manual_seed(step)
        loss, logs = task.training_step(model, batch, _progress(step))
        require(
            isinstance(loss, Tensor) and loss.ndim == 0, f"training_step returns {type(loss).__name__}, no scalar"
        )
        require(loss.requires_grad, "no gradient leads from the loss to the weights")
        require(all(isinstance(value, int | float | Tensor) for value in logs.values()), f"its logs are {logs}")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    require(all(map(math.isfinite, losses)), "it is not a number")
    require(
        losses[-1] < _FALL * losses[0], f"after {_STEPS} steps it is {losses[-1]:.4g}, and was {losses[0]:.4g}"
    )


def its_loss_is_the_mean_over_samples(subject: PluginUnderTest) -> None:
    """The loss of a batch is the mean of its samples' losses, so that a job is the same on any number of workers.

    Workers' losses are weighted by their samples. Average over the batch last, and never divide by what differs
    from batch to batch."""
    _, task, model, batch = _parts(subject)
    whole = _loss(task, model, batch, range(_BATCH))
    halves = [
        _loss(task, model, {name: value[part] for name, value in batch.items()}, range(_BATCH)[part])
        for part in (slice(0, 1), slice(1, None))
    ]
    mean = (halves[0] + (_BATCH - 1) * halves[1]) / _BATCH
    require(math.isclose(whole, mean, rel_tol=1e-4), f"it is {whole:.6g} together and {mean:.6g} in two parts")


def its_draws_depend_on_the_position_alone(subject: PluginUnderTest) -> None:
    """What `training_step` draws follows from seed, epoch and the samples' positions: a resumed run draws the
    same.

    Draw by `progress.uniform(count, purpose)`, or from a generator seeded likewise, never from torch's."""
    _, task, model, batch = _parts(subject)
    losses = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        losses.append(float(task.training_step(model, batch, _progress(0))[0].detach()))
    require(losses[0] == losses[1], f"one step has the losses {losses[0]:.6g} and {losses[1]:.6g}")


def it_logs_what_it_declares(subject: PluginUnderTest) -> None:
    """`training_step` logs the values that the task declares as `logs`, and no others; a share lies in [0, 1].

    Declare each with framecast.LoggedValue: reports take its label and its axis from there."""
    _, task, model, batch = _parts(subject)
    declared = {value.name: value for value in subject.task.logs}
    logged: dict[str, list[float]] = {}
    for epoch in range(_EPOCHS):
        for name, value in task.training_step(model, batch, _progress(epoch))[1].items():
            logged.setdefault(name, []).append(float(value))
        task.after_evaluation(_metrics(subject), epoch + 1)
    undeclared = sorted(logged.keys() - declared.keys())
    require(not undeclared, f"it logs {', '.join(undeclared)}, which the task does not declare")
    missing = sorted(declared.keys() - logged.keys())
    require(not missing, f"the task declares {', '.join(missing)}, which no step has logged")
    for name, values in logged.items():
        beyond = [value for value in values if not 0 <= value <= 1] if declared[name].share else []
        require(not beyond, f"{name} is declared as a share and has been {beyond[:1]}")


def its_horizon_is_that_of_its_settings(subject: PluginUnderTest) -> None:
    """`horizon(settings)`, where it is declared, returns the frames seen and the frames predicted: together no
    more than the clip has. Each of `horizon_settings` is the setting that has this very number.

    Name None for a length that follows from other settings."""
    declaration, settings = subject.task, subject.settings
    if declaration.horizon is None:
        raise LeftOut("the task has no horizon")
    lengths = declaration.horizon(settings)
    sound = isinstance(lengths, tuple) and len(lengths) == 2 and all(isinstance(each, int) for each in lengths)
    require(sound and lengths[0] > 0 <= lengths[1], f"horizon returns {lengths!r}")
    frames = declaration.frames(settings)
    require(sum(lengths) <= frames, f"it sees and predicts {' + '.join(map(str, lengths))} frames of {frames}")
    for key, length in zip(declaration.horizon_settings, lengths, strict=True):
        value = reduce(getattr, key.split("."), settings) if key else length
        require(
            value == length, f"horizon_settings names {key}, which is {value!r} where the horizon has {length}"
        )


def evaluation_tells_each_sample_apart(subject: PluginUnderTest) -> None:
    """`evaluation_step` returns framecast.EvaluationOutputs: the loss of each sample (B,), and by name what
    metrics compare, prediction and target of one batch.

    Scores of single clips are stored and resampled, so none may depend on its neighbours."""
    _, task, model, batch = _parts(subject)
    outputs = _evaluated(task, model, batch)
    require(isinstance(outputs, EvaluationOutputs), f"it returns {type(outputs).__name__}")
    require(tuple(outputs.loss.shape) == (_BATCH,), f"its loss is {tuple(outputs.loss.shape)}, not ({_BATCH},)")
    for name, compared in outputs.compared.items():
        pair = compared.prediction, compared.target
        require(all(each.shape[0] == _BATCH for each in pair), f"{name} has another batch than the clips")
        require(
            name != "frames" or pair[0].shape == pair[1].shape, "frames are compared with others of another shape"
        )
    alone = _evaluated(task, model, {name: value[:1] for name, value in batch.items()})
    require(torch.allclose(alone.loss, outputs.loss[:1], rtol=1e-4), "a sample's loss changes with its neighbours")


def evaluation_is_repeatable(subject: PluginUnderTest) -> None:
    """Evaluating twice gives the same, whatever was drawn before; it changes neither the model nor random states.

    Keep random feedback of true frames, noise and augmentation to `training_step`."""
    _, task, model, batch = _parts(subject)
    kept = copy.deepcopy(model.state_dict())
    torch.manual_seed(0)
    first = _evaluated(task, model, batch)
    torch.manual_seed(1)
    with untouched("an evaluation"):
        second = _evaluated(task, model, batch)
    require(torch.equal(first.loss, second.loss), "the second time the losses are others")
    same = all(torch.equal(value, kept[name]) for name, value in model.state_dict().items())
    require(same, "it changes the model's weights")


def its_schedules_survive_a_checkpoint(subject: PluginUnderTest) -> None:
    """`state_dict()` is plain numbers, texts, lists and dicts, and holds all that `after_evaluation` moves: a
    task that loads it continues as the first would.

    Whatever decides a later step and is not a setting belongs into it."""
    _, task, model, batch = _parts(subject)
    metrics = _metrics(subject)
    for epoch in range(1, 40):
        task.after_evaluation(metrics, epoch)
    try:
        written = json.dumps(task.state_dict(), allow_nan=False)
    except (TypeError, ValueError) as error:
        require(False, f"it cannot be written as JSON: {error}")
    other = subject.build()
    other.load_state_dict(json.loads(written))
    for epoch in range(40, 80):
        states = [
            (each.learning_rate_factor, _loss(each, model, batch, range(_BATCH)), json.dumps(each.state_dict()))
            for each in (task, other)
        ]
        require(
            states[0] == states[1],
            f"after epoch {epoch} the one that was loaded differs: {states[1]}, not {states[0]}",
        )
        for each in (task, other):
            each.after_evaluation(metrics, epoch)


def what_it_names_is_there(subject: PluginUnderTest) -> None:
    """`frames(settings)` is the length of its clips; `default_metrics` and `baselines` name metrics and models
    that are installed; baselines are models declared with `baseline=True`, and have no parameters.

    Depend on the distribution that declares them."""
    frames = subject.task.frames(subject.settings)
    require(isinstance(frames, int) and frames > 0, f"frames tells {frames!r}")
    for kind, names in (("metric", subject.task.default_metrics), ("model", subject.task.baselines)):
        for name in names:
            try:
                subject.registry.find(kind, name)
            except InputError as error:
                require(False, str(error))
    plan, task, _, batch = _parts(subject)
    for part in plan.baselines:
        require(part.declaration.baseline, f"the model {part.name} is not declared with baseline=True")
        baseline = part.build(plan.sample_shape)
        require(not list(baseline.parameters()), f"the baseline {part.name} has parameters")
        _evaluated(task, baseline, batch)


def it_trains_in_a_real_run(subject: PluginUnderTest) -> None:
    """A short run of the engine ends as it should, with scores by the default metrics.

    `platform submit` with this task and your own model shows the same at length."""
    run = short_run(subject, short_plan(subject, task=_section(subject)))
    require(isinstance(run.ending, RunFinished), f"it ends with {run.ending}")


def _metrics(subject: PluginUnderTest) -> dict[str, float]:
    """What an evaluation could measure: no better each time, so that schedules move."""
    names = ("loss", *subject.task.default_metrics)
    return {f"validation/{name}": 1.0 for name in names}


def _section(subject: PluginUnderTest) -> dict[str, Any]:
    return {**subject.settings.model_dump(mode="json"), "name": subject.task.name}


def _parts(subject: PluginUnderTest) -> tuple[Plan, TrainingTask, nn.Module, dict[str, Tensor]]:
    """The plan, the task, a model and a batch of four clips."""
    plan = short_plan(subject, task=_section(subject))
    torch.manual_seed(0)
    model = plan.model.build(plan.sample_shape)
    clips = plan.data.build("train", plan.frames)
    task = subject.build()
    return plan, task, model, default_collate([clips[index] for index in range(_BATCH)])


def _progress(step: int, positions: range = range(_BATCH)) -> StepContext:
    return StepContext(seed=0, epoch=0, step=step, positions=tuple(positions))


def _loss(task: TrainingTask, model: nn.Module, batch: dict[str, Tensor], positions: range) -> float:
    torch.manual_seed(0)
    return float(task.training_step(model, batch, _progress(0, positions))[0].detach())


def _evaluated(task: TrainingTask, model: nn.Module, batch: dict[str, Tensor]) -> EvaluationOutputs:
    with torch.no_grad():
        return task.evaluation_step(model.eval(), batch)
