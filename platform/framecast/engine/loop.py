"""The training loop, from top to bottom.

plan -> assemble -> begin: restore                           RunStarted, DatasetLoaded
     -> train: for each epoch
          -> train_epoch: for each batch
               -> train_step: forward, backward, optimizer   StepDone
          -> end_epoch: evaluate (closed loop), schedules    Evaluated
                        checkpoint                           CheckpointSaved
     -> the event that ends the run                          RunFinished | RunInterrupted | RunFailed
"""

from __future__ import annotations

import dataclasses
import math
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from enum import IntEnum

import torch
from torch import nn

from framecast.engine.callback_runner import CallbackRunner, start_callbacks
from framecast.engine.checkpoint.checkpointing import Checkpointing, LoopState
from framecast.engine.components import assemble
from framecast.engine.data_loading.batches import MicroBatch
from framecast.engine.distributed_context import DistributedContext
from framecast.engine.evaluation.evaluate import Scores, evaluate
from framecast.engine.optimizer import schedule_factor
from framecast.engine.out_of_memory import OutOfMemory, cause_of, translate_evaluation_oom, translate_oom
from framecast.engine.read_numbers import read_numbers
from framecast.engine.run_folder_watch import RunFolderWatch
from framecast.engine.stopwatch import Stopwatch, peak_memory, reset_peak_memory
from framecast.engine.strategies.algorithms import chosen_algorithms
from framecast.engine.strategies.loss_scale import LossScaleMonitor, scale_in_words
from framecast.engine.strategies.precision import float32_products
from framecast.engine.strategies.strategy import StepResult
from framecast.errors import InputError, TrainingFailed, disk_problem
from framecast.job.plan import Plan
from framecast.plugin.cause import Cause
from framecast.plugin.events import (
    CheckpointSaved,
    Evaluated,
    Event,
    RunFailed,
    RunFinished,
    RunInterrupted,
    RunStarted,
    StepDone,
    Warned,
)
from framecast.plugin.step_context import StepContext
from framecast.runs.phases import note_phase
from framecast.runs.run_folder import RunFolder


class Decision(IntEnum):
    """Whether the run continues after a step. The first process decides for all."""

    CONTINUE = 0
    INTERRUPT = 1
    FINISH = 2


def train(
    plan: Plan, run: RunFolder, distributed: DistributedContext, listen: Callable[[Event], object] | None = None
) -> None:
    """Trains the plan's model in this process, one of `distributed`, from the run's newest checkpoint if there is
    one.

    The results are in the run folder; `listen` receives each event on the first process, and may end the run by
    raising. A failure that a second attempt would repeat ends as RunFailed, on every process alike; anything else
    is raised. Raises InputError, on every process and before the first event, where the callbacks cannot be built.
    """
    callbacks = start_callbacks(plan, run, distributed, listen)
    state, start = LoopState(), run.journal.size
    try:
        with (
            chosen_algorithms(plan.job.training.algorithms, distributed.device),
            closing(Loop(plan, run, distributed, callbacks, state)) as loop,
            float32_products(loop.tf32),
        ):
            loop.begin()
            callbacks.emit(loop.train() if loop.components.strategy else loop.only_evaluate())
    except (TrainingFailed, InputError) as error:
        if isinstance(error, OutOfMemory) and distributed.size > 1:
            raise  # the other processes wait for this one: the launcher ends them
        if isinstance(error, InputError) and distributed.is_rank_zero and not run.journal.began_since(start):
            run.refuse(str(error))  # the launcher undoes the attempt
        callbacks.emit(RunFailed(state.step, str(error), cause_of(error)))
    except OSError as error:
        if distributed.size > 1 or not (why := disk_problem(error)):
            raise  # the other processes wait for this one: the launcher ends them
        traceback.print_exc()
        callbacks.emit(RunFailed(state.step, f"{why}: free space, then resume the run", Cause.DISK_FULL))
    finally:
        callbacks.close(wait=not isinstance(sys.exception(), KeyboardInterrupt))


