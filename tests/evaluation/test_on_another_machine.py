"""A run that was trained on a GPU, on a machine that has none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import pytest
import torch

from framecast.evaluation.evaluation_target import find_subject
from framecast.evaluation.export import export_graph
from framecast.evaluation.prediction import predict
from framecast.launch.evaluate import Told, evaluate
from framecast.launch.hardware import device_of
from framecast.launch.launch import launch, resumed_plan
from framecast.plugin.events import RunStarted, Warned
from framecast.runs.run_folder import RunFolder

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")


@contextmanager
def unseen(told: Told, terminal: IO[str]) -> Iterator[None]:
    yield


@pytest.fixture
def of_a_gpu(trained: RunFolder) -> RunFolder:
    """The trained run, as if its `auto` had found a GPU."""
    plan = trained.plan.read_text()
    assert "automatic:\n- gpus_per_worker\n" in plan
    trained.plan.write_text(plan.replace("gpus_per_worker: 0", "gpus_per_worker: 1"))
    events = trained.journal.file.read_text()
    trained.journal.file.write_text(events.replace('"device": "cpu"', '"device": "cuda:0"'))
    return trained


def test_it_is_scored_on_the_cpu_with_a_note(
    of_a_gpu: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = of_a_gpu.plan.read_text()
    subject = find_subject("tiny", of_a_gpu.root)
    result, not_written = evaluate([subject], "test", tmp_path, unseen)
    assert not not_written
    assert (
        "the run has 1 worker with a GPU each, there are 0 GPUs here: evaluated on the CPU"
        in capsys.readouterr().err
    )

    of_a_gpu.plan.write_text(written.replace("precision: auto", "precision: fp16"))
    in_fp16, _ = evaluate([find_subject("tiny", of_a_gpu.root)], "test", tmp_path / "fp16", unseen)
    assert in_fp16.content["rows"] == result.content["rows"]


def test_it_predicts_and_is_exported(of_a_gpu: RunFolder, tmp_path: Path) -> None:
    np.save(tmp_path / "clip.npy", np.zeros((4, 16, 16), np.uint8))
    subject = find_subject("tiny", of_a_gpu.root)
    found = predict(subject, tmp_path / "clip.npy", 0, 2, 2, device=device_of("auto"))
    assert found.future.shape == (2, 1, 16, 16)
    assert export_graph(subject, tmp_path / "model.pt2", 2, 2) < 1e-5


def test_it_is_resumed_with_a_warning(of_a_gpu: RunFolder) -> None:
    plan = resumed_plan(of_a_gpu, ["training.epochs=2"])
    assert plan.job.compute.gpus_per_worker == "auto"
    assert launch(plan, of_a_gpu, in_process=True, new=False).state == "finished"
    events = list(of_a_gpu.journal.read())
    assert [event.device for event in events if isinstance(event, RunStarted)] == ["cuda:0", "cpu"]
    warnings = [event.message for event in events if isinstance(event, Warned)]
    assert "the run trained on cuda:0 in fp32 before, and continues on cpu in fp32" in warnings
