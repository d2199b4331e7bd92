"""A run at a URL: against a real S3 server on loopback, with real processes where one of them is to die."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyarrow import fs

from framecast.engine.checkpoint.reading import newest_usable
from framecast.errors import InputError
from framecast.runs import layout, remote
from framecast.runs.checkpoints import CheckpointStore
from framecast.runs.driver import heartbeat
from framecast.runs.mirror import Mirror, pull_all, working_copy
from framecast.runs.remote import Remote, is_url, probe
from framecast.runs.run_folder import RunFolder
from framecast.runs.stop_request import StopRequest

BUCKET = "runs"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """host:port of an S3 server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: process.poll() is not None or answers(port))
        assert process.poll() is None, "the S3 server did not start"
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("FRAMECAST_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def url(server: str, tmp_path: Path) -> str:
    """A new folder of a bucket."""
    store = fs.S3FileSystem(
        endpoint_override=server, scheme="http", region="us-east-1", allow_bucket_creation=True
    )
    store.create_dir(BUCKET)
    return f"s3://{BUCKET}/{tmp_path.name}?endpoint_override={server}&scheme=http&region=us-east-1"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, RunFolder], Mirror]:
    """The same run on another host: one with a cache of its own."""

    def open_there(url: str, run: RunFolder) -> Mirror:
        with monkeypatch.context() as there:
            there.setenv("FRAMECAST_CACHE", str(tmp_path / "elsewhere"))
            return mirror_of(working_copy(url) / run.name / run.id)

    return open_there


def until(true: Callable[[], bool]) -> None:
    for _ in range(6000):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


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


def content(run: Path) -> dict[str, bytes | str]:
    """Every file of a run with its bytes, every link with its target."""
    return {
        str(path.relative_to(run)): os.readlink(path) if path.is_symlink() else path.read_bytes()
        for path in run.rglob("*")
        if path.is_file() or path.is_symlink()
    }


def push(mirror: Mirror) -> None:
    """Everything, as one process that trains and drives alone does."""
    mirror.push_checkpoints()
    mirror.push_files()


def in_a_process(path: Path, call: str) -> subprocess.Popen[bytes]:
    mirror = f"Mirror.of(Path({str(path)!r}))"
    code = f"from pathlib import Path; from framecast.runs.mirror import Mirror; {mirror}.{call}"
    return subprocess.Popen([sys.executable, "-c", code])


def at_url(mirror: Mirror, below: str = "checkpoints") -> set[str]:
    return set(mirror.remote.files(below))


def steps(path: Path) -> list[int]:
    return [each.step for each in CheckpointStore(path / "checkpoints").all()]


Elsewhere = Callable[[str, RunFolder], Mirror]


