"""The recurrent cells: pure functions of (input, state).

Dimensions: B batch, I input channels, C hidden channels, R rank, D window length, H W space.
Capital suffixes name a tensor's dimensions.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn


class ConvLSTMState(NamedTuple):
    """The state of a ConvLSTM cell: hidden and cell, each (B, C, H, W)."""

    hidden: Tensor
    cell: Tensor


class ConvTTLSTMState(NamedTuple):
    """The state of a Conv-TT-LSTM cell: the last N hidden states, oldest first, and the cell: (B, C, H, W)."""

    hidden: tuple[Tensor, ...]
    cell: Tensor


class ConvLSTMCell(nn.Module):
    """Convolutional LSTM (Shi et al., NeurIPS 2015), without peepholes: the paper's baseline.

    cell = ConvLSTMCell(1, 16, kernel_size=5)
    state = cell.initial_state(frames_BTCHW[:, 0])
    for t in range(frames_BTCHW.shape[1]):
        output_BCHW, state = cell(frames_BTCHW[:, t], state)
    """

    def __init__(self, input_channels: int, hidden_channels: int, kernel_size: int) -> None:
        super().__init__()
        _refuse_even(kernel_size)
        self.hidden_channels = hidden_channels
        self.gates = nn.Conv2d(
            input_channels + hidden_channels, 4 * hidden_channels, kernel_size, padding=kernel_size // 2
        )

    def initial_state(self, input_BIHW: Tensor) -> ConvLSTMState:
        zeros_BCHW = _zeros(input_BIHW, self.hidden_channels)
        return ConvLSTMState(zeros_BCHW, zeros_BCHW)

    def forward(self, input_BIHW: Tensor, state: ConvLSTMState) -> tuple[Tensor, ConvLSTMState]:
        """One time step. Returns the new hidden state (B, C, H, W) as output, and the new state."""
        gates_BGHW = self.gates(torch.cat([input_BIHW, state.hidden], 1))
        hidden_BCHW, cell_BCHW = _lstm_update(gates_BGHW, state.cell)
        return hidden_BCHW, ConvLSTMState(hidden_BCHW, cell_BCHW)


class ConvTTLSTMCell(nn.Module):
    """Convolutional tensor-train LSTM (Su et al., NeurIPS 2020), with the sliding window.

    M cores (`order`) see the last N hidden states (`steps`) through M windows of D = N - M + 1 states:

        h[0..D-1]   h[1..D]          h[N-D..N-1]      x
            |          |                  |           |
           P_0        P_1      ...     P_(M-1)        |
            |          |                  |           |
           V_0 -G_1-> V_1 -G_2-> ... -> V_(M-1) ---> G_M ---> i, f, o, g

    Each G_i composes one more k x k kernel onto the oldest states: kernels that grow with age, as a product
    of small cores. Cost is linear in M.
    """

    def __init__(
        self, input_channels: int, hidden_channels: int, kernel_size: int, order: int, steps: int, rank: int
    ) -> None:
        super().__init__()
        _refuse_even(kernel_size)
        if not 1 <= order <= steps:
            raise ValueError(f"order ({order}) must be at least 1 and must not exceed steps ({steps})")
        if rank < 1:
            raise ValueError(f"rank ({rank}) must be at least 1")
        self.hidden_channels = hidden_channels
        self.order, self.steps, self.window = order, steps, steps - order + 1

        def convolution(inputs: int, outputs: int) -> nn.Conv2d:
            return nn.Conv2d(inputs, outputs, kernel_size, padding=kernel_size // 2)

        self.windows = nn.ModuleList(convolution(self.window * hidden_channels, rank) for _ in range(order))
        """P_0 ... P_(M-1): a window's states, concatenated oldest first, to R channels."""
        self.chain = nn.ModuleList(convolution(rank, rank) for _ in range(order - 1))
        """G_1 ... G_(M-1)."""
        self.gates = convolution(input_channels + rank, 4 * hidden_channels)
        """G_M."""

    def initial_state(self, input_BIHW: Tensor) -> ConvTTLSTMState:
        zeros_BCHW = _zeros(input_BIHW, self.hidden_channels)
        return ConvTTLSTMState((zeros_BCHW,) * self.steps, zeros_BCHW)

    def forward(self, input_BIHW: Tensor, state: ConvTTLSTMState) -> tuple[Tensor, ConvTTLSTMState]:
        """One time step. Returns the new hidden state (B, C, H, W) as output, and the new state."""
        chain_BRHW = self._project(0, state)  # V_0 = P_0(h[0 .. D-1])
        for core, link in enumerate(self.chain, start=1):
            chain_BRHW = self._project(core, state) + link(chain_BRHW)  # V_i = P_i(h[i .. i+D-1]) + G_i(V_(i-1))
        gates_BGHW = self.gates(torch.cat([input_BIHW, chain_BRHW], 1))  # [i, f, o, g] = G_M([x, V_(M-1)])
        hidden_BCHW, cell_BCHW = _lstm_update(gates_BGHW, state.cell)
        return hidden_BCHW, ConvTTLSTMState((*state.hidden[1:], hidden_BCHW), cell_BCHW)

    def _project(self, core: int, state: ConvTTLSTMState) -> Tensor:
        return self.windows[core](torch.cat(state.hidden[core : core + self.window], 1))


def _lstm_update(gates_BGHW: Tensor, cell_BCHW: Tensor) -> tuple[Tensor, Tensor]:
    """Gate order i, f, o, g. Returns the new hidden state and cell."""
    input_gate, forget_gate, output_gate, candidate = gates_BGHW.chunk(4, 1)
    cell_BCHW = forget_gate.sigmoid() * cell_BCHW + input_gate.sigmoid() * candidate.tanh()  # c'
    return output_gate.sigmoid() * cell_BCHW.tanh(), cell_BCHW  # h', c'


def _zeros(input_BIHW: Tensor, channels: int) -> Tensor:
    batch, _, height, width = input_BIHW.shape
    return input_BIHW.new_zeros(batch, channels, height, width)


def _refuse_even(kernel_size: int) -> None:
    if kernel_size < 1 or kernel_size % 2 == 0:
        raise ValueError(f"kernel_size ({kernel_size}) must be odd, so that padding keeps the frame size")
