"""Addresses that only a file names: a folder of runs, a job, a plan. Nothing is sent there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from framecast.cli.app import app
from framecast.cluster.profiles import cluster_at
from framecast.confirmed_addresses import confirm
from framecast.errors import InputError
from tests.cluster.job_server_stand_in import StandIn, job, stand_in

SECRET = "s3cret-value-of-a-variable"


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user with a token and a secret, who has named no cluster."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("FRAMECAST_CLUSTERS", str(tmp_path / "clusters.yaml"))
    monkeypatch.setenv("FRAMECAST_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("MY_SECRET", SECRET)
    monkeypatch.delenv("FRAMECAST_CONFIRMED_ADDRESSES", raising=False)


@pytest.fixture
def server() -> Iterator[StandIn]:
    with stand_in() as (there, _):
        yield there


@pytest.fixture
def planted(tmp_path: Path, server: StandIn) -> Callable[..., Path]:
    """A folder of runs that another user has made: its run is on his server, and asks for a variable."""

    def make(**fields: Any) -> Path:
        folder = tmp_path / "runs" / "tiny" / "20260101-000000-abcd"
        folder.mkdir(parents=True)
        content = {"address": server.address, "job": folder.name, "runs": None, "variables": ["MY_SECRET"]}
        (folder / "remote.json").write_text(json.dumps({**content, **fields}))
        return folder

    return make


def platform(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    if isinstance(result.exception, InputError):
        return 2, f"{result.output}{result.exception}"
    return result.exit_code, result.output


def test_list_does_not_ask_a_cluster_that_only_a_folder_names(
    planted: Callable[..., Path], server: StandIn
) -> None:
    planted()
    code, said = platform("list")
    assert code == 0
    assert "unconfirmed" in said
    assert f"not asked, for only the folders of runs name them: {server.address}" in said
    assert server.requests == []


@pytest.mark.parametrize("verb", ["status", "logs", "stop", "resume", "fetch", "report", "evaluate", "export"])
def test_no_command_asks_it(verb: str, planted: Callable[..., Path], server: StandIn) -> None:
    output = ["-o", "weights.safetensors"] if verb == "export" else []
    code, said = platform(verb, planted().name, *output)
    assert code == 2, said
    assert "nothing is sent there" in said
    assert "clusters.yaml" in said
    assert server.requests == []


def test_variables_go_only_where_the_user_has_sent_them(planted: Callable[..., Path], server: StandIn) -> None:
    """Even to a cluster that the user knows, a folder does not choose what goes there."""
    confirm(server.address)
    run = planted().name
    server.jobs[run] = job()
    assert platform("status", run)[0] == 0
    assert SECRET not in server.received()
    code, said = platform("resume", run)
    assert code == 2
    assert "only the folder of this run asks for your MY_SECRET: nothing is sent" in said
    assert SECRET not in server.received()


def test_a_cluster_in_the_list_is_asked_whoever_names_it(
    planted: Callable[..., Path], server: StandIn, tmp_path: Path
) -> None:
    (tmp_path / "clusters.yaml").write_text(f"lab: {{address: '{server.address}/'}}\n")
    run = planted()
    server.jobs[run.name] = job()
    assert "finished" in platform("list")[1]


@pytest.mark.parametrize("where", ["option", "override", "environment"])
def test_a_job_goes_where_the_command_or_the_environment_says(
    where: str,
    server: StandIn,
    tmp_path: Path,
    tiny_job: Callable[..., Mapping[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = written(tmp_path, tiny_job(compute={"env": ["MY_SECRET"]}))
    options = {"option": ["--address", server.address], "override": [f"compute.address={server.address}"]}
    if where == "environment":
        monkeypatch.setenv("RAY_ADDRESS", server.address)
    code, said = platform("submit", file, "--detach", *options.get(where, []))
    assert code == 0, said
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.delenv("FRAMECAST_CONFIRMED_ADDRESSES", raising=False)
    assert "finished" in platform("list")[1], "another shell asks there too"


def test_a_job_that_names_a_cluster_itself_is_refused_with_the_way_to_allow_it(
    server: StandIn, tmp_path: Path, tiny_job: Callable[..., Mapping[str, Any]]
) -> None:
    file = written(tmp_path, tiny_job(compute={"env": ["MY_SECRET"], "address": server.address}))
    code, said = platform("submit", file)
    assert code == 2
    assert f"compute.address: only this file names the cluster at {server.address}: nothing is sent there" in said
    assert "tiny.yaml:" in said
    assert server.requests == []
    assert platform("submit", file, "--dry-run")[0] == 0, "to look is allowed"
    assert platform("submit", file, "--detach", f"compute.address={server.address}")[0] == 0


def test_a_head_that_only_a_job_names_is_not_joined(
    tmp_path: Path, tiny_job: Callable[..., Mapping[str, Any]]
) -> None:
    """Ray itself would send its token there."""
    code, said = platform("submit", written(tmp_path, tiny_job(compute={"address": "evil.example.org:6379"})))
    assert code == 2
    assert "nothing is sent there" in said


@pytest.mark.parametrize("address", ["http://me:word@head:8265", "http://localhost@head", "HTTPS://a:b@[::1]:1"])
def test_an_address_with_a_user_name_is_refused(address: str) -> None:
    with pytest.raises(InputError, match="holds no user name or password") as caught:
        cluster_at(address)
    assert "word" not in str(caught.value).partition("; ")[0].replace("password", "")


@pytest.mark.parametrize(
    "url", ["s3://bucket/runs?endpoint_override=evil.example.org", "file:///etc", "http://evil.example.org/runs"]
)
def test_files_are_not_fetched_from_a_url_that_only_a_folder_names(
    url: str, planted: Callable[..., Path], server: StandIn
) -> None:
    confirm(server.address)
    code, said = platform("fetch", planted(runs=url).name)
    assert code == 2
    assert "only the folder of this run says that its files are at" in said


@pytest.mark.parametrize(
    "fields",
    [{"job": "../../etc"}, {"job": "a b"}, {"address": 3}, {"variables": "PATH"}, {"more": 1}, {"earlier": [1]}],
)
def test_a_damaged_note_of_a_run_is_one_sentence(fields: dict[str, Any], planted: Callable[..., Path]) -> None:
    code, said = platform("status", planted(**fields).name)
    assert code == 2
    assert "remote.json does not say where the run is" in said


def written(folder: Path, content: Mapping[str, Any]) -> str:
    file = folder / "tiny.yaml"
    YAML().dump(dict(content), file)
    return str(file)
