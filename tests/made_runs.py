"""Folders of runs made without training."""

from __future__ import annotations

from pathlib import Path

from framecast.runs.run_folder import RunFolder


def made_run(root: Path, name: str, run_id: str) -> RunFolder:
    """A folder with no more than what makes it a run's."""
    folder = root / name / run_id
    folder.mkdir(parents=True)
    (folder / "plan.yaml").write_text("job: {}\n")
    return RunFolder(folder)


def three_runs(root: Path) -> Path:
    """The folder of two runs of the job demo and a newer one of kth."""
    made_run(root, "demo", "20260101-120000-aaaa")
    made_run(root, "demo", "20260102-120000-bbbb")
    made_run(root, "kth", "20260103-120000-cccc")
    return root
