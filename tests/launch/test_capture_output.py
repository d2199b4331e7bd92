"""What a process prints goes into a log."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from framecast.launch.capture_output import capture_output


def test_the_folder_of_a_log_is_made_where_it_is_missing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """As in a search from version control, which keeps no empty folder."""
    with capture_output(tmp_path / "logs" / "driver.log") as terminal:
        os.write(1, b"chatter\n")
        terminal.write("news\n")
    assert (tmp_path / "logs" / "driver.log").read_text() == "chatter\n"
    assert capfd.readouterr().out == "news\n"


def test_without_a_log_it_goes_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    with capture_output(None) as terminal:
        os.write(1, b"chatter\n")
        terminal.write("news\n")
    assert capfd.readouterr().out == "news\n"
