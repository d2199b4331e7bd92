"""The protocols of a metric."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, Literal, Optional

import pytest
from pydantic import create_model

from framecast.plugin.declarations import Metric
from framecast.plugin.settings import Settings


class Word(Enum):
    PLAIN = "plain"


@pytest.mark.parametrize(
    ("annotation", "protocols"),
    [
        (Literal["plain", "scaled"], ("plain", "scaled")),
        (Literal["plain", "scaled"] | None, ("plain", "scaled")),
        (Optional[Annotated[Literal["plain"], "a note"]], ("plain",)),  # noqa: UP045
        (Word, ("plain",)),
        (str, ()),
    ],
)
def test_the_protocols_of_a_metric_are_the_choices_of_its_setting(annotation: Any, protocols: Any) -> None:
    settings = create_model("Own", __base__=Settings, protocol=(annotation, ...))
    assert Metric("m", "", lambda *arguments: None, "min", settings=settings).protocols == protocols
    assert Metric("m", "", lambda *arguments: None, "min").protocols == ()
