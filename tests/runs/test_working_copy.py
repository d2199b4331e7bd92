"""Working copies of runs at a URL: which URL is theirs, and how they list its runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from framecast.runs.driver import heartbeat
from framecast.runs.mirror import Mirror
from framecast.runs.run_folder import RunFolder
from framecast.runs.working_copy import pull_all, working_copy
from tests.runs.mirrored_runs import (
    mirror_of,
    new_run,
    push,
    save,
)


def test_a_working_copy_is_readable_stable_and_knows_its_url(tmp_path: Path) -> None:
    root = working_copy("s3://bucket/deep/runs/?region=eu-west-1")
    assert root == working_copy("s3://bucket/deep/runs?region=eu-west-1")
    assert root != working_copy("s3://bucket/deep/runs?region=eu-west-2")
    assert root.parent == tmp_path / "cache"
    assert root.name.startswith("s3-bucket-deep-runs-")
    assert mirror_of(root / "demo" / "1").store.url == "s3://bucket/deep/runs/demo/1?region=eu-west-1"


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
