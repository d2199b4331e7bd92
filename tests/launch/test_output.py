"""Standard output that is closed, full, or that nobody reads: a sentence or silence, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PLATFORM = f"{sys.executable} -m framecast"


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """In bash, where the status of a pipe is that of its first command that failed."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "FRAMECAST_RUNS": str(folder / "runs")},
    )


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-", "| head -0", "| head -1"])
def test_a_command_whose_output_nobody_reads_ends_well(closed: str, tmp_path: Path) -> None:
    done = shell(f"{PLATFORM} plugins list {closed}", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_output_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    done = shell(f"{PLATFORM} plugins list > /dev/full", tmp_path)
    assert done.returncode == 1
    assert done.stderr == "cannot write the output: No space left on device\n"
    done = shell(f"ulimit -f 0; {PLATFORM} plugins list > list.txt", tmp_path)
    assert done.stderr == "cannot write the output: File too large\n"


def test_wrong_input_is_told_though_standard_output_is_closed(tmp_path: Path) -> None:
    done = shell(f"{PLATFORM} status nothing >&-", tmp_path)
    assert done.returncode == 2
    assert "no run 'nothing'" in done.stderr


def test_the_names_in_a_message_cannot_command_the_terminal(tmp_path: Path) -> None:
    done = shell(f"{PLATFORM} status $'\\e[2Jnothing'", tmp_path)
    assert "\x1b" not in done.stderr
    assert "\\x1b[2Jnothing" in done.stderr


def test_a_terminal_of_another_encoding_gets_what_it_can_show(tmp_path: Path) -> None:
    done = shell(f"PYTHONIOENCODING=ascii {PLATFORM} status 日本", tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
