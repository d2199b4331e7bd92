"""Whether a file evaluation-*.json is what `platform evaluate` writes, as far as the page shows it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

_Number = Annotated[float | None, Field(strict=True)]
_Text = Annotated[str, Field(strict=True)]
_Count = Annotated[int, Field(strict=True, ge=0, lt=2**53)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow")


class _Score(_Part):
    value: _Number
    low: _Number = None
    high: _Number = None


class _Row(_Part):
    label: _Text
    model: _Text
    metrics: dict[str, _Score]
    baseline: bool | None = None
    per_frame: dict[str, list[_Number]] = {}
    confusion: list[list[list[float]]] | None = None


class _Intervals(_Part):
    reason: _Text | None
    groups: _Count | None
    over: _Text
    assumed: bool


class _Evaluation(_Part):
    rows: list[_Row] = Field(min_length=1)
    split: _Text = "test"
    clips: _Count = 0
    frames_in: _Count | None = None
    frames_out: _Count | None = None
    baselines: list[_Text] = []
    intervals: _Intervals | None = None
    protocols: dict[str, _Text | None] = {}
    units: dict[str, _Text] = {}
    needs: dict[str, _Text] = {}
    readings: list[float] = []
    classes: list[_Text] = []


def check_evaluation(content: dict[str, Any]) -> None:
    """Raises ValueError, in one line, where the page could not show it."""
    try:
        found = _Evaluation.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    for row in found.rows:
        for name, values in row.per_frame.items():
            if found.needs.get(name, "frames") != "frames" and len(values) != len(found.readings):
                raise ValueError(f"{name} of {row.label} has no value for each reading")
        size = len(found.classes)
        for matrix in row.confusion or []:
            if not size or len(matrix) != size or any(len(line) != size for line in matrix):
                raise ValueError(f"the confusion of {row.label} is not one of {size} classes")
