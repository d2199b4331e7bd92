"""The interface that carries an address."""

from __future__ import annotations

import sys

import pytest

from framecast.launch.network import interface_of


@pytest.mark.skipif(sys.platform != "linux", reason="interfaces are looked up on Linux only")
def test_the_interface_of_an_address_is_found() -> None:
    assert interface_of("127.0.0.1") == "lo"


def test_an_address_that_is_not_here_has_none() -> None:
    assert interface_of("203.0.113.7") is None
