"""Settings are strict: what is not meant is refused, and every field is documented where it stands."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import Field, ValidationError

from framecast.plugin.settings import Settings


class Cell(Settings):
    rank: int = Field(8, ge=1)
    """Channels between two cores."""

    ratio: float = 0.5


def test_the_docstring_below_a_field_is_its_description() -> None:
    assert Cell.model_fields["rank"].description == "Channels between two cores."


def test_a_whole_number_may_stand_where_a_fraction_may() -> None:
    assert Cell(ratio=1).ratio == 1.0


@pytest.mark.parametrize(
    "values", [{"ranks": 8}, {"rank": "8"}, {"rank": 8.0}, {"rank": True}, {"rank": 0}, {"ratio": float("nan")}]
)
def test_what_is_not_meant_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Cell.model_validate(values)


def test_a_default_that_breaks_its_own_rule_is_refused() -> None:
    class Wrong(Settings):
        rank: int = Field(0, ge=1)

    with pytest.raises(ValidationError):
        Wrong()


def test_settings_do_not_change() -> None:
    cell: Any = Cell()
    with pytest.raises(ValidationError):
        cell.rank = 3