@pytest.fixture(params=["s3", "file", "memory"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "s3":
        return str(request.getfixturevalue("url"))
    return f"file://{tmp_path}/store" if request.param == "file" else f"memory://{tmp_path.name}/store"


def test_what_a_url_is() -> None:
    assert is_url("s3://bucket/runs")
    assert not is_url("runs/here")
    assert not is_url("C:/runs")


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
    assert content(there.path) == content(run.path)
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
    original = Remote.upload

    def upload(self: Remote, file: Path, name: str) -> os.stat_result:
        sent.append(name)
        return original(self, file, name)

    run = new_run(url)
    save(run, 10, 0.1)
    mirror = mirror_of(run.path)
    push(mirror)
    monkeypatch.setattr(Remote, "upload", upload)
    push(mirror)
    assert sent == []
    run.plan.write_text("name: other\n")
    push(mirror)
    assert sent == ["plan.yaml"]
    sent.clear()
    push(mirror_of(run.path))  # a new process remembers nothing
    assert "logs/worker-0.log" not in sent
    assert not any("checkpoints" in name for name in sent)


def test_what_is_no_longer_here_is_removed_there(url: str, elsewhere: Elsewhere) -> None:
    run = new_run(url)
    mirror = mirror_of(run.path)
    for step in (10, 20, 30, 40):
        save(run, step, monitor=1 / step)
        mirror.push_checkpoints()
    assert {name.split("/")[1] for name in at_url(mirror)} == {"step-00000030", "step-00000040", "links.json"}
    there = elsewhere(url, run)
    there.pull(checkpoints=True)
    save(run, 50, 0.0)
    mirror_of(run.path).push_checkpoints()
    there.pull(checkpoints=True)
    assert steps(there.path) == steps(run.path) == [50, 40]


def test_what_an_interrupted_push_left_is_removed_even_if_it_is_no_longer_here(url: str) -> None:
    run = new_run(url)
    save(run, 20, 0.1)
    mirror = mirror_of(run.path)
    mirror.remote.write("checkpoints/step-00000010/model.bin", b"a part of it")
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
    assert content(there.path) == content(run.path)


@pytest.mark.slow
def test_a_push_that_is_killed_leaves_the_older_checkpoint_whole(url: str, elsewhere: Elsewhere) -> None:
    run = new_run(url)
    save(run, 10, 0.5)
    mirror = mirror_of(run.path)
    push(mirror)
    save(run, 20, 0.1, files=64, size=2 << 20)
    process = in_a_process(run.path, "push_checkpoints()")
    until(lambda: len(at_url(mirror, "checkpoints/step-00000020")) >= 3)
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
    assert content(there.path) == content(run.path)


def test_an_interrupted_pull_goes_on(url: str, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    run = new_run(url)
    save(run, 10, 0.5, files=4)
    push(mirror_of(run.path))
    there = elsewhere(url, run)
    fetched: list[str] = []
    original = Remote.download

    def download(self: Remote, name: str, file: Path, top: Path, entry: remote.Entry | None = None) -> None:
        if len(fetched) == 3:
            fetched.append("broken off")
            raise InputError("the line is cut")
        fetched.extend([name] if "step-" in name else [])
        original(self, name, file, top, entry)

    monkeypatch.setattr(Remote, "download", download)
    with pytest.raises(InputError, match="cut"):
        there.pull(checkpoints=True)
    assert steps(there.path) == []
    there.pull(checkpoints=True)
    assert len(fetched) == len(set(fetched)), "what had arrived was not fetched again"
    assert content(there.path) == content(run.path)


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
    assert content(there.path) == content(run.path)


def test_a_file_that_grows_while_it_is_sent_arrives_as_it_was(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run = new_run(url)
    events = run.path / "events.jsonl"
    monkeypatch.setattr(remote, "_PIECE", 64)
    line = b"x" * 99 + b"\n"
    events.write_bytes(line * 100)
    ended = threading.Event()

    def grow() -> None:
        while not ended.is_set():
            with open(events, "ab") as stream:
                stream.write(line)

    writer = threading.Thread(target=grow)
    writer.start()
    mirror = mirror_of(run.path)
    try:
        for _ in range(5):
            mirror.push_files()
            arrived = mirror.remote.read("events.jsonl")
            assert arrived
            assert events.read_bytes().startswith(arrived)
    finally:
        ended.set()
        writer.join()
    mirror.push_files()
    assert mirror.remote.read("events.jsonl") == events.read_bytes()


def test_a_request_to_stop_travels_and_is_withdrawn(url: str, elsewhere: Elsewhere) -> None:
    run = new_run(url)
    mirror = mirror_of(run.path)
    with mirror.kept(seconds=0.01):
        until(lambda: mirror.remote.read("plan.yaml") is not None)
        elsewhere(url, run).write(layout.STOP, "somebody asked")
        until(lambda: run.stop_requested() is not None)
        assert run.stop_requested() == StopRequest(None, "somebody asked")
        mirror.delete(layout.STOP)
        mirror.delete(layout.STOP)  # it is not there any more, which is no error
    assert mirror.remote.read(layout.STOP) is None
    run.clear_stop()
    there = elsewhere(url, run)
    there.pull()
    assert not (there.path / layout.STOP).exists()


def test_what_is_left_is_pushed_at_the_end(url: str) -> None:
    run = new_run(url)
    mirror = mirror_of(run.path)

    def train() -> None:
        with mirror.kept(seconds=3600):
            save(run, 10, 0.5)
            raise KeyError("the training failed")

    with pytest.raises(KeyError):
        train()
    assert mirror.remote.read("plan.yaml") == run.plan.read_bytes()
    assert mirror.last_error is None


def test_failing_pushes_are_told_once_and_tried_again(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    store = tmp_path / "store"
    store.write_text("a file is in the way")
    run = new_run(f"file://{store}")
    mirror = mirror_of(run.path)
    tries: list[None] = []

    def counted(name: str) -> bool:
        tries.append(None)
        return True

    with mirror.kept(counted, seconds=0.01):
        until(lambda: len(tries) >= 4 or mirror.last_error is not None)
        until(lambda: mirror.last_error is not None)
        store.unlink()
        until(lambda: mirror.last_error is None)
    told = capfd.readouterr().err.strip().splitlines()
    assert len(told) == 1
    assert str(store) in told[0]
    store.rename(tmp_path / "gone")
    store.write_text("in the way again")
    run.plan.write_text("name: changed\n")
    with mirror.kept(seconds=3600):
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
    with worker.kept(lambda name: name != "plan.yaml", seconds=0.01):
        with driver.kept(lambda name: name == "plan.yaml", fetching=True, seconds=0.01):
            until((run.path / "events.jsonl").exists)
            assert (run.path / "events.jsonl").read_text() == "worker\n"
            run.plan.write_text("name: driver\n")
            until(lambda: worker.remote.read("plan.yaml") == b"name: driver\n")
        assert worker.remote.read("events.jsonl") == b"worker\n"


def test_all_runs_are_listed_from_their_small_files(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [new_run(url), new_run(url)]
    for run in runs:
        save(run, 10, 0.5)
        run.report.write_text("<html>")
        push(mirror_of(run.path))
    here = mirror_of(runs[0].path)
    monkeypatch.setenv("FRAMECAST_CACHE", str(tmp_path / "elsewhere"))
    root = pull_all(url)
    assert {run.id for run in RunFolder.all(root)} == {run.id for run in runs}
    assert {path.name for path in root.rglob("*") if path.is_file()} == {".url", "plan.yaml", "events.jsonl"}
    (runs[0].path / "events.jsonl").write_text("more\nof\nthem\n")
    push(here)
    pull_all(url)
    assert (root / "demo" / runs[0].id / "events.jsonl").read_text() == "more\nof\nthem\n"


def test_a_listing_leaves_alone_what_this_host_is_writing(url: str) -> None:
    run = new_run(url)
    push(mirror_of(run.path))
    with heartbeat(run):
        run.plan.write_text("name: mine\n")
        os.utime(run.plan, (1, 1))  # as if the URL had a newer one
        pull_all(url)
        assert run.plan.read_text() == "name: mine\n"
    (run.path / "driver.json").unlink(missing_ok=True)
    pull_all(url)
    assert run.plan.read_text() == "name: demo\n"


def test_a_working_copy_is_readable_stable_and_knows_its_url(tmp_path: Path) -> None:
    root = working_copy("s3://bucket/deep/runs/?region=eu-west-1")
    assert root == working_copy("s3://bucket/deep/runs?region=eu-west-1")
    assert root != working_copy("s3://bucket/deep/runs?region=eu-west-2")
    assert root.parent == tmp_path / "cache"
    assert root.name.startswith("s3-bucket-deep-runs-")
    assert mirror_of(root / "demo" / "1").remote.url == "s3://bucket/deep/runs/demo/1?region=eu-west-1"


def test_a_probe_leaves_nothing(any_url: str, tmp_path: Path) -> None:
    probe(any_url)
    assert Remote(any_url).files() == {}
    probe(tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "s3://AKIAEXAMPLE:hidden@bucket/runs",
        "s3://AKIAEXAMPLE:hid/den@bucket/runs",
        "s3://bucket/runs?secret_key=hidden",
        "ftp://somebody:hidden@host/runs",
    ],
)
def test_credentials_in_a_url_are_refused_and_not_repeated(url: str, tmp_path: Path) -> None:
    for use in (Remote, working_copy, probe, pull_all):
        with pytest.raises(InputError, match="environment") as error:
            use(url)
        assert "hid" not in str(error.value)
    assert not (tmp_path / "cache").exists()


def test_what_cannot_be_reached_is_one_clear_error(server: str, tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"s3://bucket/runs?endpoint_override=127.0.0.1:{closed.getsockname()[1]}&scheme=http&region=x"
        with pytest.raises(InputError, match="NETWORK_CONNECTION") as error:
            probe(nobody)
    assert nobody in str(error.value)
    assert "\n" not in str(error.value)
    missing = f"s3://nosuchbucket/runs?endpoint_override={server}&scheme=http&region=us-east-1"
    run = new_run(missing)
    for attempt in (lambda: probe(missing), mirror_of(run.path).push_checkpoints, mirror_of(run.path).push_files):
        with pytest.raises(InputError, match=r"nosuchbucket.*(NO_SUCH_BUCKET|no bucket)") as error:
            attempt()
        assert "\n" not in str(error.value)
    for pull in (lambda: pull_all(missing), mirror_of(run.path).pull):
        with pytest.raises(InputError, match="no bucket 'nosuchbucket'"):
            pull()
    (tmp_path / "file").write_text("")
    for place in (
        "nosuchscheme://bucket/runs",
        "s3://bucket/runs?nosuchoption=1",
        str(tmp_path / "file" / "below"),
    ):
        with pytest.raises(InputError, match=r"nosuch|file"):
            probe(place)


def test_a_url_that_lies_in_a_folder_of_runs_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Framecast itself puts one into its working copies; anybody can put one into a folder of runs."""
    monkeypatch.setenv("FRAMECAST_CACHE", str(tmp_path / "cache"))
    own = working_copy("file:///store/runs")
    assert Mirror.of(own / "tiny" / "1") is not None
    planted = tmp_path / "runs"
    planted.mkdir()
    (planted / ".url").write_text("file:///store/runs")
    assert Mirror.of(planted / "tiny" / "1") is None
    (own / ".url").write_text("s3://bucket/runs?endpoint_override=evil.example.org")
    assert Mirror.of(own / "tiny" / "1") is None, "it is no longer what Framecast has written"
