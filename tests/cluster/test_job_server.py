"""A cluster's answers, and its silence: through Ray's own client, from a server in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from framecast.cluster import job_server
from framecast.cluster.job_server import JobServer
from framecast.cluster.profiles import Cluster
from framecast.cluster.remote_states import remote_states
from framecast.cluster.send import follow
from framecast.confirmed_addresses import confirm
from framecast.errors import InputError
from framecast.runs.remote_run import RemoteLocation, RemoteRun
from tests.cluster.job_server_stand_in import StandIn, job, stand_in


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[StandIn, Callable[[], None]]]:
    monkeypatch.setattr(job_server, "PATIENCE", 1.0)
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    with stand_in() as made:
        confirm(made[0].address)
        confirm("http://127.0.0.1:9")  # where nobody listens
        yield made


Server = tuple[StandIn, Callable[[], None]]


def test_what_a_job_prints_is_passed_on_without_rays_own_words(server: Server) -> None:
    there, _ = server
    there.jobs["run"] = job(code=0, printed=["one\n", "two\nthr", "ee\n"])
    said: list[str] = []
    assert JobServer(Cluster(there.address)).follow("run", said.append) == 0
    assert "".join(said) == "one\ntwo\nthree\n"


def test_a_head_that_dies_is_one_sentence(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    there, go_away = server
    there.jobs["run"] = job("RUNNING", None, printed=["epoch 1\n", go_away])
    assert follow(RemoteLocation(there.address, "run", None)) == 1
    captured = capsys.readouterr()
    assert captured.out == "epoch 1\n"
    first, last = captured.err.splitlines()
    assert (
        first
        == f"the cluster at {there.address} does not answer: the connection broke; trying again for 1 seconds"
    )
    assert last.startswith(f"the cluster at {there.address} does not answer: ")
    assert last.endswith("`platform list` asks again")


def test_a_connection_that_breaks_for_a_moment_loses_and_repeats_nothing(server: Server) -> None:
    there, _ = server
    broken: list[str] = []

    def once() -> None:
        broken.append("once")
        there.jobs["run"] = job(printed=["one\n", "two\n", "three\n"])

    there.jobs["run"] = job("RUNNING", None, printed=["one\n", "tw", once])
    said: list[str] = []
    assert JobServer(Cluster(there.address)).follow("run", said.append) == 0
    assert broken == ["once"]
    assert "".join(said) == "one\ntwo\nthree\n"


def test_a_reader_that_has_seen_enough_is_no_lost_cluster(server: Server) -> None:
    there, _ = server
    there.jobs["run"] = job(printed=["one\n", "two\n"])

    def closed(text: str) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        JobServer(Cluster(there.address)).follow("run", closed)


def test_a_job_that_a_restarted_head_does_not_know_is_said_in_one_sentence(server: Server) -> None:
    there, _ = server
    with pytest.raises(InputError, match="does not know the job run: Ray restarted there"):
        JobServer(Cluster(there.address)).follow("run", print)


@pytest.mark.parametrize(
    ("described", "state"),
    [
        (job("PENDING", None), "queued"),
        (job("RUNNING", None), "running"),
        (job("SUCCEEDED", 0), "finished"),
        (job("STOPPED", None), "interrupted"),
        (job("FAILED", 130), "interrupted"),
        (job("FAILED", 143), "interrupted"),
        (job("FAILED", 1), "failed"),
        (job("FAILED", 2), "failed"),
        (job("FAILED", -9), "died"),
        (job("FAILED", 137), "died"),
        (job("FAILED", None, error_type="JOB_SUPERVISOR_ACTOR_DIED"), "died"),
        (job("FAILED", None, error_type="RUNTIME_ENV_SETUP_FAILURE"), "failed"),
    ],
)
def test_a_state_is_what_status_would_call_it(described: dict, state: str, server: Server) -> None:  # type: ignore[type-arg]
    there, _ = server
    there.jobs["run"] = described
    assert JobServer(Cluster(there.address)).state("run") == state


def remote(root: Path, address: str, job: str = "20260101-120000-aaaa", **more: object) -> RemoteRun:
    run = RemoteRun.at(root, "demo", "20260101-120000-aaaa")
    run.note(RemoteLocation(address, job, None, **more))  # type: ignore[arg-type]
    return run


def test_a_run_that_has_finished_stays_finished_when_its_head_is_gone(server: Server, tmp_path: Path) -> None:
    there, _ = server
    run = remote(tmp_path, there.address)
    there.jobs[run.id] = job()
    assert remote_states([run]) == {run.path: "finished"}
    there.jobs.clear()  # the head restarts
    assert remote_states([run]) == {run.path: "finished"}
    run.note(RemoteLocation("http://127.0.0.1:9", run.id, None))  # and is gone
    assert remote_states([run]) == {run.path: "finished"}


def test_a_run_of_which_nothing_is_known_is_unreachable_or_asked_for_in_the_clusters_folder(
    server: Server, tmp_path: Path
) -> None:
    there, _ = server
    assert list(remote_states([remote(tmp_path, "http://127.0.0.1:9")]).values()) == ["unreachable"]
    run = remote(tmp_path, there.address)
    there.started = lambda entrypoint: job(printed=[f'[{{"run": "{run.id}", "state": "died"}}]\n'])
    assert remote_states([run]) == {run.path: "died"}
    there.started = lambda entrypoint: job("FAILED", 1)
    (run.path / "last_known.json").unlink()
    assert remote_states([run]) == {run.path: "lost"}


def test_a_resume_that_was_refused_does_not_change_the_state(server: Server, tmp_path: Path) -> None:
    there, _ = server
    run = remote(tmp_path, there.address, "resume-2", earlier=["20260101-120000-aaaa", "resume-1"])
    there.jobs |= {"20260101-120000-aaaa": job("FAILED", 143), "resume-1": job(), "resume-2": job("FAILED", 2)}
    assert remote_states([run]) == {run.path: "finished"}
    there.jobs["resume-2"] = job("RUNNING", None)
    assert remote_states([run]) == {run.path: "running"}
