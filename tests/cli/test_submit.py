"""`platform submit`: a plan, or a run with its folder and closing words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

JOB = (Path(__file__).parent / "conftest.py").read_text().split('"""\\\n')[1].split('"""')[0]


def test_a_dry_run_prints_the_plan_and_makes_nothing(platform) -> None:
    Path("job.yaml").write_text(JOB)
    answer = platform("submit", "job.yaml", "training.epochs=7", "--dry-run")
    assert answer.code == 0
    plan = YAML(typ="safe", pure=True).load(answer.out)
    assert plan["job"]["training"]["epochs"] == 7
    assert plan["job"]["model"]["skip_stride"] == 2
    assert [path.name for path in Path().iterdir()] == ["job.yaml"]


def test_a_plugin_can_be_named_on_the_command_line(platform) -> None:
    Path("job.yaml").write_text(JOB)
    Path("cell.py").write_text(
        "import framecast\n@framecast.hookimpl\ndef framecast_models():\n"
        "    yield framecast.Model(name='cell', summary='A cell', build=lambda settings, sample: None)\n"
    )
    answer = platform("submit", "job.yaml", "model=cell", "-p", "./cell.py", "--dry-run")
    assert answer.code == 0
    assert str(Path("cell.py").resolve()) in answer.out


def test_a_plugin_that_is_switched_off_is_missed(platform) -> None:
    Path("job.yaml").write_text(JOB)
    answer = platform("submit", "job.yaml", "-p", "no:conv_tt_lstm", "--dry-run")
    assert answer.code == 2
    assert "switched off by no:conv_tt_lstm" in answer.err


def test_a_root_that_cannot_be_written_is_the_users_problem(platform) -> None:
    Path("job.yaml").write_text(JOB)
    Path("file").write_text("")
    answer = platform("submit", "job.yaml", "--in-process", "--runs", "file")
    assert answer.code == 2
    assert "cannot make the run folder" in answer.err


def test_a_run_leaves_what_the_folder_promises(trained) -> None:
    for name in (
        "job.yaml",
        "plan.yaml",
        "environment.json",
        "events.jsonl",
        "metrics.csv",
        "report.html",
        "logs",
    ):
        assert (trained.folder / name).exists(), name
    assert (trained.folder / "job.yaml").read_text() == JOB
    assert (trained.folder / "checkpoints" / "best" / "model.safetensors").exists()
    assert json.loads((trained.folder / "environment.json").read_text())["packages"]["framecast"]


def test_the_closing_words_give_the_score_the_report_and_what_comes_next(trained) -> None:
    assert "best checkpoint: step 2, best by validation/loss" in trained.said
    assert "report: runs/tiny/" in trained.said
    after = trained.said.partition("next:")[2]
    assert f"status {trained.folder.name}" in after
    assert f"resume {trained.folder.name}" in after


@pytest.mark.parametrize("word", ["Traceback", "Warning", "ray"])
def test_the_console_is_calm(word: str, trained) -> None:
    assert word not in trained.said


def test_a_job_of_the_examples_may_be_named(platform) -> None:
    answer = platform("submit", "demo", "--dry-run")
    assert answer.code == 0
    assert answer.err.startswith("job file: ")
    assert answer.err.endswith("demo.yaml\n")
    assert "name: demo" in answer.out
