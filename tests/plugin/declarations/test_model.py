"""What the declaration of a model names exists."""

from __future__ import annotations

from typing import Any

import pytest

from framecast.plugin.constraint import Constraint
from framecast.plugin.declarations import Model
from tests.plugin.declarations.lengths import Lengths


def test_a_constraint_on_a_setting_that_is_none_is_refused_when_it_is_declared() -> None:
    rule = Constraint("order <= steps", "")
    with pytest.raises(
        ValueError, match="model cell: its constraints name order, steps, which NoSettings does not have"
    ):
        Model(name="cell", summary="", build=lambda settings, sample: None, constraints=(rule,))


@pytest.mark.parametrize(
    ("group", "reason"),
    [
        (("history", "depth"), "model m: setting_groups names depth, which Lengths does not have"),
        (("history",), "a group names two or more settings"),
        (("history", "history"), "a group names two or more settings"),
        ("history", "a group names two or more settings"),
    ],
)
def test_a_group_of_settings_names_two_settings_of_the_model(group: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Model("m", "", lambda settings, sample: None, settings=Lengths, setting_groups=(group,))


def test_runtime_settings_are_settings_of_the_model() -> None:
    with pytest.raises(ValueError, match="model m: runtime_settings names depth, which Lengths does not have"):
        Model("m", "", lambda settings, sample: None, settings=Lengths, runtime_settings=("history", "depth"))
