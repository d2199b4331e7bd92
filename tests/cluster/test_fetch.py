"""A run of a cluster brought here: by a disk, by a URL and by what a job prints, whole or not at all."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import framecast
from framecast.cluster import fetch as fetching
from framecast.cluster import file_lines, job_server
from framecast.cluster.fetch import fetch
from framecast.cluster.file_lines import decode, encode
from framecast.cluster.run_files import RunFiles
from framecast.cluster.send import send_command
from framecast.confirmed_addresses import confirm
from framecast.errors import InputError
from framecast.evaluation.evaluation_target import find_subject
from framecast.runs.checkpoints import CheckpointStore
from framecast.runs.remote_run import RemoteLocation, RemoteRun
from framecast.runs.run_folder import RunFolder
from tests.cluster.job_server_stand_in import StandIn, job, stand_in

THERE = "/runs/of/the/cluster/tiny"
"""Where the cluster says that its run is: no folder of this machine."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run as a cluster leaves it."""
    job = {
        "name": "tiny",
        "task": {"name": "video_prediction", "frames_in": 2, "frames_out": 2},
        "model": {"name": "conv_lstm", "layers_per_block": [1], "hidden_channels": [2], "kernel_size": 3},
        "data": {"name": "moving_mnist", "size": 16, "digit_size": 7, "train_clips": 8, "validation_clips": 4},
        "training": {"epochs": 2, "batch_size": 4, "strategy": "torch"},
        "compute": {"cpus_per_worker": 1},
    }
    run = RunFolder(framecast.run(job, runs=tmp_path_factory.mktemp("cluster"), in_process=True).folder)
    plan = run.plan.read_text()
    assert "address: null" in plan
    run.plan.write_text(plan.replace("address: null", "address: auto").replace("workers: 1", "workers: 7"))
    return run


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def server(trained: RunFolder, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A job server whose `platform fetch` is the real one, on a machine whose disk cannot be seen from here."""
    monkeypatch.setattr(job_server, "PATIENCE", 1.0)
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    sent: list[str] = []

    real = send_command

    def send(where: RemoteLocation, arguments: list[str], files: dict[str, str] | None = None) -> str:
        sent.append((files or {}).get(fetching.WANTED, ""))
        return real(where, arguments, files)

    monkeypatch.setattr(fetching, "send_command", send)

    def started(entrypoint: str) -> dict[str, Any]:
        if "--list" in entrypoint:
            listed = replace(RunFiles.of(trained, False, False), folder=THERE)
            return job(printed=["a warning\n", listed.to_json() + "\n"])
        wanted = [(name, offset, size) for name, offset, size in json.loads(sent[-1])]
        return job(printed=["a warning\n", *(f"{line}\n" for line in encode(trained.path, wanted)), "the end\n"])

    with stand_in() as (made, _):
        made.started = started
        yield made


def remote(root: Path, trained: RunFolder, address: str, runs: str | None = None) -> RemoteRun:
    for named in filter(None, (address, runs)):
        confirm(named)
    run = RemoteRun.at(root, trained.name, trained.id)
    run.note(RemoteLocation(address, trained.id, runs))
    return run


def is_whole(copy: RunFolder, trained: RunFolder) -> bool:
    store = CheckpointStore(copy.checkpoints)
    best = store.named("best")
    assert best is not None
    assert not best.damaged()
    assert not (copy.path / ".fetching").exists()
    return copy.journal.raw() == trained.journal.raw()


def test_a_disk_that_both_see_is_the_shortest_way(root: Path, trained: RunFolder) -> None:
    told: list[str] = []
    run = remote(root, trained, "http://127.0.0.1:9", str(trained.root))  # the cluster itself is gone
    copy = fetch(run, say=told.append)
    assert is_whole(copy, trained)
    assert told[0].endswith("by a disk that both see")
    assert run.copy_is_final()
    assert run.last_known == "finished"
    assert not (copy.path / "driver.json").exists()
    told.clear()
    fetch(run, say=told.append)
    assert "0 files, 0.0 MB" in told[0]


def test_what_was_fetched_is_evaluated_on_this_machines_hardware(root: Path, trained: RunFolder) -> None:
    run = remote(root, trained, "http://127.0.0.1:9", str(trained.root))
    with pytest.raises(InputError, match="bring it here with"):
        find_subject("tiny", root)
    fetch(run)
    compute = find_subject("tiny", root).plan.job.compute
    assert (compute.address, compute.workers) == (None, 1)
    assert find_subject("tiny", root, ["compute.workers=2"]).plan.job.compute.workers == 2


def test_a_url_is_read_without_the_cluster(root: Path, trained: RunFolder, tmp_path: Path) -> None:
    store = tmp_path / "store"
    shutil.copytree(trained.root, store)
    shutil.rmtree(store / trained.name / trained.id / "checkpoints")
    from framecast.runs.mirror import Mirror

    url = f"file://{store}"
    Mirror(trained.path, f"{url}/{trained.name}/{trained.id}").checkpoints.push()
    run = remote(root, trained, "http://127.0.0.1:9", url)
    copy = fetch(run)
    assert is_whole(copy, trained)
    assert not (copy.path / "driver.json").exists()
    other = RemoteRun.at(root, "tiny", "20200101-000000-none")
    other.note(run.location)
    with pytest.raises(InputError, match="there is no run"):
        fetch(other)


def test_else_it_comes_through_the_job_server(root: Path, trained: RunFolder, server: StandIn) -> None:
    copy = fetch(remote(root, trained, server.address))
    assert is_whole(copy, trained)
    assert not [
        name
        for name in server.jobs
        if name.startswith("fetch-") and server.jobs[name]["printed"][-1] == "the end\n"
    ]


def test_many_jobs_send_what_is_too_long_for_one(
    root: Path, trained: RunFolder, server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_lines, "PIECE", 1000)
    monkeypatch.setattr(file_lines, "MOST_IN_A_JOB", 50_000)
    came: list[tuple[int, int]] = []
    copy = fetch(remote(root, trained, server.address), progress=lambda done, total: came.append((done, total)))
    assert is_whole(copy, trained)
    assert came[-1][0] == came[-1][1]
    assert [done for done, _ in came] == sorted(done for done, _ in came)


def test_what_has_come_is_kept_and_nothing_is_in_place_when_it_breaks_off(
    root: Path, trained: RunFolder, server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_lines, "PIECE", 1000)
    whole = server.started

    def broken(entrypoint: str) -> dict[str, Any]:
        made = whole(entrypoint)
        if "--send" in entrypoint:
            made |= {"status": "FAILED", "driver_exit_code": 1, "printed": [*made["printed"][:8], "no room\n"]}
        return made

    server.started = broken
    run = remote(root, trained, server.address)
    with pytest.raises(InputError, match="no room; what came is kept") as refused:
        fetch(run)
    by_hand = re.search(r"rsync -a --exclude=driver.json (\S+) (\S+)$", str(refused.value))
    assert by_hand
    assert by_hand[1] == f"127.0.0.1:{THERE}/"
    assert run.copy() is None
    assert not (run.path / "plan.yaml").exists()
    came = sum(file.stat().st_size for file in (run.path / ".fetching").rglob("*") if file.is_file())
    assert came > 0
    server.started = whole
    parts: list[tuple[int, int]] = []
    assert is_whole(fetch(run, progress=lambda done, total: parts.append((done, total))), trained)
    assert parts[0][0] > came


def test_a_file_that_changed_on_the_way_is_refused(root: Path, trained: RunFolder, server: StandIn) -> None:
    whole = server.started

    def other(entrypoint: str) -> dict[str, Any]:
        made = whole(entrypoint)
        if "--list" in entrypoint:
            listed = json.loads(made["printed"][-1])
            listed["files"]["job.yaml"]["sha256"] = "0" * 64
            made["printed"][-1] = json.dumps(listed) + "\n"
        return made

    server.started = other
    run = remote(root, trained, server.address)
    with pytest.raises(InputError, match=r"job.yaml of run .* changed or broke on the way: fetch it again"):
        fetch(run)
    assert run.copy() is None


def test_a_disk_without_room_is_refused_before_anything_comes(
    root: Path, trained: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = remote(root, trained, "http://127.0.0.1:9", str(trained.root))
    free = shutil.disk_usage(root)._replace(free=100)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: free)
    with pytest.raises(InputError, match="has room for 0 MB"):
        fetch(run)
    assert [file.name for file in run.path.iterdir()] == ["remote.json"]


def test_a_cluster_that_sends_more_than_it_listed_fills_no_disk(
    root: Path, trained: RunFolder, server: StandIn
) -> None:
    whole = server.started

    def shorter(entrypoint: str) -> dict[str, Any]:
        """Lists less of the events than it sends."""
        made = whole(entrypoint)
        if "--list" in entrypoint:
            listed = json.loads(made["printed"][-1])
            listed["files"]["events.jsonl"]["size"] = 100
            made["printed"][-1] = json.dumps(listed) + "\n"
        else:
            pieces = [piece for line in made["printed"] if (piece := decode(line))]
            number = next(number for number, _, content in pieces if len(content) == 100)
            (line,) = encode(trained.path, [("events.jsonl", 0, 10**6)])
            mark, _, rest = line.split(" ", 2)
            made["printed"] = [f"{mark} {number} {rest}\n"]
        return made

    server.started = shorter
    run = remote(root, trained, server.address)
    with pytest.raises(InputError, match=r"sends more of events\.jsonl than the 100 bytes that it has listed"):
        fetch(run)
    assert run.copy() is None
    assert not (run.path / "plan.yaml").exists()
    assert not (run.path / ".fetching" / "events.jsonl").exists()
    server.started = whole
    assert is_whole(fetch(run), trained)


def test_an_answer_without_end_is_not_taken_whole(
    root: Path, trained: RunFolder, server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, run = server.started, remote(root, trained, server.address)
    server.started = lambda entrypoint: {**whole(entrypoint), "printed": ["{" + "x" * 1000] * 3}
    monkeypatch.setenv("FRAMECAST_LIMIT_DOCUMENT_BYTES", "2000")
    with pytest.raises(InputError, match=r"answers to fetch is longer than 1\.95 KiB, .*LIMIT_DOCUMENT_BYTES"):
        fetch(run)
    monkeypatch.delenv("FRAMECAST_LIMIT_DOCUMENT_BYTES")
    monkeypatch.setenv("FRAMECAST_LIMIT_LINE_BYTES", "2000")
    server.started = lambda entrypoint: (
        whole(entrypoint) | ({} if "--list" in entrypoint else {"printed": ["x" * 1000] * 3})
    )
    with pytest.raises(InputError, match=r"has a line of 2\.93 KiB, .*LIMIT_LINE_BYTES"):
        fetch(run)
