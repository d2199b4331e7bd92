"""What the sender has and the cluster has not, or otherwise."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from framecast.cluster.versions import Versions
from framecast.registry.registry import Registry


def test_the_same_installation_has_no_differences(tmp_path: Path) -> None:
    here = Versions.here([Registry.discover().find("model", "conv_lstm").source])
    here.write(tmp_path / "sender.json")
    assert Versions.read(tmp_path / "sender.json") == here
    assert here.compared_here() == ([], [])


def test_what_is_missing_and_what_differs_is_said_apart() -> None:
    here = Versions.here([])
    packages = {**here.packages, "ray": "1.0", "no-such-plugin": "2.1"}
    missing, differing = dataclasses.replace(here, python="3.99", packages=packages).compared_here()
    assert missing == ["no-such-plugin 2.1 is not installed on the cluster: pip install no-such-plugin==2.1 there"]
    assert [line.split()[0] for line in differing] == ["Python", "ray"]


def test_builds_of_one_release_do_not_differ() -> None:
    here = Versions.here([])
    release = (here.packages["torch"] or "").partition("+")[0]
    other = dataclasses.replace(here, packages={"torch": f"{release}+cu130"})
    assert other.compared_here() == ([], [])
