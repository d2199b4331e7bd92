"""The training loop, on one page.

plan -> assemble -> restore?                                      RunStarted, DatasetLoaded
     -> for epoch: for batch: training_step -> backward -> step   StepDone
          -> evaluate (closed loop) -> schedules                  Evaluated
          -> checkpoint                                           CheckpointSaved
     -> done                                                      RunFinished | RunInterrupted | RunFailed
"""

from __future__ import annotations

import dataclasses
import math
import sys
import time
import traceback
from collections.abc import Callable

import torch

from framecast.engine.callback_runner import CallbackRunner
from framecast.engine.checkpoint.checkpointing import Checkpointing, LoopState
from framecast.engine.components import assemble
from framecast.engine.data_loading.batches import MicroBatch
from framecast.engine.distributed_context import DistributedContext
from framecast.engine.evaluation.evaluate import Scores, evaluate
from framecast.engine.optimizer import schedule_factor
from framecast.engine.out_of_memory import OutOfMemory, cause_of, translate_oom
from framecast.engine.stopwatch import Stopwatch, peak_memory
from framecast.engine.strategies.loss_scale import LossScaleMonitor
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

_GO_ON, _INTERRUPT, _FINISH = 0.0, 1.0, 2.0


def train(
    plan: Plan, run: RunFolder, distributed: DistributedContext, listen: Callable[[Event], object] | None = None
) -> None:
    """Trains the plan's model in this process, one of `distributed`, going on from the run's newest checkpoint.

    The results are in the run folder; `listen` hears each event on the first process, and may end the run by
    raising. A failure that trying again cannot mend ends as RunFailed, on every
    process alike; anything else is raised. Raises InputError, on every process and before the first event, where
    the callbacks cannot be built.
    """
    listeners = _listeners(plan, run, distributed, listen)
    position, start = LoopState(), run.journal.size
    try:
        loop = Loop(plan, run, distributed, listeners, position)
        listeners.emit(loop.train() if loop.parts.strategy else loop.only_evaluate())
    except (TrainingFailed, InputError) as error:
        if isinstance(error, OutOfMemory) and distributed.size > 1:
            raise  # the others wait for this process: who launched it ends them
        if isinstance(error, InputError) and distributed.is_rank_zero and not run.journal.began_since(start):
            run.refuse(str(error))  # whoever launched it takes the attempt back
        listeners.emit(RunFailed(position.step, str(error), cause_of(error)))
    except OSError as error:
        if distributed.size > 1 or not (why := disk_problem(error)):
            raise  # the others wait for this process: who launched it ends them
        traceback.print_exc()
        listeners.emit(RunFailed(position.step, f"{why}: free space, then resume the run", Cause.DISK_FULL))
    finally:
        listeners.close(wait=not isinstance(sys.exception(), KeyboardInterrupt))


def _listeners(
    plan: Plan, run: RunFolder, distributed: DistributedContext, listen: Callable[[Event], object] | None
) -> CallbackRunner:
    """The listeners of the first process; the others learn whether they could be built."""
    listeners, refused = None, None
    try:
        listeners = CallbackRunner(plan, run, distributed.is_rank_zero, listen)
    except InputError as error:
        refused = error
    if distributed.sum(torch.tensor([float(refused is not None)])).item():
        raise refused or InputError("the first process cannot build its callbacks")
    assert listeners is not None, "nothing was refused"
    return listeners


