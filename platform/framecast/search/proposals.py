"""Who proposes the next point. It follows from the seed and the trials so far, so no state is saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from framecast.errors import InputError
from framecast.job.search import Parameter, Search
from framecast.search.space import Point, Space, identity
from framecast.search.trial import Trial

_MOST_QUESTIONS = 100
"""How often Optuna is asked for a point before one that has not been tried is looked for without it."""


class Proposer(Protocol):
    @property
    def count(self) -> int | None:
        """How many points there are in all; None where that is not known beforehand."""

    def propose(self, trials: Sequence[Trial]) -> Point | None:
        """The next point after these trials; None where there is none left."""


def proposer(space: Space) -> Proposer:
    """The one that the search asks for."""
    kinds: dict[str, Callable[[Space], Proposer]] = {
        "grid": Grid,
        "random": Random,
        "tpe": Optuna,
        "nsga2": Optuna,
    }
    return kinds[space.search.searcher](space)


class Grid:
    """Every legal point in turn; `count` is how many there are."""

    def __init__(self, space: Space) -> None:
        self._points = list(space.points())
        self.count = len(self._points)
        if not self._points:
            raise InputError("search: no point of the grid is allowed; loosen search.constraints")

    def propose(self, trials: Sequence[Trial]) -> Point | None:
        tried = {identity(trial.point) for trial in trials}
        return next((point for point in self._points if identity(point) not in tried), None)


class Random:
    """Draws from the legal points, each at most once: the same seed would only train the same weights again."""

    count = None

    def __init__(self, space: Space) -> None:
        self._space = space

    def propose(self, trials: Sequence[Trial]) -> Point | None:
        tried = [trial.point for trial in trials]
        return self._space.untried_draw(_random(self._space.search, len(trials)), tried)


class Optuna:
    """Optuna's TPE or NSGA-II over the trials so far: finished, stopped early, failed. Ends where it finds
    no point that has not been tried."""

    count = None

    def __init__(self, space: Space) -> None:
        self._space = space

    def propose(self, trials: Sequence[Trial]) -> Point | None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        search = self._space.search
        seed = search.seed + len(trials)
        sampler: optuna.samplers.BaseSampler = optuna.samplers.TPESampler(seed=seed)
        if search.searcher == "nsga2":
            sampler = optuna.samplers.NSGAIISampler(seed=seed, population_size=10)
        directions = [
            optuna.study.StudyDirection.MINIMIZE if way == "min" else optuna.study.StudyDirection.MAXIMIZE
            for way in search.objectives.values()
        ]
        study = optuna.create_study(directions=directions, sampler=sampler)
        tried = [trial.point for trial in trials]
        known = {identity(point) for point in tried}
        for trial in trials:
            finished = self._optuna_trial(trial)
            if finished is not None:
                study.add_trial(finished)
        for _ in range(_MOST_QUESTIONS):
            asked = study.ask()
            point = self._space.filled(lambda key, parameter, asked=asked: _suggested(asked, key, parameter))
            if identity(point) not in known and self._space.refusal(point) is None:
                return point  # the same seed would only train the same weights again
            study.tell(asked, state=optuna.trial.TrialState.FAIL)
        return self._space.untried_draw(_random(search, len(trials)), tried)

    def _optuna_trial(self, trial: Trial) -> Any:
        """The trial as Optuna knows trials; None for one that this space could not have proposed."""
        import optuna

        parameters = self._space.search.parameters
        if not set(trial.point) <= set(parameters):
            return None
        distributions = {key: _distribution(parameters[key]) for key in trial.point}
        try:
            values = {key: _internal(parameters[key], value) for key, value in trial.point.items()}
        except ValueError:
            # handled: a value that the space no longer holds; the searcher does not learn from that trial
            return None
        if not all(
            distributions[key]._contains(distributions[key].to_internal_repr(value))
            for key, value in values.items()
        ):
            return None
        common: dict[str, Any] = {"params": values, "distributions": distributions}
        state = optuna.trial.TrialState
        found = trial.objectives(self._space.search)
        if found is None or trial.state not in ("finished", "stopped"):
            waiting = trial.state in ("running", "waiting")
            return optuna.trial.create_trial(state=state.RUNNING if waiting else state.FAIL, **common)
        if trial.state == "stopped" and len(found) == 1:
            so_far = {trial.epoch: found[0]}
            return optuna.trial.create_trial(intermediate_values=so_far, state=state.PRUNED, **common)
        # Optuna knows no pruned trials with several objectives: one that was stopped counts by its scores so far
        return optuna.trial.create_trial(values=found, state=state.COMPLETE, **common)


def _suggested(asked: Any, key: str, parameter: Parameter) -> Any:
    listed = parameter.choice or parameter.grid
    if listed is not None:
        return listed[asked.suggest_categorical(key, list(range(len(listed))))]
    if parameter.int is not None:
        return asked.suggest_int(key, *parameter.int)
    low, high = parameter.float or parameter.log or (0.0, 0.0)
    return asked.suggest_float(key, low, high, log=parameter.log is not None)


def _distribution(parameter: Parameter) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    listed = parameter.choice or parameter.grid
    if listed is not None:
        return CategoricalDistribution(list(range(len(listed))))
    if parameter.int is not None:
        return IntDistribution(*parameter.int)
    low, high = parameter.float or parameter.log or (0.0, 0.0)
    return FloatDistribution(low, high, log=parameter.log is not None)


def _internal(parameter: Parameter, value: Any) -> Any:
    """A listed value goes by its place. Raises ValueError where it is not in the list."""
    listed = parameter.choice or parameter.grid
    return listed.index(value) if listed is not None else value


def _random(search: Search, number: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([search.seed, number, 0])))
