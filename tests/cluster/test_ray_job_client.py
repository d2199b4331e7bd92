"""Ray's job client with limits: where nothing answers, and where a server sends elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from framecast.cluster.ray_job_client import ClusterSilentError, RayJobClient
from tests.cluster.job_server_stand_in import StandIn, job, stand_in


@pytest.fixture
def server() -> Iterator[StandIn]:
    with stand_in() as (there, _):
        yield there


def test_where_nothing_listens_the_address_is_explained() -> None:
    with pytest.raises(ClusterSilentError, match="nothing answers there; the address is that of Ray's dashboard"):
        RayJobClient("http://127.0.0.1:9")


def test_redirects_are_not_followed(server: StandIn) -> None:
    """They would carry the token, and the values of variables, to a server that the user has not named."""
    with stand_in() as (evil, _):
        server.redirect_to = evil.address
        with pytest.raises(ClusterSilentError, match=f"redirects to {evil.address}"):
            RayJobClient(server.address)
        server.redirect_to = ""
        server.jobs["run"] = job("RUNNING", None)
        server.redirect_logs_to = evil.address
        with pytest.raises(ClusterSilentError, match=f"redirects to {evil.address}"):
            list(RayJobClient(server.address).output("run"))
        assert evil.requests == []
