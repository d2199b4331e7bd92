"""The space of a search: points drawn from it, and only those that may be."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from framecast.errors import InputError
from framecast.job.document import Document
from framecast.job.plan import Plan
from framecast.job.resolve import make_plan
from framecast.job.search import COSTS, Parameter, Search
from framecast.plugin.constraint import Constraint
from framecast.registry.plugin_source import PluginSource
from framecast.registry.registry import Registry

MOST_DRAWS = 10_000
_DRAWS_BEFORE_COUNTING = 100
_COUNTABLE = 10_000
"""Combinations of values up to which a space is searched for what is left of it, one by one."""
Point = dict[str, Any]
"""One combination: a value for each key that varies and whose condition holds."""


def identity(point: Point) -> str:
    """What distinguishes two points; Python alone takes 1, 1.0 and True for the same."""
    return json.dumps(point, sort_keys=True)


class Space:
    """What a job's `search:` block spans. A point is legal if its job resolves and every constraint holds.

    So whatever a plugin refuses in a job is refused here before a trial costs anything.
    """

    def __init__(self, search: Search, document: Document, registry: Registry) -> None:
        self.search = search
        self._document = document
        self._registry = registry
        self._constraints = [Constraint(text, "a constraint of the search") for text in search.constraints]
        self._refusals: dict[str, str | None] = {}

    @property
    def sources(self) -> list[PluginSource]:
        """The plugins that its points have used."""
        return self._registry.loaded

    def draw(self, random: np.random.Generator) -> Point:
        """A point by the declared distributions, legal or not."""
        return self.filled(lambda key, parameter: _drawn(parameter, random))

    def filled(self, value_of: Any) -> Point:
        """A point whose values `value_of(key, parameter)` chooses, for parameters whose condition holds."""
        point: Point = {}
        for key, parameter in self.search.parameters.items():
            if self._applies(parameter, point):
                point[key] = value_of(key, parameter)
        return point

    def legal_draw(self, random: np.random.Generator) -> Point:
        """A legal point: the declared distributions, restricted. Raises InputError where none is found."""
        refusals: Counter[str] = Counter()
        for _ in range(MOST_DRAWS):
            point = self.draw(random)
            refusal = self.refusal(point)
            if refusal is None:
                return point
            refusals[refusal] += 1
        ((most, count),) = refusals.most_common(1)
        raise InputError(
            f"search: none of {MOST_DRAWS:,} points drawn is allowed; {count:,} of them were refused by: {most}"
        )

    def untried_draw(self, random: np.random.Generator, tried: Sequence[Point]) -> Point | None:
        """A legal point that is not among those tried; None where there is none, or none is found by chance.

        Where a few draws find none, the points of a countable space are looked through, in random order, so that
        each is found before the search ends.
        """
        known = {identity(point) for point in tried}

        def first(candidates: Iterable[Point]) -> Point | None:
            fresh = (point for point in candidates if identity(point) not in known)
            return next((point for point in fresh if self.refusal(point) is None), None)

        if (point := first(self.draw(random) for _ in range(_DRAWS_BEFORE_COUNTING))) is not None:
            return point
        if self.combinations is not None:
            return first(self._combination(int(number)) for number in random.permutation(self.combinations))
        return first(self.draw(random) for _ in range(MOST_DRAWS))

    @property
    def combinations(self) -> int | None:
        """How many combinations of values there are, legal or not; None for too many to look through."""
        count = 1
        for parameter in self.search.parameters.values():
            count *= len(parameter.values or ()) or _COUNTABLE + 1
        return count if count <= _COUNTABLE else None

    def points(self) -> Iterator[Point]:
        """Every legal point of a grid, each once."""
        seen = set()
        for values in product(*(parameter.values or () for parameter in self.search.parameters.values())):
            chosen = dict(zip(self.search.parameters, values, strict=True))
            point = self.filled(lambda key, parameter, chosen=chosen: chosen[key])
            if identity(point) not in seen and self.refusal(point) is None:
                yield point
            seen.add(identity(point))

    def _combination(self, number: int) -> Point:
        """The point of the `number`-th combination of values."""
        chosen: Point = {}
        for key, parameter in self.search.parameters.items():
            values = parameter.values or []
            number, place = divmod(number, len(values))
            chosen[key] = values[place]
        return self.filled(lambda key, parameter: chosen[key])

    def refusal(self, point: Point) -> str | None:
        """Which rule a point breaks, or None for a legal one."""
        name = identity(point)
        if name not in self._refusals:
            self._refusals[name] = self._find_refusal(point)
        return self._refusals[name]

    def _find_refusal(self, point: Point) -> str | None:
        try:
            plan = self.plan(point)
        except InputError as error:
            problem = error.problems[0]
            return f"{problem.key}: {problem.message.split(', but ')[0]}"
        values = _Values(plan)
        for constraint in self._constraints:
            if constraint.refusal(values):
                return constraint.expression
        return None

    def example(self) -> Plan:
        """The plan of some legal point, for what all trials have in common."""
        return self.plan(self.legal_draw(np.random.default_rng(0)))

    def plan(self, point: Point) -> Plan:
        """The plan of a trial. Raises InputError where the job does not resolve."""
        return make_plan(self.document(point), self._registry)

    def document(self, point: Point) -> Document:
        """The job of a trial."""
        return self._document.with_values({"search": None, **point})

    def _applies(self, parameter: Parameter, point: Mapping[str, Any]) -> bool:
        return all(point.get(key, self._document.get(key)) == value for key, value in parameter.when.items())


class _Values(dict[str, Any]):
    """The numbers that constraints speak of, looked up when they are asked for."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def __missing__(self, name: str) -> Any:
        if name in COSTS:
            if self._plan.cost is None:
                raise InputError(
                    f"search.constraints: the plugin of {self._plan.model.name} does not tell its {name}"
                )
            return getattr(self._plan.cost, name)
        value: Any = self._plan.to_dict()["job"]
        for part in name.split("."):
            if not isinstance(value, Mapping) or part not in value:
                raise InputError(f"search.constraints: the job has no {name}")
            value = value[part]
        return value


def _drawn(parameter: Parameter, random: np.random.Generator) -> Any:
    if parameter.values is not None:
        return parameter.values[int(random.integers(len(parameter.values)))]
    if parameter.log is not None:
        low, high = np.log(parameter.log)
        return float(np.exp(random.uniform(low, high)))
    assert parameter.float is not None, "the one kind that is left"
    return float(random.uniform(*parameter.float))
