"""Files in the current folder that have the names of modules."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from framecast.data.preparation import prepare_store
from framecast.data.source import Source
from framecast.launch import import_path
from framecast.plugin.frame_format import FrameFormat
from tests.real_clips import real_video

SHADOWS = ("statistics", "random", "logging", "ray", "torch", "platform", "multiprocessing", "socket", "framecast")


@pytest.fixture
def shadows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, full of such files, each of which raises when it is imported."""
    for name in SHADOWS:
        (tmp_path / f"{name}.py").write_text(f"raise RuntimeError('this is the {name} of the user')\n")
    (tmp_path / "my_cell.py").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_processes_that_decode_do_not_import_them(shadows: Path) -> None:
    files = [shadows / f"{number}.avi" for number in range(2)]
    for number, file in enumerate(files):
        file.write_bytes(real_video(frames=4, begin=number))
    sources = [Source(file.stem, file) for file in files]
    store = prepare_store(shadows / "store", sources, FrameFormat(16, 16), processes=2)
    assert len(store.videos) == 2
    assert "PYTHONSAFEPATH" not in os.environ


def test_another_process_finds_what_this_one_does_after_what_is_installed(
    shadows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a detached run and Ray's workers do: the plugin my_cell is found, the files beside it shadow nothing."""
    monkeypatch.syspath_prepend(str(shadows))
    code = (
        "from framecast.launch.import_path import extend; extend()\n"
        "import statistics, random, logging, my_cell; print(my_cell.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env={**os.environ, **import_path.passed_on()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == str(shadows / "my_cell.py"), done.stderr


def test_the_module_command_puts_the_current_folder_last(shadows: Path) -> None:
    (shadows / "framecast.py").unlink()  # `python -m` itself looks for that one
    done = subprocess.run([sys.executable, "-m", "framecast", "list"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
