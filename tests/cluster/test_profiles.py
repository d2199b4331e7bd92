"""Which cluster is meant: a URL, a name from the user's list, or the Ray that this machine belongs to."""

from __future__ import annotations

from pathlib import Path

import pytest

from framecast.cluster.profiles import Cluster, cluster_at
from framecast.errors import InputError


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "clusters.yaml"
    file.write_text("lab: {address: 'http://head:8265', runs: /shared/runs}\ncloud: https://ray.example.com\n")
    monkeypatch.setenv("FRAMECAST_CLUSTERS", str(file))
    return file


@pytest.mark.parametrize("address", [None, "auto", "local", "10.0.0.1:6379"])
def test_a_ray_that_this_machine_belongs_to_is_no_cluster_to_send_to(address: str | None) -> None:
    assert cluster_at(address) is None


def test_a_url_is_a_job_server_and_a_name_is_looked_up(listed: Path) -> None:
    assert cluster_at("http://head:8265") == Cluster("http://head:8265")
    assert cluster_at("lab") == Cluster("http://head:8265", "/shared/runs")
    assert cluster_at("cloud") == Cluster("https://ray.example.com")


def test_a_misspelt_name_is_answered_with_the_nearest_and_the_file(listed: Path) -> None:
    with pytest.raises(InputError, match="did you mean lab") as error:
        cluster_at("lob")
    assert str(listed) in str(error.value)


@pytest.mark.parametrize("entry", ["3", "{runs: /shared}", "{address: head}", "{address: 'http://x', port: 1}"])
def test_a_wrong_entry_is_named_with_its_place(entry: str, listed: Path) -> None:
    listed.write_text(f"lab: {entry}\n")
    with pytest.raises(InputError) as error:
        cluster_at("lab")
    assert f"{listed}:1:" in str(error.value)
    assert "{address: http://HEAD:8265, runs: /shared/runs}" in str(error.value)