class Loop:
    """One attempt at a run: its components, and the state that checkpoints save."""

    def __init__(
        self,
        plan: Plan,
        run: RunFolder,
        distributed: DistributedContext,
        callbacks: CallbackRunner,
        state: LoopState,
    ) -> None:
        self.job, self.plan, self.run, self.distributed = plan.job, plan, run, distributed
        self.emit, self.callbacks, self.state = callbacks.emit, callbacks, state
        self.folder_watch = RunFolderWatch(run, run.take_lease() if distributed.is_rank_zero else "")
        reset_peak_memory(distributed.device)
        self.components = assemble(plan, distributed, self.begin_phase)
        normalisation = self.components.training.dataset.normalisation
        self.checkpointing = Checkpointing(plan, run, distributed, normalisation)
        self.loss_scale = LossScaleMonitor()
        self.checkpoint_requested = False
        self.steps_per_epoch = self.components.training.per_epoch()
        self.total_steps = self.job.training.epochs * self.steps_per_epoch
        if self.job.training.max_steps:
            self.total_steps = min(self.total_steps, self.job.training.max_steps)

    @property
    def tf32(self) -> bool:
        """Whether products of fp32 tensors may be in TF32 while the model is trained."""
        strategy = self.components.strategy
        return strategy is not None and strategy.precision != "fp32"

    def close(self) -> None:
        """Frees what this attempt holds beyond its objects: another run may follow in this process."""
        if self.components.strategy:
            self.components.strategy.close()

    def begin_phase(self, phase: str) -> None:
        """Reports what happens before the first step."""
        if self.distributed.is_rank_zero:
            note_phase(self.run, phase)

    def begin(self) -> None:
        """Restores the newest checkpoint, and reports from where the run starts and on which data."""
        components, state = self.components, self.state
        attempts = [event for event in self.run.journal.raw() if isinstance(event, RunStarted)]
        notices = []
        if components.strategy and (
            notice := self.checkpointing.restore(components.strategy, components.task, state)
        ):
            notices.append(notice)
        splits = {"train": components.training, "validation": components.validation}
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
            precision=components.strategy.precision if components.strategy else "fp32",
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

    def exchange(self, own: dict[str, float]) -> tuple[dict[str, float], Event | None]:
        """The one exchange of a step: sums the logged values over all processes, together with the decision of the
        first one, so that all stop at the same step. Returns the means, and the event that ends the run."""
        decision, ending = self.decide() if self.distributed.is_rank_zero else (Decision.CONTINUE, None)
        requested = self.callbacks.take_checkpoint_request()
        values = torch.tensor([decision, requested, *own.values()], dtype=torch.float64)
        shared_decision, shared_request, *means = self.distributed.sum(values).tolist()
        self.checkpoint_requested |= bool(shared_request)
        if ending is None:  # on other processes: the first one's event has the reason
            ending = {
                Decision.INTERRUPT: RunInterrupted(self.state.step, ""),
                Decision.FINISH: RunFinished(self.state.step, ""),
            }.get(Decision(int(shared_decision)))
        return dict(zip(own, means, strict=True)), ending

    def decide(self) -> tuple[Decision, Event | None]:
        """Whether the run ends at this step, and with which event."""
        step = self.state.step
        if request := self.folder_watch.stop_request():
            return Decision.INTERRUPT, RunInterrupted(step, request.reason, request.cause)
        if reason := self.callbacks.stop():
            return Decision.FINISH, RunFinished(step, reason, Cause.CALLBACK)
        limit = self.limit_reached()
        if limit and limit != Cause.EPOCHS:  # `train_epoch` sees the end of the last epoch
            return Decision.FINISH, self.finished_by(limit)
        return Decision.CONTINUE, None

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
            return self.evaluate()
        except Exception:
            if alone:
                self.checkpoint()
            raise

    def evaluate(self) -> Scores:
        """Scores the model; the first time in a run, the baselines too. Then the task updates its schedules."""
        state, strategy, components = self.state, self.components.strategy, self.components
        if state.evaluations == 0:
            for name, baseline in components.baselines.items():
                self.score(name, baseline)
        if strategy is None:
            scores = self.score("model", components.model)
        else:
            strategy.train(False)
            scores = self.score("model", strategy.model, strategy.autocast)
            strategy.train(True)
        state.evaluations += 1
        components.task.after_evaluation(scores.metrics, state.epoch)
        return scores

    def score(
        self, name: str, network: nn.Module, autocast: Callable[[], AbstractContextManager[object]] = nullcontext
    ) -> Scores:
        """Scores a network on the validation split, and reports it under `name`."""
        began = time.monotonic()
        components = self.components
        with float32_products(), translate_evaluation_oom():
            scores = evaluate(
                network, components.task, self.plan, components.validation, self.distributed, autocast
            )
        self.emit(
            Evaluated(
                step=self.state.step,
                epoch=self.state.epoch,
                name=name,
                split="validation",
                metrics=scores.metrics,
                per_frame=scores.per_frame,
                samples=scores.samples,
                seconds=time.monotonic() - began,
            )
        )
        return scores

    def only_evaluate(self) -> Event:
        """The whole run of a model without parameters."""
        self.evaluate()
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
