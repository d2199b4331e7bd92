"""The training loop, from top to bottom.

begin: restore                                      RunStarted, DatasetLoaded
  -> train: for each epoch
       -> train_epoch: for each batch
            -> train_step: forward, backward, optimizer   StepDone
       -> end_epoch: evaluate (closed loop), schedules    Evaluated
                     checkpoint                           CheckpointSaved
  -> the event that ends the run                          RunFinished | RunInterrupted
"""

from __future__ import annotations

import dataclasses
import math
import time

import torch

from framecast.engine.callback_runner import CallbackRunner
from framecast.engine.checkpoint.checkpointing import Checkpointing
from framecast.engine.components import Components
from framecast.engine.data_loading.batches import MicroBatch
from framecast.engine.distributed_context import DistributedContext
from framecast.engine.evaluation.evaluate import Scores
from framecast.engine.evaluation.validation import Validation
from framecast.engine.loop_state import LoopState
from framecast.engine.optimizer import schedule_factor
from framecast.engine.out_of_memory import translate_oom
from framecast.engine.read_numbers import read_numbers
from framecast.engine.refusal import share_refusals
from framecast.engine.run_folder_watch import RunFolderWatch
from framecast.engine.stopwatch import Stopwatch, peak_memory
from framecast.engine.strategies.loss_scale import LossScaleMonitor, scale_in_words
from framecast.engine.strategies.strategy import StepResult
from framecast.errors import TrainingFailed
from framecast.job.plan import Plan
from framecast.plugin.cause import Cause
from framecast.plugin.events import (
    CheckpointSaved,
    Event,
    RunFinished,
    RunInterrupted,
    RunStarted,
    StepDone,
    Warned,
)
from framecast.plugin.step_context import StepContext
from framecast.runs.run_folder import RunFolder

ENDINGS = (RunInterrupted, RunFinished)
"""How a run may end after a step: the first process says by a number in this order, 0 being that it continues."""


