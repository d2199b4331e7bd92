"""What Weights & Biases would send of a run, read back from the files of its offline mode."""

from __future__ import annotations

import json
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

import framecast
from framecast.plugin import events
from framecast_wandb import framecast_callbacks
from tests.made_events import evaluated, started, step_done

pytest.importorskip("wandb")
from wandb.proto import wandb_internal_pb2

(CALLBACK,) = framecast_callbacks()
JOB = {"name": "tiny", "model": {"name": "conv_lstm"}}
FINISHED = events.RunFinished(2, "epochs")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    run = tmp_path / "20260101-000000-abcd"
    run.mkdir()
    return run


def attempt(folder: Path, *happened: events.Event) -> None:
    context = framecast.RunContext(folder, JOB)
    listener = CALLBACK.build(CALLBACK.settings(mode="offline", project="tests", entity="a-team"), context)
    for event in happened:
        listener(event, context)
    assert context.requests.stop is None
    wait_until_written(folder)


def wait_until_written(folder: Path) -> None:
    """Wandb's own process may write the last of a run after `finish` has returned."""
    until = time.monotonic() + 30
    files = len(list(folder.glob("wandb/offline-run-*/*.wandb")))
    while sum(record.WhichOneof("record_type") == "exit" for record in records(folder)) < files:
        assert time.monotonic() < until, "the end of the run was never written"
        time.sleep(0.05)


def records(folder: Path) -> Iterator[Any]:
    """All that the attempts have written, in order."""
    for file in sorted(folder.glob("wandb/offline-run-*/*.wandb"), key=lambda file: file.stat().st_mtime):
        for data in entries(file.read_bytes()):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(data)
            yield record


def entries(log: bytes) -> Iterator[bytes]:
    """The entries of a file in LevelDB's log format: pieces (checksum 4, length 2, kind 1, data) in blocks of
    32 KiB, after 7 bytes that say whose file it is. An entry is one piece (kind 1) or several (2, 3, ..., 4)."""
    position, entry = 7, b""
    while position + 7 <= len(log):
        left = 32768 - position % 32768
        length, kind = struct.unpack_from("<HB", log, position + 4) if left >= 7 else (0, 0)
        if not kind:  # the end of a block is filled with zeros
            position += left
            continue
        entry += log[position + 7 : position + 7 + length]
        position += 7 + length
        if kind in (1, 4):
            yield entry
            entry = b""


def curve(folder: Path, name: str) -> list[tuple[int, float]]:
    points = []
    for record in records(folder):
        if record.WhichOneof("record_type") == "history":
            row = {
                item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.history.item
            }
            if name in row:
                points.append((row["step"], row[name]))
    return points


def test_losses_and_scores_are_tracked(folder: Path) -> None:
    scores = (evaluated(2, "black", mse=0.04), evaluated(2, mse=0.02))
    attempt(folder, started(), step_done(1, 0.5), step_done(2, 0.25), *scores, FINISHED)
    assert curve(folder, "train/loss") == [(1, 0.5), (2, 0.25)]
    assert curve(folder, "validation/mse") == [(2, 0.02)]
    assert curve(folder, "baseline/black/validation/mse") == [(2, 0.04)]


def test_a_resumed_run_goes_on_in_the_same_run(folder: Path) -> None:
    attempt(folder, started(), step_done(1, 0.5), events.RunInterrupted(1, "signal"))
    attempt(folder, started(step=1, attempt=2), step_done(2, 0.25), FINISHED)
    assert curve(folder, "train/loss") == [(1, 0.5), (2, 0.25)]
    runs = [record.run for record in records(folder) if record.WhichOneof("record_type") == "run"]
    assert {(run.entity, run.project, run.run_id) for run in runs} == {("a-team", "tests", folder.name)}


def test_without_wandb_the_remedy_is_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "framecast_wandb.tracker", raising=False)
    monkeypatch.setitem(sys.modules, "wandb", None)  # as Python marks what cannot be imported
    settings, context = CALLBACK.settings(), framecast.RunContext(folder)
    for ask in (lambda: CALLBACK.build(settings, context), lambda: CALLBACK.ready(settings)):
        with pytest.raises(framecast.InputError, match=r"pip install 'framecast\[wandb\]'"):
            ask()


def test_without_a_login_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_login(tmp_path, monkeypatch)
    with pytest.raises(framecast.InputError, match=r"not logged in: run `wandb login`, set WANDB_API_KEY, or"):
        CALLBACK.ready(CALLBACK.settings())


@pytest.mark.parametrize(("mode", "key"), [("offline", ""), ("online", "a" * 40)])
def test_with_a_key_or_without_the_network_it_is_ready(
    mode: Literal["offline", "online"], key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_login(tmp_path, monkeypatch)
    monkeypatch.setenv("WANDB_API_KEY", key)
    CALLBACK.ready(CALLBACK.settings(mode=mode))


def without_login(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user who has never logged in."""
    for name in ("WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(home / "netrc"))
    monkeypatch.setenv("HOME", str(home))


def test_a_real_run_is_tracked(tiny_job: Callable[..., dict[str, Any]], runs: Path) -> None:
    tracker = {"name": "wandb", "mode": "offline"}
    result = framecast.run(tiny_job(callbacks=[tracker], training={"epochs": 1}), in_process=True)
    wait_until_written(result.folder)
    assert curve(result.folder, "train/loss")
    assert len(curve(result.folder, "validation/mse")) == 1


@pytest.mark.parametrize("name", ["wandb", ".wandb"])
def test_a_folder_does_not_say_where_the_key_goes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """wandb reads the settings of the current folder, which may be another user's."""
    monkeypatch.setenv("WANDB_API_KEY", "a" * 40)
    monkeypatch.delenv("WANDB_BASE_URL", raising=False)
    (tmp_path / name).mkdir()
    (tmp_path / name / "settings").write_text("[default]\nbase_url = http://evil.example.org\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(framecast.InputError, match="names the server http://evil"):
        CALLBACK.ready(CALLBACK.settings())
    context = framecast.RunContext(tmp_path)
    tracker = CALLBACK.build(CALLBACK.settings(), context)
    with pytest.raises(framecast.InputError, match="names the server http://evil"):
        tracker(started(), context)
    monkeypatch.setenv("WANDB_BASE_URL", "http://mine.example.org")
    CALLBACK.ready(CALLBACK.settings())
