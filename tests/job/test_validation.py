"""Problems in the words of the job file: the key that was written, what is wrong, what was meant."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, field_validator

from framecast.errors import Problem
from framecast.job.document import Document
from framecast.job.validation import validated
from framecast.plugin.settings import Settings


class Inner(Settings):
    ratio: float = Field(0.5, ge=0, le=1)


class Cell(Settings):
    width: int
    rank: int = Field(8, ge=1)
    layers: list[Annotated[int, Field(ge=1)]] = [1]  # noqa: RUF012
    inner: Inner = Inner()
    cores: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    pair: tuple[int, int] = (1, 2)

    @field_validator("width")
    @classmethod
    def _odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError(f"must be odd, got {value}")
        return value


def problems(**data: Any) -> list[str]:
    found: list[Problem] = []
    result = validated(Cell, data, Document.from_data({"model": data}), ("model",), found)
    assert (result is None) == bool(found)
    return [f"{problem.key}: {problem.message}" for problem in found]


def test_sound_data_become_settings_and_lists_fit_tuples() -> None:
    found: list[Problem] = []
    cell = validated(Cell, {"width": 3, "pair": [3, 4]}, Document.from_data({}), (), found)
    assert cell is not None
    assert cell.pair == (3, 4)
    assert not found


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "model.width: is required"),
        ({"width": 3, "ranks": 8}, "model.ranks: unknown key, did you mean rank?"),
        ({"width": 3, "inner": {"ration": 1}}, "model.inner.ration: unknown key, did you mean ratio?"),
        ({"width": 3, "zzz": 8}, "model.zzz: unknown key, choose from: cores, inner, layers, pair, rank, width"),
        ({"width": 4}, "model.width: must be odd, got 4"),
        ({"width": 3, "rank": 0}, "model.rank: should be greater than or equal to 1, got 0"),
        ({"width": 3, "rank": True}, "model.rank: should be a valid integer, got true"),
        ({"width": 3, "rank": None}, "model.rank: should be a valid integer, got null"),
        ({"width": 3, "layers": [1, 0]}, "model.layers.1: should be greater than or equal to 1, got 0"),
        ({"width": 3, "inner": {"ratio": 2}}, "model.inner.ratio: should be less than or equal to 1, got 2"),
    ],
)
def test_a_problem_names_the_key_and_what_is_wrong(data: dict[str, Any], said: str) -> None:
    assert problems(**data) == [said]


def test_a_choice_between_two_types_is_one_problem_that_names_both() -> None:
    (said,) = problems(width=3, cores="all")
    assert said.startswith("model.cores: should be a valid integer")
    assert " or should be 'auto'" in said


def test_a_long_value_is_shown_shortened() -> None:
    (said,) = problems(width=3, rank="x" * 1000)
    assert said.endswith("...")
    assert len(said) < 150


def test_all_problems_are_found_at_once() -> None:
    assert len(problems(width=2, rank=0, layers=[0, 0], inner={"ratio": 7}, other=1)) == 6
