"""`platform report RUN`: made anew from the run's folder alone, wherever it was copied to."""

from __future__ import annotations

import shutil


def test_a_report_is_made_from_a_copied_folder_alone(trained, platform, tmp_path) -> None:
    copied = tmp_path / "a colleague's disk" / "copied"
    shutil.copytree(trained.folder, copied, symlinks=True)
    (copied / "report.html").unlink()
    answer = platform("report", copied)
    assert answer.code == 0
    assert answer.out.strip() == "a colleague's disk/copied/report.html"
    page = (copied / "report.html").read_text()
    assert "conv_lstm" in page
    assert "validation/mse" in page or "mse" in page


def test_the_report_is_one_file_that_loads_nothing_from_elsewhere(trained) -> None:
    page = (trained.folder / "report.html").read_text()
    for reference in ('src="http', "src='http", 'href="http', "<script src", "<link"):
        assert reference not in page


def test_the_report_of_a_run_that_has_only_begun_is_made_too(trained, platform, tmp_path) -> None:
    begun = tmp_path / "runs" / "tiny" / "20260101-000000-abcd"
    begun.mkdir(parents=True)
    for name in ("plan.yaml", "job.yaml", "environment.json"):
        shutil.copy(trained.folder / name, begun / name)
    assert platform("report", begun).code == 0
    assert (begun / "report.html").exists()
