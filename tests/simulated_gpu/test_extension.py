"""Where a GPU cannot be simulated, the tests say why."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.simulated_gpu.extension import why_not

pytestmark = pytest.mark.usefixtures("simulated")


def test_another_torch_than_that_of_the_constraints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "__version__", "2.1.0+cpu")
    reason = why_not()
    assert reason is not None
    assert "constraints.txt), this is 2.1.0" in reason


def test_no_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert why_not() is None  # it has been compiled
    monkeypatch.setenv("PATH", str(tmp_path))
    assert why_not() is None
    monkeypatch.setenv("TORCH_EXTENSIONS_DIR", str(tmp_path))
    assert why_not() == "the simulated GPU has to be compiled: install a C++ compiler (g++) and ninja"
