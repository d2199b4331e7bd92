"""Rules between settings: checked, printed with both numbers, and never evaluated as Python."""

from __future__ import annotations

from typing import Any

import pytest

from framecast.plugin.constraint import Constraint


@pytest.mark.parametrize(
    ("expression", "values", "satisfied"),
    [
        ("order <= steps", {"order": 3, "steps": 3}, True),
        ("order <= steps", {"order": 4, "steps": 3}, False),
        ("order < steps", {"order": 3, "steps": 3}, False),
        ("width > 2", {"width": 3}, True),
        ("width >= 2 * rank + 1", {"width": 9, "rank": 4}, True),
        ("width >= 2 * rank + 1", {"width": 8, "rank": 4}, False),
        ("size % patch == 0", {"size": 64, "patch": 8}, True),
        ("size % patch == 0", {"size": 64, "patch": 7}, False),
        ("size // 2 - 1 != rank", {"size": 8, "rank": 3}, False),
        ("0.5 < ratio", {"ratio": 0.6}, True),
    ],
)
def test_an_expression_means_what_it_says(expression: str, values: dict[str, Any], satisfied: bool) -> None:
    assert (Constraint(expression, "so").refusal(values) is None) == satisfied


def test_a_refusal_names_the_rule_both_numbers_and_the_reason() -> None:
    refusal = Constraint("order <= steps", "every core needs a state").refusal({"order": 5, "steps": 3, "rank": 8})
    assert refusal == "order <= steps is required, but order is 5, steps is 3: every core needs a state"


def test_its_names_are_the_settings_it_speaks_of_once_each_in_order() -> None:
    assert Constraint("b * a <= c - b", "").names == ("b", "a", "c")


@pytest.mark.parametrize("patch", [0, None])
def test_what_cannot_be_computed_does_not_hold(patch: int | None) -> None:
    assert f"patch is {patch}" in str(Constraint("size % patch == 0", "").refusal({"size": 64, "patch": patch}))


REFUSED = [
    "order",
    "order + 1",
    "1 < order < steps",
    "order <= steps and rank > 0",
    "not order <= steps",
    "order in steps",
    "order is steps",
    "f(order) <= steps",
    "__import__('os').system('ls') == 0",
    "order().real <= steps",
    "order[0] <= steps",
    "order / 2 <= steps",
    "order ** 9 <= steps",
    "-order <= steps",
    "order <= 'three'",
    "(lambda: 1)() <= steps",
    "[order] <= steps",
    "(order := 3) <= steps",
    "order <= (1 if steps else 2)",
    "f'{order}' <= steps",
]


@pytest.mark.parametrize("expression", REFUSED)
def test_what_is_not_one_comparison_of_names_and_numbers_is_refused_when_it_is_declared(expression: str) -> None:
    """At the plugin author's desk, not in the user's job."""
    with pytest.raises(ValueError, match="constraint"):
        Constraint(expression, "")


@pytest.mark.parametrize("expression", ["", "order <=", "order <= <= steps", "order = steps"])
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises((ValueError, SyntaxError)):
        Constraint(expression, "")


@pytest.mark.parametrize(
    "text", ["order <", "(" * 500, "a\0 < b", "1" * 6000 + " > 0", "order <= steps" + " + 1" * 500]
)
def test_what_does_not_parse_is_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="write one comparison"):
        Constraint(text, "")
