"""Listings in columns."""

from __future__ import annotations

import pytest

from framecast.cli.table import table


def test_columns_are_as_wide_as_their_widest_text(capsys: pytest.CaptureFixture[str]) -> None:
    table(["run", "best"], [["a-long-name", 0.123456789], ["b", None]])
    assert capsys.readouterr().out == "run          best\na-long-name  0.12346\nb            -\n"
