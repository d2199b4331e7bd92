"""Runs at a URL, for tests: made here, and seen from another host."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from framecast.runs.checkpoints import CheckpointStore
from framecast.runs.mirror import Mirror
from framecast.runs.run_folder import RunFolder
from framecast.runs.working_copy import working_copy

Elsewhere = Callable[[str, RunFolder], Mirror]


def mirror_of(path: Path) -> Mirror:
    mirror = Mirror.of(path)
    assert mirror
    return mirror


def new_run(url: str) -> RunFolder:
    run = RunFolder.create(working_copy(url), "demo")
    run.plan.write_text("name: demo\n")
    (run.path / "events.jsonl").write_text('{"event": 1}\n')
    (run.logs / "worker-0.log").write_bytes(os.urandom(100_000))
    return run


def save(run: RunFolder, step: int, monitor: float, files: int = 1, size: int = 1000) -> None:
    store = CheckpointStore(run.checkpoints)
    folder = store.begin(step)
    (folder / "inner").mkdir()
    (folder / "inner" / "optimizer.bin").write_bytes(b"state")
    for number in range(files):
        (folder / f"model-{number:03d}.bin").write_bytes(os.urandom(size))
    store.publish(step, step // 10, monitor)


def push(mirror: Mirror) -> None:
    """Everything, as one process that trains and drives alone does."""
    mirror.checkpoints.push()
    mirror.push_files()


def in_a_process(path: Path, call: str) -> subprocess.Popen[bytes]:
    mirror = f"Mirror.of(Path({str(path)!r}))"
    code = f"from pathlib import Path; from framecast.runs.mirror import Mirror; {mirror}.{call}"
    return subprocess.Popen([sys.executable, "-c", code])


def at_url(mirror: Mirror, below: str = "checkpoints") -> set[str]:
    return set(mirror.store.files(below))


def steps(path: Path) -> list[int]:
    return [each.step for each in CheckpointStore(path / "checkpoints").all()]
