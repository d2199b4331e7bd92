"""Folders that this user may not read or write: a sentence names the folder, its owner and what to do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.folder_content import folder_content
from tests.untrusted.commands import platform_in
from tests.untrusted.readers import reader_named

as_other_user = partial(platform_in, as_other_user=True)
RUN = "runs/tiny/20260101-000000-aaaa"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.delenv("FRAMECAST_RUNS", raising=False)
    reader_named("events.jsonl").made(tmp_path)
    yield tmp_path / RUN
    for folder in ("runs", "runs/tiny", RUN):
        (tmp_path / folder).chmod(0o755)


VERBS = {
    "status": [],
    "logs": [],
    "report": [],
    "stop": [],
    "evaluate": [],
    "export": ["-o", "model.safetensors"],
    "predict": ["film.mp4", "-o", "future.npy"],
    "resume": ["training.epochs=9", "--in-process"],
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_run_that_may_not_be_read_is_named(verb: str, run: Path) -> None:
    run.chmod(0)
    code, said = as_other_user(run.parents[2], verb, RUN, *VERBS[verb])
    assert code == 2, said
    assert said.count("\n") == 1
    assert f"{run} may not be entered by this user: it belongs to " in said
    assert f"`chmod u+x {run}` allows it" in said


def test_a_run_that_may_not_be_written_is_not_resumed(run: Path) -> None:
    shutil.rmtree(run / "logs", ignore_errors=True)
    run.chmod(0o555)
    before = folder_content(run)
    code, said = as_other_user(run.parents[2], "resume", RUN, *VERBS["resume"])
    assert code == 2, said
    assert f"{run} may not be written to by this user" in said
    assert said.count("\n") == 1
    assert folder_content(run) == before


def test_weights_that_may_not_be_read_are_not_called_damaged(tmp_path: Path) -> None:
    manifest = reader_named("manifest.json").made(tmp_path)
    weights = next(manifest.parent.glob("*.safetensors"))
    weights.chmod(0)
    code, said = as_other_user(tmp_path, "export", str(manifest.parent), "-o", "model.safetensors")
    assert (code, "damaged" in said) == (2, False), said
    assert f"{weights} may not be read by this user" in said


@pytest.mark.parametrize("above", [0, 1, 2])
def test_folders_that_may_not_be_read_are_named_where_runs_are_listed_or_found(above: int, run: Path) -> None:
    closed = [run, *run.parents][above]
    closed.chmod(0)
    code, said = as_other_user(run.parents[2], "list")
    assert (code, f"note: {closed} may not be read by this user" in said) == (0, True), said
    code, said = as_other_user(run.parents[2], "status", "tiny")
    assert (code, f"1 folder there may not be read by this user, such as {closed}" in said) == (2, True), said
