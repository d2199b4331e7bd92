"""`platform report RUN...`: made anew from the runs' folders alone, wherever they were copied to."""

from __future__ import annotations

import shutil


def copied(trained, folder):
    shutil.copytree(trained.folder, folder, symlinks=True)
    return folder


def test_a_report_is_made_from_a_copied_folder_alone(trained, platform, tmp_path) -> None:
    folder = copied(trained, tmp_path / "a colleague's disk" / "copied")
    (folder / "report.html").unlink()
    answer = platform("report", folder)
    assert answer.code == 0
    assert answer.out.strip() == "a colleague's disk/copied/report.html"
    page = (folder / "report.html").read_text()
    assert "conv_lstm" in page
    assert "mse" in page


def test_the_report_is_one_file_that_loads_nothing_from_elsewhere(trained) -> None:
    page = (trained.folder / "report.html").read_text()
    for reference in ("http://", "https://", "<script", "<link", "@import"):
        assert reference not in page


def test_a_report_is_written_anew_in_its_place(trained, platform, tmp_path) -> None:
    folder = copied(trained, tmp_path / "copied")
    (folder / "report.html").write_text("old")
    assert platform("report", folder).code == 0
    assert (folder / "report.html").read_text() != "old"


def test_the_report_of_a_run_that_has_only_begun_is_made_too(trained, platform, tmp_path) -> None:
    begun = tmp_path / "runs" / "tiny" / "20260101-000000-abcd"
    begun.mkdir(parents=True)
    for name in ("plan.yaml", "job.yaml", "environment.json"):
        shutil.copy(trained.folder / name, begun / name)
    assert platform("report", begun).code == 0
    assert (begun / "report.html").exists()


def test_a_report_can_be_written_elsewhere(trained, platform, tmp_path) -> None:
    answer = platform("report", trained.folder, "-o", "here.html")
    assert answer.out.strip() == "here.html"
    assert (tmp_path / "here.html").exists()


def test_several_runs_are_compared_on_one_page_named_after_them(trained, platform, tmp_path) -> None:
    folders = [copied(trained, tmp_path / "tiny" / name) for name in ("first", "second")]
    answer = platform("report", *folders)
    assert answer.code == 0
    assert answer.out.strip() == "report-first-second.html"
    assert "2 runs compared" in (tmp_path / "report-first-second.html").read_text()


def test_a_comparison_that_is_there_is_replaced_only_by_force(trained, platform, tmp_path) -> None:
    folders = [copied(trained, tmp_path / "tiny" / name) for name in ("first", "second")]
    (tmp_path / "mine.html").write_text("mine")
    answer = platform("report", *folders, "-o", "mine.html")
    assert answer.code == 2
    assert "mine.html is there already: --force replaces it" in answer.err
    assert (tmp_path / "mine.html").read_text() == "mine"
    assert platform("report", *folders, "-o", "mine.html", "--force").code == 0
    assert (tmp_path / "mine.html").read_text() != "mine"


def test_what_cannot_be_written_is_said_in_a_line(trained, platform) -> None:
    answer = platform("report", trained.folder, "-o", "no/such/folder.html")
    assert answer.code == 2
    assert "there is no folder no/such" in answer.err


def test_a_run_is_not_compared_with_itself(trained, platform) -> None:
    answer = platform("report", trained.folder, trained.folder)
    assert answer.code == 2
    assert "named twice" in answer.err
