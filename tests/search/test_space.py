"""Points drawn from a space: as declared, and only those that may be."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from framecast.errors import InputError
from framecast.search.space import Space

TENSOR_TRAIN = {
    "model.order": {"int": [1, 5]},
    "model.steps": {"int": [1, 5]},
    "model.rank": {"choice": [2, 4, 8]},
}
SpaceOf = Callable[..., Space]


def test_ten_thousand_draws_of_a_constrained_space_violate_nothing(space_of: SpaceOf) -> None:
    """By arithmetic of its own: the model's rule (order <= steps), and a bound on the parameters."""
    space = space_of(TENSOR_TRAIN, constraints=["parameters <= 6000"])
    random = np.random.default_rng(0)
    points = [space.legal_draw(random) for _ in range(10_000)]
    costs = {}
    for point in points:
        assert point["model.order"] <= point["model.steps"]
        key = tuple(point.values())
        if key not in costs:
            cost = space.plan(point).cost
            assert cost is not None
            costs[key] = cost.parameters
        assert costs[key] <= 6000
    assert max(costs.values()) > 5000  # the bound cuts where it says


def test_random_draws_follow_the_declared_distribution_over_legal_points(space_of: SpaceOf) -> None:
    space = space_of(TENSOR_TRAIN)
    random = np.random.default_rng(1)
    counts = Counter(tuple(space.legal_draw(random).values()) for _ in range(9_000))
    legal = [(order, steps, rank) for order in range(1, 6) for steps in range(order, 6) for rank in (2, 4, 8)]
    assert set(counts) == set(legal)
    expected = 9_000 / len(legal)
    chi_squared = sum((counts[point] - expected) ** 2 / expected for point in legal)
    assert chi_squared < 44 + 5 * math.sqrt(2 * 44)  # 44 degrees of freedom


def test_a_logarithmic_parameter_is_as_likely_in_each_decade(space_of: SpaceOf) -> None:
    space = space_of({"training.optimizer.learning_rate": {"log": [1e-4, 1e-1]}})
    random = np.random.default_rng(2)
    decades = Counter(
        math.floor(math.log10(space.draw(random)["training.optimizer.learning_rate"])) for _ in range(3_000)
    )
    assert set(decades) == {-4, -3, -2}
    assert all(900 < count < 1100 for count in decades.values())


def test_a_grid_is_every_legal_point_once(space_of: SpaceOf) -> None:
    points = list(space_of(TENSOR_TRAIN, searcher="grid").points())
    assert len(points) == len({tuple(point.values()) for point in points}) == 15 * 3


def test_a_condition_leaves_a_parameter_out_where_it_does_not_hold(space_of: SpaceOf) -> None:
    space = space_of(
        {
            "model.window": {"choice": ["sliding", "fixed"]},
            "model.order": {"int": [1, 2], "when": {"model.window": "fixed"}},
        },
        searcher="grid",
    )
    assert list(space.points()) == [
        {"model.window": "sliding"},
        {"model.window": "fixed", "model.order": 1},
        {"model.window": "fixed", "model.order": 2},
    ]


def test_a_condition_on_what_the_job_says_holds_as_well(space_of: SpaceOf) -> None:
    named = {"model.rank": {"int": [1, 2], "when": {"model.name": "conv_tt_lstm"}}}
    assert [*space_of(named, searcher="grid").points()] == [{"model.rank": 1}, {"model.rank": 2}]
    other = {"model.rank": {"int": [1, 2], "when": {"model.name": "conv_lstm"}}}
    assert [*space_of(other, searcher="grid").points()] == [{}]


def test_a_space_without_a_legal_point_is_refused_by_the_rule_that_refused_most(space_of: SpaceOf) -> None:
    space = space_of(
        {"model.order": {"int": [4, 5]}, "model.steps": {"int": [1, 4]}}, constraints=["model.steps < 4"]
    )
    with pytest.raises(InputError) as caught:
        space.legal_draw(np.random.default_rng(0))
    assert "none of 10,000 points drawn is allowed" in str(caught.value)
    assert "order <= steps is required" in str(caught.value)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"model.rnk": {"int": [1, 2]}}, "model.rnk: unknown key, did you mean rank?"),
        ({"model.rank": {"choice": ["many"]}}, "model.rank: should be a valid"),
        ({"nonsense.rank": {"int": [1, 2]}}, "nonsense: unknown key"),
    ],
)
def test_a_key_that_no_job_has_is_refused_with_its_name(space_of: SpaceOf, parameters: Any, said: str) -> None:
    with pytest.raises(InputError) as caught:
        space_of(parameters).legal_draw(np.random.default_rng(0))
    assert said in str(caught.value)


def test_a_constraint_may_speak_of_defaults_that_the_job_does_not_write(space_of: SpaceOf) -> None:
    space = space_of({"training.accumulate": {"int": [1, 4]}}, constraints=["training.accumulate < model.steps"])
    assert {space.legal_draw(np.random.default_rng(seed))["training.accumulate"] for seed in range(9)} == {1}


def test_a_constraint_on_a_key_that_is_not_there_is_refused(space_of: SpaceOf) -> None:
    with pytest.raises(InputError, match=r"search.constraints: the job has no model.size"):
        space_of(TENSOR_TRAIN, constraints=["model.size <= 3"]).legal_draw(np.random.default_rng(0))
