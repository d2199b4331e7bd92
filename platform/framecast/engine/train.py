"""One attempt at a run in this process: assemble, train, and end in one event."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from contextlib import closing

from framecast.engine.callback_runner import CallbackRunner
from framecast.engine.components import assemble
from framecast.engine.distributed_context import DistributedContext
from framecast.engine.loop import Loop
from framecast.engine.loop_state import LoopState
from framecast.engine.out_of_memory import OutOfMemory, cause_of
from framecast.engine.refusal import share_refusals
from framecast.engine.run_folder_watch import RunFolderWatch
from framecast.engine.stopwatch import reset_peak_memory
from framecast.engine.strategies.algorithms import chosen_algorithms
from framecast.engine.strategies.precision import float32_products
from framecast.errors import InputError, TrainingFailed, disk_problem
from framecast.job.plan import Plan
from framecast.plugin.cause import Cause
from framecast.plugin.events import Event, RunFailed
from framecast.runs.phases import note_phase
from framecast.runs.run_folder import RunFolder
from framecast.runs.stop_request import StopRequest


def train(
    plan: Plan,
    run: RunFolder,
    distributed: DistributedContext,
    listen: Callable[[Event], object] | None = None,
    own_request: Callable[[], StopRequest | None] = lambda: None,
) -> None:
    """Trains the plan's model in this process, one of `distributed`, from the run's newest checkpoint if there is
    one.

    The results are in the run folder; `listen` receives each event on the first process, and may end the run by
    raising. `own_request` is asked after each step whether this process itself is to stop. A failure that a second
    attempt would repeat ends as RunFailed, on every process alike; anything else is raised. Raises InputError, on
    every process and before the first event, where the callbacks cannot be built.
    """

    def begin_phase(phase: str) -> None:
        if distributed.is_rank_zero:
            note_phase(run, phase)

    with share_refusals(distributed):
        folder_watch = RunFolderWatch(run, run.take_lease() if distributed.is_rank_zero else "", own_request)
    with share_refusals(distributed):  # after all others: what it builds is closed below
        callbacks = CallbackRunner(plan, run, distributed.is_rank_zero, listen)
    state, start = LoopState(), run.journal.size
    try:
        reset_peak_memory(distributed.device)
        with (
            chosen_algorithms(plan.job.training.algorithms, distributed.device),
            closing(assemble(plan, distributed, begin_phase)) as components,
            float32_products(tf32=components.precision != "fp32"),
        ):
            loop = Loop(plan, run, distributed, components, callbacks, folder_watch, state)
            loop.begin()
            callbacks.emit(loop.train() if components.strategy else loop.only_evaluate())
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
