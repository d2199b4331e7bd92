"""A model outside its run: its weights with their plan, or a graph that needs no framecast."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from framecast.errors import InputError, TrainingFailed
from framecast.evaluation.evaluation_target import NORMALISATION_KEY, PLAN_KEY, EvaluationTarget
from framecast.files import atomic_path, write_atomically
from framecast.json_text import to_json

FORMATS = (".safetensors", ".pt2")
TOLERANCE = 1e-5


def export_weights(subject: EvaluationTarget, file: Path) -> None:
    """Writes the weights as safetensors; the plan and the data's normalisation go along as metadata.

    Plugins that are not installed are only named there: their code does not travel, nor does where it lies.
    """
    import torch
    from safetensors.torch import save_file

    model = subject.model(torch.device("cpu"))
    metadata = {PLAN_KEY: subject.plan.to_exported_yaml()}
    if subject.normalisation:
        metadata[NORMALISATION_KEY] = to_json(subject.normalisation.to_dict())
    with atomic_path(file) as beside:
        save_file({name: value.contiguous() for name, value in model.state_dict().items()}, beside, metadata)


def export_graph(subject: EvaluationTarget, file: Path, frames_in: int, frames_out: int, batch: int = 1) -> float:
    """Writes the model as a `torch.export` graph from (B, frames_in, C, H, W) to the next `frames_out` frames.

    Returns the largest difference between its outputs and the model's own. Raises TrainingFailed where they are
    not the same to 1e-5, and where the model cannot be exported.
    """
    import torch

    class Forecast(torch.nn.Module):
        """The model with its lengths fixed."""

        def __init__(self, model: Any) -> None:
            super().__init__()
            self.model = model

        def forward(self, frames: torch.Tensor) -> torch.Tensor:
            clip: torch.Tensor = self.model(frames, frames_out)
            return clip[:, -frames_out:]

    shape = subject.plan.sample_shape
    forecast = Forecast(subject.model(torch.device("cpu"))).eval()
    generator = torch.Generator().manual_seed(0)
    frames = torch.rand((batch, frames_in, shape.channels, shape.height, shape.width), generator=generator)
    with torch.no_grad():
        try:
            program = torch.export.export(forecast, (frames,), strict=False)
        except Exception as error:  # whatever of the model the tracer does not know
            reason = str(error).strip().splitlines()[0]
            raise TrainingFailed(f"{subject.plan.model.name} cannot be exported as a graph: {reason}") from error
        difference = float((program.module()(frames) - forecast(frames)).abs().max())
        if not difference <= TOLERANCE:
            raise TrainingFailed(
                f"the exported graph differs from the model by {difference:g}: nothing was written"
            )
        content = io.BytesIO()  # torch ends the whole process where a disk is full
        torch.export.save(program, content)
        write_atomically(file, content.getvalue())
    return difference


def validate_format(file: Path, formats: tuple[str, ...]) -> None:
    """Raises InputError where the file's ending is none of these."""
    if file.suffix not in formats:
        raise InputError(f"{file.name} should end in {' or '.join(formats)}")
