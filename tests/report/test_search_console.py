"""The live table of a search, drawn at several widths."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from framecast.report.rich_console import console_on
from framecast.report.search_console import SearchView
from tests.made_searches import made_search

PARAMETERS = {
    "model.rank": {"int": [1, 64]},
    "training.optimizer.learning_rate": {"log": [1e-5, 1e-1]},
    "training.optimizer.weight_decay": {"float": [0.0, 1.0]},
    "task.sampling.patience": {"int": [1, 1000]},
}
POINT = {
    "model.rank": 12,
    "training.optimizer.learning_rate": 0.00012345,
    "training.optimizer.weight_decay": 0.12345,
    "task.sampling.patience": 123,
}


@pytest.mark.parametrize(("width", "settings"), [(60, 0), (80, 1), (110, 2), (200, 4)])
def test_settings_that_do_not_fit_are_left_out_and_no_number_is_cut(
    width: int, settings: int, tiny_job: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    trials = [("finished", POINT, [0.3, 0.1234]), ("running", {**POINT, "model.rank": 3}, [0.5])]
    folder = made_search(tmp_path, tiny_job(), trials, parameters=PARAMETERS)
    text = io.StringIO()
    console = console_on(text, width=width)
    console.print(SearchView(folder, console).table(), soft_wrap=False)
    said = text.getvalue()
    assert all(len(line) <= width for line in said.splitlines())
    assert "0.1234" in said
    assert "…" not in said
    shown = [name for name in ("rank", "learning_rate", "weight_decay", "patience") if name in said]
    assert len(shown) >= settings
    assert ("left out: platform" in " ".join(said.split())) == (len(shown) < 4)
