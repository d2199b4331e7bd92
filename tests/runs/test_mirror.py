"""A run at a URL: against a real S3 server on loopback, with real processes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from framecast.runs import layout
from framecast.runs.mirror import Mirror
from framecast.runs.run_folder import RunFolder
from framecast.runs.stop_request import StopRequest
from framecast.runs.url_folder import UrlFolder
from tests.folder_content import folder_content
from tests.runs.mirrored_runs import (
    Elsewhere,
    mirror_of,
    new_run,
    push,
    save,
)
from tests.wait_until import wait_until


def test_a_run_comes_back_as_it_went_links_and_all(any_url: str, elsewhere: Elsewhere) -> None:
    run = new_run(any_url)
    for step, monitor in [(10, 0.1), (20, 0.5), (30, 0.3)]:
        save(run, step, monitor)
    push(mirror_of(run.path))
    there = elsewhere(any_url, run)
    assert there.path != run.path
    there.pull()
    assert not (there.path / "checkpoints").exists(), "they are large, and fetched only where asked for"
    there.pull(checkpoints=True)
    assert folder_content(there.path) == folder_content(run.path)
    assert os.readlink(there.path / "checkpoints" / "best") == "step-00000010"


def test_the_layout_at_the_url_is_that_on_disk(tmp_path: Path) -> None:
    url = f"file://{tmp_path}/store"
    run = new_run(url)
    save(run, 10, 0.1)
    (run.path / ".unfinished").write_text("x")
    (run.checkpoints / ".step-00000020.writing").mkdir()
    (run.checkpoints / ".step-00000020.writing" / "model.bin").write_text("x")
    (run.path / layout.STOP).write_text("local")
    push(mirror_of(run.path))
    store = tmp_path / "store" / "demo" / run.id
    assert {str(path.relative_to(store)) for path in store.rglob("*") if path.is_file()} == {
        "plan.yaml",
        "events.jsonl",
        "logs/worker-0.log",
        "checkpoints/links.json",
        "checkpoints/step-00000010/manifest.json",
        "checkpoints/step-00000010/model-000.bin",
        "checkpoints/step-00000010/inner/optimizer.bin",
    }


def test_a_folder_on_disk_only_has_no_mirror(tmp_path: Path) -> None:
    assert Mirror.of(RunFolder.create(tmp_path, "demo").path) is None


def test_only_what_has_changed_is_sent(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    original = UrlFolder.upload

    def upload(self: UrlFolder, file: Path, name: str) -> os.stat_result:
        sent.append(name)
        return original(self, file, name)

    run = new_run(url)
    save(run, 10, 0.1)
    mirror = mirror_of(run.path)
    push(mirror)
    monkeypatch.setattr(UrlFolder, "upload", upload)
    push(mirror)
    assert sent == []
    run.plan.write_text("name: other\n")
    push(mirror)
    assert sent == ["plan.yaml"]
    sent.clear()
    push(mirror_of(run.path))  # a new process remembers nothing
    assert "logs/worker-0.log" not in sent
    assert not any("checkpoints" in name for name in sent)


def test_a_request_to_stop_travels_and_is_withdrawn(url: str, elsewhere: Elsewhere) -> None:
    run = new_run(url)
    mirror = mirror_of(run.path)
    with mirror.synchronise(seconds=0.01):
        wait_until(lambda: mirror.store.read("plan.yaml"), "the plan is sent")
        elsewhere(url, run).store.write(layout.STOP, [b"somebody asked"])
        wait_until(run.stop_requested, "the request arrives")
        assert run.stop_requested() == StopRequest(None, "somebody asked")
        mirror.store.delete(layout.STOP)
        mirror.store.delete(layout.STOP)  # it is not there any more, which is no error
    assert mirror.store.read(layout.STOP) is None
    run.clear_stop()
    there = elsewhere(url, run)
    there.pull()
    assert not (there.path / layout.STOP).exists()


def test_what_is_left_is_pushed_at_the_end(url: str) -> None:
    run = new_run(url)
    mirror = mirror_of(run.path)

    def train() -> None:
        with mirror.synchronise(seconds=3600):
            save(run, 10, 0.5)
            raise KeyError("the training failed")

    with pytest.raises(KeyError):
        train()
    assert mirror.store.read("plan.yaml") == run.plan.read_bytes()
    assert mirror.last_error is None


def test_failing_pushes_are_told_once_and_tried_again(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    store = tmp_path / "store"
    store.write_text("a file is in the way")
    run = new_run(f"file://{store}")
    mirror = mirror_of(run.path)
    with mirror.synchronise(seconds=0.01):
        first = wait_until(lambda: mirror.last_error, "an attempt fails")
        wait_until(lambda: mirror.last_error is not first, "another attempt fails")
        store.unlink()
        wait_until(lambda: mirror.last_error is None, "an attempt succeeds")
    told = capfd.readouterr().err.strip().splitlines()
    assert len(told) == 1
    assert str(store) in told[0]
    store.rename(tmp_path / "gone")
    store.write_text("in the way again")
    run.plan.write_text("name: changed\n")
    with mirror.synchronise(seconds=3600):
        pass
    (told_at_the_end,) = capfd.readouterr().err.strip().splitlines()
    assert str(run.path) in told_at_the_end


def test_two_sides_each_bring_their_own_and_fetch_the_other(url: str, elsewhere: Elsewhere) -> None:
    """A driver and a worker on hosts of their own: neither sends back what the other wrote."""
    run = new_run(url)
    (run.path / "events.jsonl").unlink()
    driver = mirror_of(run.path)
    driver.push_files(lambda name: name == "plan.yaml")
    worker = elsewhere(url, run)
    worker.pull()
    (worker.path / "events.jsonl").write_text("worker\n")
    with worker.synchronise(lambda name: name != "plan.yaml", seconds=0.01):
        with driver.synchronise(lambda name: name == "plan.yaml", fetching=True, seconds=0.01):
            wait_until((run.path / "events.jsonl").exists, "the worker's events arrive")
            assert (run.path / "events.jsonl").read_text() == "worker\n"
            run.plan.write_text("name: driver\n")
            wait_until(lambda: worker.store.read("plan.yaml") == b"name: driver\n", "the driver's plan arrives")
        assert worker.store.read("events.jsonl") == b"worker\n"
