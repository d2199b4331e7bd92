"""The evaluations of a run while it trains."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from torch import nn

from framecast.engine.components import Components
from framecast.engine.distributed_context import DistributedContext
from framecast.engine.evaluation.evaluate import Scores, evaluate
from framecast.engine.loop_state import LoopState
from framecast.engine.out_of_memory import translate_evaluation_oom
from framecast.engine.strategies.precision import float32_products
from framecast.job.plan import Plan
from framecast.plugin.events import Evaluated, Event


class Validation:
    """Scores the model and the baselines on the validation split, and emits each result as Evaluated."""

    def __init__(
        self,
        plan: Plan,
        components: Components,
        distributed: DistributedContext,
        emit: Callable[[Event], None],
    ) -> None:
        self._plan, self._components, self._distributed, self._emit = plan, components, distributed, emit

    def evaluate(self, state: LoopState) -> Scores:
        """Scores the model; the first time in a run, the baselines too. Then the task updates its schedules."""
        components, strategy = self._components, self._components.strategy
        if state.evaluations == 0:
            for name, baseline in components.baselines.items():
                self._score(state, name, baseline)
        if strategy is None:
            scores = self._score(state, "model", components.model)
        else:
            strategy.train(False)
            scores = self._score(state, "model", strategy.model, strategy.autocast)
            strategy.train(True)
        state.evaluations += 1
        components.task.after_evaluation(scores.metrics, state.epoch)
        return scores

    def _score(
        self,
        state: LoopState,
        name: str,
        network: nn.Module,
        autocast: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> Scores:
        began = time.monotonic()
        task, batches = self._components.task, self._components.validation
        with float32_products(), translate_evaluation_oom():
            scores = evaluate(network, task, self._plan, batches, self._distributed, autocast)
        self._emit(
            Evaluated(
                step=state.step,
                epoch=state.epoch,
                name=name,
                split="validation",
                metrics=scores.metrics,
                per_frame=scores.per_frame,
                samples=scores.samples,
                seconds=time.monotonic() - began,
            )
        )
        return scores
