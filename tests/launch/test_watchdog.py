"""A real process that hangs is ended, and leaves word of where; one that gives signs of life goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_HEAD = """
import re, sys, time
from pathlib import Path
from framecast.launch.watchdog import Watchdog
watchdog = Watchdog(Path(sys.argv[1]), 1)
"""


def ran(file: Path, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _HEAD + code, str(file)], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    "hanging",
    ["time.sleep(1000)", "re.match(r'(a+)+$', 'a' * 60 + 'b')"],  # the latter never gives other threads a turn
    ids=["asleep", "in C code"],
)
def test_a_hanging_process_ends_and_says_where_it_hung(hanging: str, tmp_path: Path) -> None:
    done = ran(tmp_path / "stacks.txt", f"def lost():\n    {hanging}\n\nlost()\nprint('went on')")
    assert done.returncode != 0
    assert "went on" not in done.stdout
    assert "in lost" in (tmp_path / "stacks.txt").read_text()


def test_a_process_that_pulses_goes_on_and_leaves_no_file(tmp_path: Path) -> None:
    code = "for _ in range(30):\n    time.sleep(0.1)\n    watchdog.pulse()\n"
    code += "watchdog.stop()\ntime.sleep(1.5)\nprint('went on')"
    done = ran(tmp_path / "stacks.txt", code)
    assert done.stdout == "went on\n"
    assert done.returncode == 0
    assert not (tmp_path / "stacks.txt").exists()
