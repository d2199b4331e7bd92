"""What the declaration of a task names exists."""

from __future__ import annotations

from typing import Any

import pytest

from framecast.plugin.declarations import Task
from framecast.plugin.logged_value import LoggedValue
from tests.plugin.declarations.lengths import Lengths


def a_task(**facts: Any) -> Task[Lengths]:
    return Task("t", "", lambda settings: None, lambda settings: 5, (), settings=Lengths, **facts)


def test_a_task_names_the_settings_of_its_horizon() -> None:
    def horizon(settings: Lengths) -> tuple[int, int]:
        return settings.inner.seen, settings.future

    assert a_task(horizon=horizon, horizon_settings=("inner.seen", "future")).horizon_settings[0] == "inner.seen"
    with pytest.raises(
        ValueError, match="task t: horizon_settings names futur, which Lengths does not have; it has h"
    ):
        a_task(horizon=horizon, horizon_settings=("history", "futur"))
    with pytest.raises(ValueError, match=r"names inner\.past, which Lengths does not have"):
        a_task(horizon=horizon, horizon_settings=("inner.past", None))
    with pytest.raises(ValueError, match="task t: it names horizon_settings and declares no horizon"):
        a_task(horizon_settings=("history", "future"))
    for wrong in ("history", ("history",), ("history", "future", "inner")):
        with pytest.raises(ValueError, match="name two settings"):
            a_task(horizon=horizon, horizon_settings=wrong)


def test_a_logged_value_is_declared_once_and_a_share_is_linear() -> None:
    with pytest.raises(ValueError, match="task t: it declares the logged value blur twice"):
        a_task(logs=(LoggedValue("blur"), LoggedValue("sharpness"), LoggedValue("blur")))
    with pytest.raises(ValueError, match="a share is drawn from 0 to 1"):
        LoggedValue("blur", share=True, scale="log")
    with pytest.raises(ValueError, match="scale is 'cubic', write 'linear' or 'log'"):
        LoggedValue("blur", scale="cubic")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="has no name"):
        LoggedValue("")
