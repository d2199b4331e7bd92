"""How much an evaluation has to do is said once, and what an interruption loses."""

from __future__ import annotations

import io
import itertools
import time

import pytest

from framecast.cli import evaluation_progress as module
from framecast.cli.evaluation_progress import evaluation_progress


def test_a_long_evaluation_says_how_long_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SECONDS_TO_ESTIMATE", 0.0)
    terminal, counts = io.StringIO(), itertools.count(100, 100)
    with evaluation_progress(3, False, lambda: (next(counts), 15_000), terminal):
        time.sleep(0.7)
    (said,) = terminal.getvalue().splitlines()
    assert said.startswith("scoring 5,000 clips, each by 3 models: about ")
    assert said.endswith("to go")


def test_programs_that_read_json_get_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SECONDS_TO_ESTIMATE", 0.0)
    terminal = io.StringIO()
    with evaluation_progress(3, True, lambda: (5, 15), terminal):
        time.sleep(0.5)
    assert terminal.getvalue() == ""


def test_an_interruption_says_that_nothing_is_kept() -> None:
    terminal = io.StringIO()
    with pytest.raises(KeyboardInterrupt), evaluation_progress(3, False, lambda: (1200, 15_000), terminal):
        raise KeyboardInterrupt
    assert terminal.getvalue() == "stopped after 1,200 of 15,000 scores; none are kept\n"
