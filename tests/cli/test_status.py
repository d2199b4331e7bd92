"""`platform status RUN`: how a run stands, its scores beside the baselines'."""

from __future__ import annotations

import json


def test_a_finished_run_shows_its_scores_beside_the_baselines(trained, platform) -> None:
    answer = platform("status", "tiny", "--runs", trained.root)
    assert answer.code == 0
    assert f"tiny {trained.folder.name}: finished (epochs)" in answer.out
    assert "step 2 of 2" in answer.out
    assert "best checkpoint: step 2, best by validation/loss" in answer.out
    assert "black" in answer.out
    assert "last_frame" in answer.out
    assert "best is step-00000002, last is step-00000002" in answer.out


def test_a_run_is_found_by_its_path_from_anywhere(trained, platform) -> None:
    assert platform("status", trained.folder).code == 0


def test_the_json_holds_the_same_for_programs(trained, platform) -> None:
    status = json.loads(platform("status", trained.folder, "--json").out)
    assert (status["state"], status["step"], status["total_steps"]) == ("finished", 2, 2)
    assert set(status["baselines"]) == {"black", "last_frame"}
    assert status["best"]["validation/loss"] == status["best_value"]
    assert status["folder"] == str(trained.folder)


def test_it_needs_the_folder_only(trained, platform, tmp_path) -> None:
    """No checkpoint, no report: a run that has only begun has neither."""
    begun = tmp_path / "runs" / "tiny" / "20260101-000000-abcd"
    begun.mkdir(parents=True)
    (begun / "plan.yaml").write_text((trained.folder / "plan.yaml").read_text())
    answer = platform("status", "20260101")
    assert answer.code == 0
    assert "died" in answer.out


def test_a_misspelt_run_is_answered_with_the_one_meant(trained, platform) -> None:
    answer = platform("status", "tinny", "--runs", trained.root)
    assert answer.code == 2
    assert "did you mean tiny?" in answer.err


def test_list_status_and_the_closing_words_tell_the_same_number(trained, platform) -> None:
    """Each says from which checkpoint it is, and by what that is best."""
    now = json.loads(platform("status", trained.folder, "--json").out)
    value, step = f"{now['best_value']:.5f}", now["best_step"]
    named = f"best checkpoint: step {step}, best by {now['monitor']} {value}"
    assert named in platform("status", trained.folder).out
    assert named in trained.said
    for name, score in now["best"].items():
        assert f"  {name} {score:.5f}" in platform("status", trained.folder).out
    (row,) = json.loads(platform("list", "--json", "--runs", trained.folder.parent.parent).out)
    assert (row["best"], row["monitor"], row["best_step"]) == (now["best_value"], now["monitor"], step)
    monitor = now["monitor"].removeprefix("validation/")
    assert f"{monitor} at step {step}" in platform("list", "--runs", trained.folder.parent.parent).out