class Loop:
    """One attempt at a run: its components, and the state that checkpoints save."""

    def __init__(
        self,
        plan: Plan,
        run: RunFolder,
        distributed: DistributedContext,
        components: Components,
        callbacks: CallbackRunner,
        folder_watch: RunFolderWatch,
        state: LoopState,
    ) -> None:
        self.job, self.plan, self.run, self.distributed = plan.job, plan, run, distributed
        self.components, self.callbacks, self.folder_watch, self.state = components, callbacks, folder_watch, state
        self.emit = callbacks.emit
        with share_refusals(distributed):
            self.checkpointing = Checkpointing(plan, run, distributed, components.training.dataset.normalisation)
        self.validation = Validation(plan, components, distributed, callbacks.emit)
        self.loss_scale = LossScaleMonitor()
        self.checkpoint_requested = False
        self.steps_per_epoch = self.components.training.per_epoch()
        self.total_steps = self.job.training.epochs * self.steps_per_epoch
        if self.job.training.max_steps:
            self.total_steps = min(self.total_steps, self.job.training.max_steps)

    def begin(self) -> None:
        """Restores the newest checkpoint, and reports from where the run starts and on which data."""
        components, state = self.components, self.state
        notices = []
        if components.strategy and (
            notice := self.checkpointing.restore(components.strategy, components.task, state)
        ):
            notices.append(notice)
        splits = {"train": components.training, "validation": components.validation}
        with share_refusals(self.distributed):
            attempts = [event for event in self.run.journal.raw() if isinstance(event, RunStarted)]
            for batches in splits.values():  # the data may have grown since the checkpoint
                batches.normalise_as(self.checkpointing.normalisation)
        started = RunStarted(
            attempt=len(attempts) + 1,
            step=state.step,
            epoch=state.epoch,
            batch=state.batch,
            steps_per_epoch=self.steps_per_epoch,
            total_steps=self.total_steps,
            workers=self.distributed.size,
            device=str(self.distributed.device),
            precision=components.precision,
            strategy=self.job.training.strategy,
            parameters=components.parameters,
        )
        self.emit(started)
        notices += [
            f"the run trained on {each.device} in {each.precision} before, and continues on {started.device} in "
            f"{started.precision}"
            for each in attempts[-1:]
            if each.device.partition(":")[0] != self.distributed.device.type
        ]
        for notice in notices:
            self.emit(Warned(state.step, notice))
        for split, batches in splits.items():
            self.emit(batches.found(split))

    def train(self) -> Event:
        """Trains epoch by epoch until the run ends. Returns the event that says why."""
        ending: Event | None = self.finished_by(self.limit_reached())  # a resumed run may have nothing left to do
        while ending is None:
            ending = self.train_epoch()
            self.end_epoch(ending)
        return dataclasses.replace(ending, time=time.time())  # the run ends now, after the last checkpoint

    def train_epoch(self) -> Event | None:
        """The batches of an epoch that are not done yet. Returns the event that ends the run, if one does."""
        state, training = self.state, self.job.training
        batches = self.components.training.training(training.seed, state.epoch, state.batch, training.accumulate)
        for batch in batches:
            with translate_oom(state.step + 1, self.checkpointing.last_good):
                ending = self.train_step(batch)
            if ending:
                return ending
            if self.checkpoint_due():
                self.checkpoint()
        state.epoch, state.batch = state.epoch + 1, 0
        return self.finished_by(Cause.EPOCHS if state.epoch == training.epochs else None)

    def train_step(self, batch: list[MicroBatch]) -> Event | None:
        """One optimizer step over one global batch. Returns the event that ends the run, if it ends here."""
        state = self.state
        began = time.monotonic()
        rate = self.learning_rate()
        watch = Stopwatch(self.distributed.device)
        sums, result = self.optimize(batch, rate, watch)
        norms = [] if result.gradient_norm is None else [result.gradient_norm]
        own = read_numbers([*sums.values(), *norms])  # waits for the device
        norm = own.pop() if norms else None
        seconds = time.monotonic() - began
        state.batch, state.step, state.seconds = state.batch + 1, state.step + 1, state.seconds + seconds
        means, ending = self.exchange(dict(zip(sums, own, strict=True)))
        self.emit(
            StepDone(
                step=state.step,
                epoch=state.epoch,
                loss=means["loss"],
                gradient_norm=norm,
                learning_rate=rate,
                loss_scale=result.loss_scale,
                skipped=result.skipped,
                seconds=seconds,
                logs={name: mean for name, mean in means.items() if name != "loss"},
                data_wait=sum(part.waited for part in batch),
                forward=watch.seconds("forward"),
                backward=watch.seconds("backward"),
                memory=peak_memory(self.distributed.device),
            )
        )
        if notice := self.loss_scale.notice(state.step, result):
            self.emit(Warned(state.step, notice))
        if not math.isfinite(means["loss"]):
            scale = "" if result.loss_scale is None else f" (loss scale {scale_in_words(result.loss_scale)})"
            raise TrainingFailed(
                f"the loss is {means['loss']} at step {state.step}{scale}; {self.checkpointing.last_good()}. "
                "Try a lower training.optimizer.learning_rate or training.gradient_clipping"
            )
        return ending

    def learning_rate(self) -> float:
        """The job's learning rate, times its schedule, times the task's own factor."""
        schedule = schedule_factor(self.job.training.schedule, self.state.step, self.total_steps)
        return self.job.training.optimizer.learning_rate * schedule * self.components.task.learning_rate_factor

    def optimize(
        self, batch: list[MicroBatch], rate: float, watch: Stopwatch
    ) -> tuple[dict[str, float | torch.Tensor], StepResult]:
        """Forward and backward of each micro batch, then the optimizer step. Returns this process's part of the
        loss and of the logged values, and the result of the step."""
        state, strategy, seed = self.state, self.components.strategy, self.job.training.seed
        assert strategy is not None, "only a model with parameters is trained"
        torch.manual_seed(seed + 1_000_003 * state.step + self.distributed.rank)  # for dropout
        sums: dict[str, float | torch.Tensor] = {}
        for number, part in enumerate(batch, start=1):
            context = StepContext(seed, state.epoch, state.step, part.positions)
            with strategy.micro_batch(last=number == len(batch)):
                with watch.measure("forward"), strategy.autocast():
                    loss, logs = self.components.task.training_step(strategy.model, part.batch, context)
                with watch.measure("backward"):
                    strategy.backward(loss, part.share)
            for name, value in {"loss": loss.detach(), **logs}.items():
                sums[name] = sums.get(name, 0.0) + value * part.share
        return sums, strategy.step(rate)

    def exchange(self, own: dict[str, float]) -> tuple[dict[str, float], RunInterrupted | RunFinished | None]:
        """The one exchange of a step: sums the logged values over all processes, together with the decision of the
        first one, so that all stop at the same step. Returns the means, and the event that ends the run."""
        ending = self.decide() if self.distributed.is_rank_zero else None
        decision = 1 + ENDINGS.index(type(ending)) if ending else 0
        requested = self.callbacks.take_checkpoint_request()
        values = torch.tensor([decision, requested, *own.values()], dtype=torch.float64)
        decision, shared_request, *means = self.distributed.sum(values).tolist()
        self.checkpoint_requested |= bool(shared_request)
        if decision and ending is None:  # on other processes: the first one's event has the reason
            ending = ENDINGS[int(decision) - 1](self.state.step, "")
        return dict(zip(own, means, strict=True)), ending

    def decide(self) -> RunInterrupted | RunFinished | None:
        """The event with which the run ends at this step, or None."""
        step = self.state.step
        if request := self.folder_watch.stop_request():
            return RunInterrupted(step, request.reason, request.cause)
        if reason := self.callbacks.stop():
            return RunFinished(step, reason, Cause.CALLBACK)
        limit = self.limit_reached()  # the end of the last epoch is for `train_epoch` to see
        return None if limit == Cause.EPOCHS else self.finished_by(limit)

    def limit_reached(self) -> Cause | None:
        """The setting that allows no further step, or nothing."""
        training, state = self.job.training, self.state
        if training.max_steps is not None and state.step >= training.max_steps:
            return Cause.MAX_STEPS
        if training.max_hours is not None and state.seconds >= training.max_hours * 3600:
            return Cause.MAX_HOURS
        return Cause.EPOCHS if state.step >= self.total_steps else None

    def finished_by(self, limit: Cause | None) -> RunFinished | None:
        """The event that ends the run at a limit; None without one."""
        return RunFinished(self.state.step, limit.value, limit) if limit else None

    def end_epoch(self, ending: Event | None) -> None:
        """Evaluates and saves what is due after an epoch, or where the run ends within one."""
        epoch = self.state.epoch
        if isinstance(ending, RunInterrupted):
            self.checkpoint()
            return
        due = ending or epoch % self.job.training.evaluate_every == 0
        scores = self.evaluate_safely() if due else None
        regular = epoch % self.job.checkpoints.every == 0 or self.checkpoint_requested
        if ending or regular or self.is_best(scores):
            self.checkpoint(scores)

    def evaluate_safely(self) -> Scores:
        """Evaluates; if that fails, what has been trained is saved.

        All workers must save together, and a failure may be one worker's alone: several workers save before the
        run's first evaluation, at which a metric would fail.
        """
        alone = self.distributed.size == 1
        if not alone and self.state.evaluations == 0:
            self.checkpoint()
        try:
            return self.validation.evaluate(self.state)
        except Exception:
            if alone:
                self.checkpoint()
            raise

    def only_evaluate(self) -> Event:
        """The whole run of a model without parameters."""
        self.validation.evaluate(self.state)
        return RunFinished(0, "nothing to train", Cause.NOTHING_TO_TRAIN)

    def checkpoint(self, scores: Scores | None = None) -> None:
        """Saves all that a resumed run needs; with the monitored score where there was an evaluation."""
        monitor = self.job.checkpoints.monitor
        value = scores.metrics[monitor] if scores else None
        if self.is_best(scores):
            self.state.best = value
        assert self.components.strategy is not None, "only a model with parameters has checkpoints"
        self.checkpoint_requested = False
        saved, best = self.checkpointing.save(
            self.components.strategy, self.components.task, self.state, value, scores.shown if scores else None
        )
        if saved:
            self.emit(CheckpointSaved(saved.step, saved.epoch, saved.path.name, best, monitor, value))
        if self.checkpointing.notice:
            self.emit(Warned(self.state.step, self.checkpointing.notice))

    def checkpoint_due(self) -> bool:
        """Whether one is due within the epoch, by the job or at the request of a callback; `end_epoch` decides at
        the end of an epoch."""
        every = self.job.checkpoints.every_steps
        within = self.state.batch < self.steps_per_epoch
        regular = every is not None and self.state.step % every == 0
        return within and (regular or self.checkpoint_requested)

    def is_best(self, scores: Scores | None) -> bool:
        """Whether these scores beat every checkpoint before."""
        if scores is None:
            return False
        value, best = scores.metrics[self.job.checkpoints.monitor], self.state.best
        if best is None or math.isnan(value):
            return not math.isnan(value)
        return value < best if self.plan.monitor_direction == "min" else value > best
