"""Commands that are killed at any moment: given again they work, and nothing half is taken for whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import framecast
from framecast.runs.checkpoints import CheckpointStore
from framecast.runs.run_folder import RunFolder
from tests.folder_content import folder_content
from tests.untrusted.commands import platform_in
from tests.untrusted.readers import JOB, reader_named

KILLED = -9


def trained(folder: Path) -> RunFolder:
    """A run of six steps, with checkpoints after three and six."""
    (folder / "job.yaml").write_text(JOB)
    code, said = platform_in(folder, "submit", "job.yaml", "--in-process", "training.epochs=2")
    assert code == 0, said
    return RunFolder(next((folder / "runs" / "tiny").iterdir()))


@pytest.mark.untrusted
@pytest.mark.parametrize(
    "moment", ["job.yaml", "plan.yaml", "manifest.json", "step-00000004", "last", "report.html"]
)
def test_a_run_that_was_killed_continues(moment: str, tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(JOB)
    submit = ("submit", "job.yaml", "--in-process", "training.epochs=2")
    assert platform_in(tmp_path, *submit, killed_before=moment)[0] == KILLED
    assert platform_in(tmp_path, "list")[0] == 0
    folder = RunFolder(next((tmp_path / "runs" / "tiny").iterdir()))
    assert not any(checkpoint.damaged() for checkpoint in CheckpointStore(folder.checkpoints).all())
    begun = folder.plan.exists()
    code, said = platform_in(tmp_path, *(("resume", str(folder.path), "--in-process") if begun else submit))
    assert code == 0 or "is finished" in said, said
    code, said = platform_in(tmp_path, "status", "tiny", "--json")
    assert json.loads(said)["state"] == "finished"


@pytest.mark.untrusted
@pytest.mark.parametrize("moment", ["signature", "index.json", "store"])
def test_a_preparation_that_was_killed_continues(moment: str, tmp_path: Path) -> None:
    film = reader_named("mp4").made(tmp_path / "films")
    (film.parent / "other.mp4").write_bytes(film.read_bytes())
    prepare = ("data", "prepare", "video_folder", "--root", "films", "size=16")
    code, said = platform_in(tmp_path, *prepare)
    assert code == 0, said
    store = next((tmp_path / "films").rglob("index.json")).parent
    sound = folder_content(store)
    for file in sorted(store.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    store.rmdir()
    assert platform_in(tmp_path, *prepare, killed_before=store.name if moment == "store" else moment)[0] == KILLED
    assert not store.exists()
    code, said = platform_in(tmp_path, *prepare)
    assert code == 0, said
    assert folder_content(store) == sound


@pytest.mark.untrusted
def test_an_evaluation_and_an_export_that_were_killed_are_made_when_they_are_asked_for_again(
    tmp_path: Path,
) -> None:
    run = trained(tmp_path)
    evaluate = ("evaluate", "tiny", "data.test_clips=4")
    code, said = platform_in(tmp_path, *evaluate, "-o", str(tmp_path))
    assert code == 0, said
    names = [file.name for file in tmp_path.glob("evaluation-*")]
    assert len(names) == 3
    for name in names:
        assert platform_in(tmp_path, *evaluate, killed_before=name)[0] == KILLED
        code, said = platform_in(tmp_path, *evaluate)
        assert code == 0, said
        for file in run.path.glob("evaluation-*"):
            assert file.read_bytes() == (tmp_path / file.name).read_bytes() or file.suffix == ".json"
            file.unlink()
    export = ("export", "tiny", "-o", "model.safetensors")
    assert platform_in(tmp_path, *export, killed_before="model.safetensors")[0] == KILLED
    assert not (tmp_path / "model.safetensors").exists()
    assert platform_in(tmp_path, *export)[0] == 0
    assert framecast.load(tmp_path / "model.safetensors").frames_out
