"""What can be evaluated, and what is said of what cannot."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from framecast.errors import InputError
from framecast.evaluation.evaluation_target import EvaluationTarget, find_subject
from framecast.evaluation.export import export_weights
from framecast.job.load import load_plan
from framecast.runs.run_folder import RunFolder

CPU = torch.device("cpu")


def weights_of(subject: object) -> dict[str, torch.Tensor]:
    return subject.model(CPU).state_dict()  # type: ignore[attr-defined]


def test_a_run_is_named_by_job_id_path_checkpoint_or_export(trained: RunFolder, tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    export_weights(find_subject("tiny", trained.root), file)
    names = ["tiny", trained.id, str(trained.path), str(trained.checkpoints / "best"), str(file)]
    first, *others = (weights_of(find_subject(name, trained.root)) for name in names)
    for other in others:
        assert all(torch.equal(first[name], other[name]) for name in first)
        assert first.keys() == other.keys()


def test_settings_laid_over_the_plan_change_the_horizon_only(trained: RunFolder) -> None:
    subject = find_subject("tiny", trained.root, ["task.frames_out=7"])
    assert subject.plan.frames == 9
    assert weights_of(subject).keys() == weights_of(find_subject("tiny", trained.root)).keys()


def test_the_model_is_in_evaluation_mode(trained: RunFolder) -> None:
    assert not find_subject("tiny", trained.root).model(CPU).training


def one_line(error: pytest.ExceptionInfo[InputError]) -> str:
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_damaged_checkpoint_names_the_sound_ones(trained: RunFolder) -> None:
    weights = (trained.checkpoints / "best").resolve() / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(InputError) as caught:
        find_subject("tiny", trained.root)
    assert "is damaged (model.safetensors)" in one_line(caught)


def test_a_checkpoint_without_its_weights_is_refused(trained: RunFolder) -> None:
    folder = (trained.checkpoints / "best").resolve()
    (folder / "model.safetensors").unlink()
    with pytest.raises(InputError, match=r"is damaged \(model.safetensors\)"):
        find_subject("tiny", trained.root)
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["files"]["model.safetensors"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="has no model"):
        find_subject("tiny", trained.root)


def test_a_checkpoint_without_its_manifest_is_refused(trained: RunFolder) -> None:
    folder = (trained.checkpoints / "best").resolve()
    (folder / "manifest.json").unlink()
    with pytest.raises(InputError, match="not a complete checkpoint"):
        find_subject(str(folder), trained.root)


def test_the_weights_of_another_model_are_refused(trained: RunFolder) -> None:
    with pytest.raises(InputError, match="are not those of conv_tt_lstm") as caught:
        find_subject("tiny", trained.root, ["model.rank=3"]).model(CPU)
    one_line(caught)


def test_a_run_that_has_not_trained_yet_is_refused(trained: RunFolder) -> None:
    shutil.rmtree(trained.checkpoints)
    trained.checkpoints.mkdir()
    with pytest.raises(InputError, match="has no checkpoint yet"):
        find_subject("tiny", trained.root).model(CPU)


def test_a_file_that_is_no_export_is_refused(trained: RunFolder, tmp_path: Path) -> None:
    text = tmp_path / "model.safetensors"
    text.write_text("no weights")
    with pytest.raises(InputError, match="not a model that framecast exported"):
        find_subject(str(text), trained.root)
    save_file({"weight": torch.zeros(1)}, text)
    with pytest.raises(InputError, match="holds weights but no plan"):
        find_subject(str(text), trained.root)


def test_a_model_that_recognises_is_not_asked_for_frames() -> None:
    job = Path(__file__).resolve().parents[2] / "jobs" / "digit_motions.yaml"
    recogniser = EvaluationTarget("motions", load_plan(job, [], [])[1], None)
    with pytest.raises(InputError) as caught:
        recogniser.ensure_predicts_frames("prediction")
    said = one_line(caught)
    assert "conv_tt_lstm_recognition recognises classes, and prediction is for models that predict frames" in said


def test_a_model_of_frames_may_be_asked_for_them(trained: RunFolder) -> None:
    find_subject("tiny", trained.root).ensure_predicts_frames("prediction")
