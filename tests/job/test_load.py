"""Jobs and plans read from files: which plugins, which paths, which overrides."""

from __future__ import annotations

from pathlib import Path

import pytest

from framecast.job.load import read_plan
from tests.job.written_job import JOB, plan_of, refusals


def test_a_plan_with_a_plugin_from_a_path_finds_it_again(tmp_path: Path) -> None:
    (tmp_path / "cell.py").write_text(
        "import framecast\n@framecast.hookimpl\ndef framecast_models():\n"
        "    yield framecast.Model(name='cell', summary='A cell', build=lambda settings, sample: None)\n"
    )
    text = JOB.partition("model:")[0] + "model: cell\ndata: moving_mnist\nplugins: [./cell.py]\n"
    plan = plan_of(tmp_path, text)
    assert read_plan(plan.to_yaml()).model.source.path == str(tmp_path / "cell.py")


def test_a_plan_read_back_takes_overrides(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    assert read_plan(plan.to_yaml(), ["training.epochs=99"]).job.training.epochs == 99


def test_a_jobs_plugin_path_is_relative_to_the_job_and_the_command_lines_to_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (
        "import framecast\n@framecast.hookimpl\ndef framecast_models():\n"
        "    yield framecast.Model(name={name!r}, summary='A cell', build=lambda settings, sample: None)\n"
    )
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "beside.py").write_text(source.format(name="beside"))
    (tmp_path / "here.py").write_text(source.format(name="here"))
    monkeypatch.chdir(tmp_path)
    text = JOB + "plugins: [beside.py]\n"
    assert plan_of(tmp_path / "jobs", text, "model=beside", plugins=("./here.py",)).model.name == "beside"
    assert plan_of(tmp_path / "jobs", text, "model=here", plugins=("./here.py",)).model.name == "here"


def test_a_plugin_that_is_not_there_has_a_place(tmp_path: Path) -> None:
    (said,) = refusals(tmp_path, JOB + "plugins:\n  - ./no.py\n")
    assert said.startswith("job.yaml:9:5 plugins.0: no such file")
