"""Checkpoints at a URL: whole or not there, also where a process is killed on the way."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from framecast.engine.checkpoint.reading import newest_usable
from framecast.errors import InputError
from framecast.runs.checkpoints import CheckpointStore
from framecast.runs.url_folder import StoredFile, UrlFolder
from tests.folder_content import folder_content
from tests.runs.mirrored_runs import (
    Elsewhere,
    at_url,
    in_a_process,
    mirror_of,
    new_run,
    push,
    save,
    steps,
)
from tests.wait_until import wait_until


def test_what_is_no_longer_here_is_removed_there(url: str, elsewhere: Elsewhere) -> None:
    run = new_run(url)
    mirror = mirror_of(run.path)
    for step in (10, 20, 30, 40):
        save(run, step, monitor=1 / step)
        mirror.checkpoints.push()
    assert {name.split("/")[1] for name in at_url(mirror)} == {"step-00000030", "step-00000040", "links.json"}
    there = elsewhere(url, run)
    there.pull(checkpoints=True)
    save(run, 50, 0.0)
    mirror_of(run.path).checkpoints.push()
    there.pull(checkpoints=True)
    assert steps(there.path) == steps(run.path) == [50, 40]


def test_what_an_interrupted_push_left_is_removed_even_if_it_is_no_longer_here(url: str) -> None:
    run = new_run(url)
    save(run, 20, 0.1)
    mirror = mirror_of(run.path)
    mirror.store.write("checkpoints/step-00000010/model.bin", [b"a part of it"])
    push(mirror)
    assert not any("step-00000010" in name for name in at_url(mirror))


def test_a_folder_without_checkpoints_removes_none(url: str, elsewhere: Elsewhere) -> None:
    run = new_run(url)
    save(run, 10, 0.1)
    push(mirror_of(run.path))
    there = elsewhere(url, run)
    there.pull()
    push(there)
    there.pull(checkpoints=True)
    assert steps(there.path) == [10]


def test_a_step_that_was_done_again_is_sent_again(url: str, elsewhere: Elsewhere) -> None:
    run = new_run(url)
    save(run, 10, 0.1)
    push(mirror_of(run.path))
    there = elsewhere(url, run)
    there.pull(checkpoints=True)
    save(run, 10, 0.1)  # other bytes of the same size
    push(mirror_of(run.path))
    there.pull(checkpoints=True)
    assert folder_content(there.path) == folder_content(run.path)


@pytest.mark.slow
def test_a_push_that_is_killed_leaves_the_older_checkpoint_whole(url: str, elsewhere: Elsewhere) -> None:
    run = new_run(url)
    save(run, 10, 0.5)
    mirror = mirror_of(run.path)
    push(mirror)
    save(run, 20, 0.1, files=64, size=2 << 20)
    process = in_a_process(run.path, "checkpoints.push()")
    wait_until(lambda: len(at_url(mirror, "checkpoints/step-00000020")) >= 3, "three files have arrived")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    arrived = at_url(mirror, "checkpoints/step-00000020")
    assert arrived
    assert "checkpoints/step-00000020/manifest.json" not in arrived
    there = elsewhere(url, run)
    there.pull(checkpoints=True)
    found, complaints = newest_usable(CheckpointStore(there.path / "checkpoints"))
    assert found
    assert (found.step, complaints) == (10, [])
    assert (there.path / "checkpoints" / "last").resolve().name == "step-00000010"

    push(mirror_of(run.path))
    there.pull(checkpoints=True)
    assert folder_content(there.path) == folder_content(run.path)


def test_an_interrupted_pull_goes_on(url: str, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    run = new_run(url)
    save(run, 10, 0.5, files=4)
    push(mirror_of(run.path))
    there = elsewhere(url, run)
    fetched: list[str] = []
    original = UrlFolder.download

    def download(self: UrlFolder, name: str, file: Path, top: Path, entry: StoredFile | None = None) -> None:
        if len(fetched) == 3:
            fetched.append("broken off")
            raise InputError("the line is cut")
        fetched.extend([name] if "step-" in name else [])
        original(self, name, file, top, entry)

    monkeypatch.setattr(UrlFolder, "download", download)
    with pytest.raises(InputError, match="cut"):
        there.pull(checkpoints=True)
    assert steps(there.path) == []
    there.pull(checkpoints=True)
    assert len(fetched) == len(set(fetched)), "what had arrived was not fetched again"
    assert folder_content(there.path) == folder_content(run.path)


def test_two_processes_may_pull_at_once(
    url: str, elsewhere: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run(url)
    save(run, 10, 0.5, files=8, size=1 << 20)
    push(mirror_of(run.path))
    there = elsewhere(url, run)
    monkeypatch.setenv("FRAMECAST_CACHE", str(tmp_path / "elsewhere"))
    processes = [in_a_process(there.path, "pull(checkpoints=True)") for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    assert folder_content(there.path) == folder_content(run.path)