class Loop:
    """One attempt at a run: its assembled parts, and where training stands."""

    def __init__(
        self,
        plan: Plan,
        run: RunFolder,
        distributed: DistributedContext,
        listeners: CallbackRunner,
        position: LoopState,
    ) -> None:
        self.job, self.plan, self.run, self.distributed = plan.job, plan, run, distributed
        self.emit, self.listeners, self.position = listeners.emit, listeners, position
        self.lease = run.take_lease() if distributed.is_rank_zero else ""
        self.parts = assemble(plan, distributed, self.begin_phase)
        normalisation = self.parts.training.dataset.normalisation
        self.checkpointing = Checkpointing(plan, run, distributed, normalisation)
        self.overflows = LossScaleMonitor()
        self.checkpoint_requested = False
        notice = None
        if self.parts.strategy:
            notice = self.checkpointing.restore(self.parts.strategy, self.parts.task, position)
        for batches in (self.parts.training, self.parts.validation):  # the data may have grown since
            batches.normalise_as(self.checkpointing.normalisation)
        self.total_steps = self.job.training.epochs * self.parts.training.per_epoch()
        if self.job.training.max_steps:
            self.total_steps = min(self.total_steps, self.job.training.max_steps)
        self.emit(
            RunStarted(
                attempt=run.journal.attempts() + 1,
                step=position.step,
                epoch=position.epoch,
                batch=position.batch,
                steps_per_epoch=self.parts.training.per_epoch(),
                total_steps=self.total_steps,
                workers=distributed.size,
                device=str(distributed.device),
                precision=self.parts.strategy.precision if self.parts.strategy else "fp32",
                strategy=self.job.training.strategy,
                parameters=self.parts.parameters,
            )
        )
        if notice:
            self.emit(Warned(position.step, notice))
        for split, batches in (("train", self.parts.training), ("validation", self.parts.validation)):
            self.emit(batches.found(split))

    def begin_phase(self, phase: str) -> None:
        """Says what comes before the first step."""
        if self.distributed.is_rank_zero:
            note_phase(self.run, phase)

    def train(self) -> Event:
        """The loop itself. Returns the event that ends the run."""
        position, training = self.position, self.job.training
        ending: Event | None = None
        if limit := self.limit_reached():  # resumed with nothing left to do
            ending = RunFinished(position.step, limit.value, limit)
        while ending is None:
            for batch in self.parts.training.training(
                training.seed, position.epoch, position.batch, training.accumulate
            ):
                with translate_oom(position.step + 1, self.checkpointing.last_good):
                    ending = self.step(batch)
                if ending:
                    break
                if self.checkpoint_due():
                    self.checkpoint()
            else:
                position.epoch, position.batch = position.epoch + 1, 0
                if position.epoch == training.epochs:
                    ending = RunFinished(position.step, Cause.EPOCHS.value, Cause.EPOCHS)

            if isinstance(ending, RunInterrupted):
                self.checkpoint()
            else:
                due = ending or position.epoch % training.evaluate_every == 0
                scores = self.evaluate_safely() if due else None
                regular = position.epoch % self.job.checkpoints.every == 0 or self.checkpoint_requested
                if ending or regular or self.is_best(scores):
                    self.checkpoint(scores)
        return dataclasses.replace(ending, time=time.time())  # it ends now, the rest is done

    def step(self, batch: list[MicroBatch]) -> Event | None:
        """One optimizer step over one global batch. Returns the event that ends the run, if it ends here."""
        job, position, strategy = self.job, self.position, self.parts.strategy
        assert strategy is not None, "only a model with parameters is trained"
        began = time.monotonic()
        torch.manual_seed(job.training.seed + 1_000_003 * position.step + self.distributed.rank)  # for dropout
        schedule = schedule_factor(job.training.schedule, position.step, self.total_steps)
        rate = job.training.optimizer.learning_rate * schedule * self.parts.task.learning_rate_factor

        watch = Stopwatch(self.distributed.device)
        sums: dict[str, float | torch.Tensor] = {}
        for number, part in enumerate(batch, start=1):
            progress = StepContext(job.training.seed, position.epoch, position.step, part.positions)
            with strategy.micro_batch(last=number == len(batch)):
                with watch.measure("forward"), strategy.autocast():
                    loss, logs = self.parts.task.training_step(strategy.model, part.batch, progress)
                with watch.measure("backward"):
                    strategy.backward(loss, part.share)
            for name, value in {"loss": loss.detach(), **logs}.items():
                sums[name] = sums.get(name, 0.0) + value * part.share
        result = strategy.step(rate)

        own = [float(value) for value in sums.values()]  # waits for the device
        seconds = time.monotonic() - began
        position.batch, position.step = position.batch + 1, position.step + 1
        position.seconds += seconds
        decision, ending = self.stop_decision() if self.distributed.is_rank_zero else (_GO_ON, None)
        requested = float(self.listeners.take_checkpoint_request())
        decision, requested, *shared = self.distributed.sum(
            torch.tensor([decision, requested, *own], dtype=torch.float64)
        ).tolist()
        self.checkpoint_requested |= bool(requested)
        means = dict(zip(sums, shared, strict=True))
        self.emit(
            StepDone(
                step=position.step,
                epoch=position.epoch,
                loss=means["loss"],
                gradient_norm=result.gradient_norm,
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
        if notice := self.overflows.notice(position.step, result):
            self.emit(Warned(position.step, notice))
        if not math.isfinite(means["loss"]):
            scale = "" if result.loss_scale is None else f" (loss scale {result.loss_scale:g})"
            raise TrainingFailed(
                f"the loss is {means['loss']} at step {position.step}{scale}; {self.checkpointing.last_good()}. "
                "Try a lower training.optimizer.learning_rate or training.gradient_clipping"
            )
        if decision == _INTERRUPT:
            return ending or RunInterrupted(position.step, "")  # the first process says why
        return ending or RunFinished(position.step, "") if decision == _FINISH else None

    def stop_decision(self) -> tuple[float, Event | None]:
        """Whether the run ends at this step, and with which event: the first process decides for all."""
        step = self.position.step
        if self.run.lease() != self.lease:  # cut off by the network, we were replaced and did not notice
            raise SystemExit(f"another attempt at {self.run.path} has begun: this one ends")
        if request := self.run.stop_requested():
            return _INTERRUPT, RunInterrupted(step, request.reason, request.cause)
        if reason := self.listeners.stop():
            return _FINISH, RunFinished(step, reason, Cause.CALLBACK)
        limit = self.limit_reached()
        if limit and limit != Cause.EPOCHS:  # the loop over epochs sees the end of one
            return _FINISH, RunFinished(step, limit.value, limit)
        return _GO_ON, None

    def limit_reached(self) -> Cause | None:
        """The setting that allows no further step, or nothing."""
        training, position = self.job.training, self.position
        if training.max_steps is not None and position.step >= training.max_steps:
            return Cause.MAX_STEPS
        if training.max_hours is not None and position.seconds >= training.max_hours * 3600:
            return Cause.MAX_HOURS
        return Cause.EPOCHS if position.step >= self.total_steps else None

    def evaluate_safely(self) -> Scores:
        """Evaluates; if that fails, what has been trained is saved.

        All workers must save together, and a failure may be one worker's alone: several workers save before the
        run's first evaluation, at which a metric would fail.
        """
        alone = self.distributed.size == 1
        if not alone and self.position.evaluations == 0:
            self.checkpoint()
        try:
            return self.evaluate()
        except Exception:
            if alone:
                self.checkpoint()
            raise

    def evaluate(self) -> Scores:
        """Scores the model; the first time in a run, the baselines too. Then the task moves its schedules."""
        position, strategy = self.position, self.parts.strategy
        if position.evaluations == 0:
            for name, baseline in self.parts.baselines.items():
                began = time.monotonic()
                scores = evaluate(baseline, self.parts.task, self.plan, self.parts.validation, self.distributed)
                self.announce(name, scores, time.monotonic() - began)
        began = time.monotonic()
        if strategy is None:
            scores = evaluate(
                self.parts.model, self.parts.task, self.plan, self.parts.validation, self.distributed
            )
        else:
            strategy.train(False)
            scores = evaluate(
                strategy.model,
                self.parts.task,
                self.plan,
                self.parts.validation,
                self.distributed,
                strategy.autocast,
            )
            strategy.train(True)
        self.announce("model", scores, time.monotonic() - began)
        position.evaluations += 1
        self.parts.task.after_evaluation(scores.metrics, position.epoch)
        return scores

    def only_evaluate(self) -> Event:
        """The whole run of a model without parameters."""
        self.evaluate()
        return RunFinished(0, "nothing to train", Cause.NOTHING_TO_TRAIN)

    def announce(self, name: str, scores: Scores, seconds: float) -> None:
        position = self.position
        self.emit(
            Evaluated(
                step=position.step,
                epoch=position.epoch,
                name=name,
                split="validation",
                metrics=scores.metrics,
                per_frame=scores.per_frame,
                samples=scores.samples,
                seconds=seconds,
            )
        )

    def checkpoint(self, scores: Scores | None = None) -> None:
        """Saves everything that going on needs; with the monitored score where there was an evaluation."""
        monitor = self.job.checkpoints.monitor
        value = scores.metrics[monitor] if scores else None
        if self.is_best(scores):
            self.position.best = value
        assert self.parts.strategy is not None, "only a model with parameters has checkpoints"
        self.checkpoint_requested = False
        saved, best = self.checkpointing.save(
            self.parts.strategy, self.parts.task, self.position, value, scores.shown if scores else None
        )
        if saved:
            self.emit(CheckpointSaved(saved.step, saved.epoch, saved.path.name, best, monitor, value))
        if self.checkpointing.notice:
            self.emit(Warned(self.position.step, self.checkpointing.notice))

    def checkpoint_due(self) -> bool:
        """Whether one is due within the epoch, by the job or because a callback requested it; the end of an epoch
        is decided in `train`."""
        every = self.job.checkpoints.every_steps
        within = self.position.batch < self.parts.training.per_epoch()
        regular = every is not None and self.position.step % every == 0
        return within and (regular or self.checkpoint_requested)

    def is_best(self, scores: Scores | None) -> bool:
        """Whether these scores beat every checkpoint before."""
        if scores is None:
            return False
        value, best = scores.metrics[self.job.checkpoints.monitor], self.position.best
        if best is None or math.isnan(value):
            return not math.isnan(value)
        return value < best if self.plan.monitor_direction == "min" else value > best
