"""A disk that takes no more, whoever writes to it: the run fails in words, and continues once there is room."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import framecast
from framecast.errors import InputError, disk_problem, why_not_written
from framecast.files import write_atomically
from framecast.job.document import Document
from framecast.launch.launch import launch, resumed_plan
from framecast.launch.search.launch import create_search
from framecast.launch.worker import in_a_line
from framecast.plugin.cause import Cause
from framecast.plugin.events import RunFailed, RunStarted, StepDone
from framecast.registry.registry import Registry
from framecast.runs.journal import Journal
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status

LONG = {"training": {"epochs": 200, "evaluate_every": 200}, "checkpoints": {"every": 200}}


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes, which stands for a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 200 KiB, where one may be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", folder], check=False, stderr=-1)
    if mounted.returncode:
        pytest.skip("a small file system can be mounted by root on Linux only")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_that_events_fill_ends_the_run_in_words_and_resume_continues_it(
    tiny_job: Callable[..., dict[str, Any]], small_disk: Path
) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(120 << 10))
    status = framecast.run(tiny_job(**LONG), runs=small_disk, in_process=True)
    assert status.state == "failed"
    assert status.reason.startswith("the disk is full: No space left on device (")
    assert status.reason.endswith("events.jsonl): free space, then resume the run")
    assert status.step > 0
    run = RunFolder(status.folder)
    assert not list(run.path.rglob("*.writing*"))

    ballast.unlink()
    assert launch(resumed_plan(run, ["training.epochs=1"]), run, in_process=True).state == "finished"


def test_a_file_that_may_not_grow_ends_the_run_in_words(
    tiny_job: Callable[..., dict[str, Any]], runs: Path
) -> None:
    with files_of_at_most(40_000):
        status = framecast.run(tiny_job(**LONG), runs=runs, in_process=True)
    assert status.state == "failed"
    assert "a file may not grow any more" in status.reason
    run = RunFolder(status.folder)
    resumed = launch(resumed_plan(run, ["training.epochs=3"]), run, in_process=True)
    assert resumed.state == "finished"
    assert Status.of(run).state == "finished"


def test_a_run_that_cannot_be_made_leaves_nothing(tiny_job: Callable[..., dict[str, Any]], runs: Path) -> None:
    with (
        files_of_at_most(100),
        pytest.raises(InputError, match=r"cannot make the run folder .*: a file may not grow"),
    ):
        framecast.run(tiny_job(), runs=runs, in_process=True)
    assert not list(runs.rglob("*/*"))


def started(tmp_path: Path) -> Journal:
    journal = Journal(tmp_path / "events.jsonl")
    journal.append(RunStarted(1, 0, 0, 0, 10, 20, 1, "cpu", "fp32", "torch", 227))
    return journal


def test_a_search_that_cannot_be_made_leaves_nothing(
    tiny_job: Callable[..., dict[str, Any]], runs: Path, tmp_path: Path
) -> None:
    space = {"parameters": {"training.seed": {"grid": [1, 2]}}, "objectives": {"validation/mse": "min"}}
    document = Document.from_data({**tiny_job(), "search": space})
    sound = create_search(document, Registry.discover(), tmp_path / "sound")
    sizes = {file.stat().st_size for file in sound.path.rglob("*") if file.is_file()} - {0}
    assert len(sizes) > 1
    for size in sizes:  # at each of them another file does not fit
        with (
            files_of_at_most(size - 1),
            pytest.raises(InputError, match=r"cannot make the search folder .*: a file may not grow"),
        ):
            create_search(document, Registry.discover(), runs)
        assert not list(runs.glob("*/*"))


def test_how_a_run_ended_is_written_though_the_journal_may_not_grow(tmp_path: Path) -> None:
    journal = started(tmp_path)
    failed = RunFailed(3, "the disk is full", Cause.DISK_FULL)
    with files_of_at_most(journal.size):
        with pytest.raises(OSError, match="File too large"):
            journal.append(StepDone(1, 0, 0.5, None, 1e-3, None, False, 0.01, {}))
        with files_of_at_most(max(journal.size, 200)):
            journal.append(failed)
    assert journal.read()[-1] == failed
    again = RunStarted(2, 0, 0, 0, 10, 20, 1, "cpu", "fp32", "torch", 227)
    journal.append(again)
    assert journal.read()[-1] == again
    assert list(journal.since(0))[-1] == again


def test_room_for_the_end_is_kept_while_an_attempt_lasts(tmp_path: Path) -> None:
    journal = started(tmp_path)
    assert sum(file.stat().st_size for file in tmp_path.glob(".*")) > 10_000
    journal.append(RunFailed(3, "anything"))
    assert os.listdir(tmp_path) == ["events.jsonl"]


@pytest.mark.parametrize("limit", [0, 10])
def test_nothing_is_left_of_a_file_that_could_not_be_written_whole(tmp_path: Path, limit: int) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text("old")
    with files_of_at_most(limit), pytest.raises(OSError, match="File too large") as failed:
        write_atomically(file, "a longer content")
    assert failed.value.filename == str(file)
    assert os.listdir(tmp_path) == ["plan.yaml"]
    assert file.read_text() == "old"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "the disk quota is used up"),
        (OSError(errno.EROFS, "Read-only file system"), "the disk is read-only"),
        (RuntimeError("serializing: I/O error: No space left on device (os error 28)"), "the disk is full"),
        (OSError(errno.ENOENT, "No such file or directory"), ""),
        (ValueError("anything"), ""),
    ],
)
def test_what_the_disk_says_is_put_in_words(error: Exception, words: str) -> None:
    assert why_not_written(error) == words
    if words:
        assert in_a_line(error).startswith(f"{words}: ")
        assert in_a_line(error).endswith("free space, then resume the run")
    if isinstance(error, OSError):
        assert disk_problem(error).startswith(words)
