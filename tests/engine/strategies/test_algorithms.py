"""The choice between algorithms of a GPU. The switches are torch's own, on any machine."""

from __future__ import annotations

import os

import pytest
import torch

from framecast.engine.strategies.algorithms import chosen_algorithms


def in_force() -> tuple[bool, bool, bool]:
    cudnn = torch.backends.cudnn
    return torch.are_deterministic_algorithms_enabled(), cudnn.benchmark, cudnn.deterministic


@pytest.mark.parametrize(
    ("choice", "switches"),
    [
        ("heuristic", (False, False, False)),
        ("benchmark", (False, True, False)),
        ("deterministic", (True, False, True)),
    ],
)
def test_a_choice_holds_on_a_gpu_while_the_body_runs(
    choice: str, switches: tuple[bool, bool, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    before = in_force()
    with chosen_algorithms(choice, torch.device("cuda")):
        assert in_force() == switches
        assert ("CUBLAS_WORKSPACE_CONFIG" in os.environ) == (choice == "deterministic")
    assert in_force() == before
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)


def test_nothing_changes_on_a_cpu() -> None:
    before = in_force()
    with chosen_algorithms("deterministic", torch.device("cpu")):
        assert in_force() == before
