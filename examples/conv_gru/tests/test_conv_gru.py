"""ConvGRU keeps the contract of models, and its cell the paper's equations."""

from __future__ import annotations

import torch
from conv_gru.network import ConvGRUCell

import framecast.testing

TestConvGRU = framecast.testing.conformance("conv_gru", settings={"hidden_channels": [4, 6]})


def test_a_cell_without_space_is_a_gated_recurrent_unit() -> None:
    """With 1x1 kernels on one pixel it is torch's GRUCell, whose z is 1 - z here."""
    cell, plain = ConvGRUCell(3, 5, 1), torch.nn.GRUCell(3, 5)
    update, reset = cell.gates.weight[..., 0, 0].chunk(2)
    rows = torch.cat([reset, -update, cell.candidate.weight[..., 0, 0]])
    with torch.no_grad():
        plain.weight_ih.copy_(rows[:, :3])
        plain.weight_hh.copy_(rows[:, 3:])
        for bias in (plain.bias_ih, plain.bias_hh, cell.gates.bias, cell.candidate.bias):
            bias.zero_()
    x = torch.randn(2, 3)
    first = cell(x[..., None, None], None)
    torch.testing.assert_close(first[..., 0, 0], plain(x))
