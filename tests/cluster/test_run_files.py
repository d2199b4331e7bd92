"""The list of a run's files, as a cluster sends it."""

from __future__ import annotations

import json

import pytest

from framecast.cluster.run_files import RunFiles
from framecast.errors import InputError


@pytest.mark.parametrize("name", ["../../evil", "/etc/passwd", "plugins/../../x", "a\0b", ""])
def test_a_listing_that_leads_out_of_the_run_is_refused(name: str) -> None:
    text = json.dumps(
        {"folder": "/x", "state": "finished", "files": {name: {"size": 1, "sha256": ""}}, "links": {}}
    )
    with pytest.raises(InputError, match="outside of the run's folder"):
        RunFiles.from_json(text)


@pytest.mark.parametrize("target", ["..", "../x", "/etc", "a/b"])
def test_links_lead_to_checkpoints_only(target: str) -> None:
    text = json.dumps({"folder": "/x", "state": "finished", "files": {}, "links": {"best": target}})
    with pytest.raises(InputError, match="outside of the run's folder"):
        RunFiles.from_json(text)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"files": 3}', "no json"])
def test_a_listing_of_another_version_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="in a way that this version does not know"):
        RunFiles.from_json(text)


def test_a_listing_of_absurdly_many_files_is_refused() -> None:
    files = {f"plugins/{number}": {"size": 0, "sha256": ""} for number in range(100_001)}
    text = json.dumps({"folder": "/x", "state": "finished", "files": files, "links": {}})
    with pytest.raises(InputError, match="lists 100,001 files of one run"):
        RunFiles.from_json(text)
