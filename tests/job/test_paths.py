"""Paths in a job start from the folder of the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from framecast.job.document import Document
from framecast.job.load import read_plan
from framecast.job.paths import with_absolute_paths
from framecast.registry.registry import Registry
from tests.job.written_job import JOB, plan_of

VIDEOS = JOB.partition("data:")[0] + "data: {name: video_folder, root: my videos, size: 16}\n"


def test_paths_start_from_the_folder_of_the_command_not_from_that_of_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "jobs").mkdir()
    monkeypatch.chdir(tmp_path)
    plan = plan_of(tmp_path / "jobs", VIDEOS, "data.size=32", "metrics=[{name: lpips, backbone: alex.pth}]")
    assert plan.data.to_dict()["root"] == str(tmp_path / "my videos")
    assert plan.metrics[0].to_dict()["backbone"] == str(tmp_path / "alex.pth")
    assert f"root: {tmp_path}/my videos" in plan.to_yaml()


def test_a_plan_read_elsewhere_keeps_its_paths_and_those_of_overrides_start_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    text = plan_of(tmp_path, VIDEOS).to_yaml()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert read_plan(text).to_yaml() == text
    assert read_plan(text, ["data.root=new"]).data.to_dict()["root"] == str(tmp_path / "elsewhere" / "new")


def test_a_job_can_be_rewritten_so_that_it_no_longer_depends_on_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "job.yaml").write_text(VIDEOS + "metrics: [mse, {name: lpips, backbone: alex.pth}]\n")
    data = with_absolute_paths(Document.read(Path("job.yaml")), Registry.discover()).data
    assert data["data"] == {"name": "video_folder", "root": str(tmp_path / "my videos"), "size": 16}
    assert data["metrics"] == ["mse", {"name": "lpips", "backbone": str(tmp_path / "alex.pth")}]
    assert data["name"] == "tiny"
