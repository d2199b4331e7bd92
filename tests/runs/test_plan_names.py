"""The names of model and data in a plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from framecast.runs.plan_names import plan_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "job:\n  task:\n    name: t\n  model:\n    name: conv_lstm\n    bias: true\n  data:\n    name: kth\n",
            ("conv_lstm", "kth"),
        ),
        ("job:\n  model: {name: last_frame}\n  data: {name: 'my_data', size: 3}\n", ("last_frame", "my_data")),
        ("job:\n  name: x\n", (None, None)),
        ("", (None, None)),
    ],
)
def test_they_are_read_from_lines_and_from_braces(
    text: str, names: tuple[str | None, str | None], tmp_path: Path
) -> None:
    (tmp_path / "plan.yaml").write_text(text)
    assert plan_names(tmp_path / "plan.yaml") == dict(zip(("model", "data"), names, strict=True))


def test_a_run_without_a_plan_has_none(tmp_path: Path) -> None:
    assert plan_names(tmp_path / "plan.yaml") == {"model": None, "data": None}
