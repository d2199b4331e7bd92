"""The cell: the paper's equations, gate by gate."""

from typing import Any

import pytest
import torch

from framecast_predrnn.cell import SpatioTemporalLSTMCell
from tests.plugins.predrnn.by_the_paper import st_lstm


def drawn(*shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(sum(shape)))


@pytest.mark.parametrize("layer_norm", [False, True])
def test_a_step_is_the_papers_in_its_states_and_their_gradients(layer_norm):
    torch.manual_seed(0)
    cell = SpatioTemporalLSTMCell(2, 3, 5, kernel_size=3, layer_norm=layer_norm).double()
    state = [drawn(2, channels, 4, 6).requires_grad_() for channels in (2, 3, 3, 5)]
    parameters = [*cell.parameters(), *state]

    found, expected = cell(*state), st_lstm(cell, *state)

    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs)
    for ours, theirs in zip(
        torch.autograd.grad(sum(each.square().sum() for each in found), parameters),
        torch.autograd.grad(sum(each.square().sum() for each in expected), parameters),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("layer_norm", [False, True])
def test_memories_last_at_the_start_because_forget_gates_are_open(layer_norm):
    cell: Any = SpatioTemporalLSTMCell(2, 3, 4, kernel_size=3, layer_norm=layer_norm)

    assert (cell.temporal_gates[-1].bias[3:6] == 1).all()
    assert (cell.spatial_gates[-1].bias[4:8] == 1).all()


def test_in_half_precision_memories_stay_wide():
    cell = SpatioTemporalLSTMCell(2, 3, 3, kernel_size=3).half()

    hidden, temporal, spatial = cell(*(drawn(1, channels, 4, 4).float() for channels in (2, 3, 3, 3)))

    assert (hidden.dtype, temporal.dtype, spatial.dtype) == (torch.float16, torch.float32, torch.float32)
