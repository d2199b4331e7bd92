"""A GPU for which Triton cannot compile: PyTorch's operators give the same losses, and the user is warned."""

from __future__ import annotations

from pathlib import Path

import pytest

import framecast
from tests.planned_runs import create, losses
from tests.simulated_gpu.training import difference, plan, train_here


@pytest.mark.parametrize(("precision", "tolerance"), [("fp32", 1e-5), ("bf16", 1e-2)])
def test_a_model_trains_without_triton_as_on_the_cpu(
    precision: str, tolerance: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = losses(train_here(create(plan(), tmp_path), "cpu"))
    monkeypatch.setattr(framecast, "triton_problem", lambda: "Triton is not installed")

    with pytest.warns(UserWarning, match="Triton is not installed"):
        run = train_here(create(plan(f"training.precision={precision}"), tmp_path))

    assert difference(losses(run), expected) <= tolerance
