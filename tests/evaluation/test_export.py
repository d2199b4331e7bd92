"""Models as one file: with their plan, or as a graph."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
import torch

import framecast
from framecast.errors import InputError, TrainingFailed, disk_problem
from framecast.evaluation.evaluation_target import find_subject
from framecast.evaluation.export import export_graph, export_weights, validate_format
from framecast.runs.run_folder import RunFolder


def test_exported_weights_are_loaded_in_two_lines(trained: RunFolder, tmp_path: Path) -> None:
    export_weights(find_subject("tiny", trained.root), tmp_path / "model.safetensors")
    model = framecast.load(tmp_path / "model.safetensors")
    frames = torch.rand(1, 2, 1, 16, 16)
    assert torch.equal(model(frames, 5), framecast.load("tiny")(frames, 5))


@pytest.mark.parametrize("batch", [1, 3])
def test_the_graph_gives_what_the_model_gives(trained: RunFolder, tmp_path: Path, batch: int) -> None:
    file = tmp_path / "model.pt2"
    assert export_graph(find_subject("tiny", trained.root), file, 3, 4, batch) <= 1e-5
    frames = torch.rand(batch, 3, 1, 16, 16)
    with torch.no_grad():
        expected = framecast.load("tiny")(frames, 4)[:, -4:]
        torch.testing.assert_close(torch.export.load(file).module()(frames), expected, rtol=0, atol=1e-5)


def test_a_model_that_cannot_be_traced_says_so_and_writes_nothing(trained: RunFolder, tmp_path: Path) -> None:
    subject = find_subject("tiny", trained.root)

    class Untraceable(torch.nn.Module):
        def forward(self, frames: torch.Tensor, frames_out: int) -> torch.Tensor:
            return frames if frames.sum().item() > 0 else -frames

    object.__setattr__(subject, "model", lambda device: Untraceable())
    with pytest.raises(TrainingFailed, match="conv_tt_lstm cannot be exported as a graph"):
        export_graph(subject, tmp_path / "model.pt2", 2, 2)
    assert not list(tmp_path.glob("*.pt2"))


@pytest.mark.parametrize("name", ["model.pt2", "model.safetensors"])
def test_a_file_that_does_not_fit_names_the_reason_and_leaves_nothing(
    trained: RunFolder, tmp_path: Path, name: str
) -> None:
    """torch's own writer would end the whole process."""
    subject = find_subject("tiny", trained.root)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, before[1]))
    try:
        with pytest.raises(OSError, match=name) as caught:
            export_graph(subject, tmp_path / name, 3, 4) if name == "model.pt2" else export_weights(
                subject, tmp_path / name
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert disk_problem(caught.value).startswith("a file may not grow any more")
    assert not (tmp_path / name).exists()
    assert not list(tmp_path.glob(".*"))


def test_another_ending_is_refused() -> None:
    with pytest.raises(InputError, match=r"model.onnx should end in .safetensors or .pt2"):
        validate_format(Path("model.onnx"), (".safetensors", ".pt2"))
