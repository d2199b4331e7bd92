"""The recurrent cells as the paper's equations: the reference implementation.

A cell is a pure function, (input, state) -> (output, state). `fast/` computes the same numbers faster;
`model.implementation` chooses, and both have the same weights.

Dimensions: T time, B batch, I input channels, C hidden channels, R_i rank of core i, D states in a window,
k kernel size, H W space. `*` in an equation is a convolution that keeps the frame size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from framecast_conv_tt_lstm.kernels import GateKernels, Kernels, TensorTrainKernels, window_kernels
from framecast_conv_tt_lstm.windows import Window, Windows


class State(NamedTuple):
    """What a cell remembers from one time step to the next."""

    hidden: tuple[Tensor, ...]
    """The last N hidden states h, oldest first, each (B, C, H, W); N is 1 in a ConvLSTM."""

    cell: Tensor
    """c, (B, C, H, W), in float32 or wider."""


class Cell(nn.Module):
    """The interface of both cells. One step, or many:

    output_BCHW, state = cell(input_BIHW, state)
    outputs_TBCHW, state = cell(inputs_TBIHW, state)
    """

    windows: Windows | None = None
    """Which core of the tensor train sees which past state; None without a tensor train."""

    def __init__(self, hidden_channels: int, kernels: GateKernels) -> None:
        super().__init__()
        self.hidden_channels = hidden_channels
        self.kernels = kernels

    def forward(self, input_BIHW: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Returns the hidden state after each step, (B, C, H, W) or (T, B, C, H, W), and the new state.

        Without a state it starts from zeros.
        """
        kernels, outputs = self.kernels(), []
        inputs = input_BIHW if input_BIHW.dim() == 5 else [input_BIHW]
        for step_BIHW in inputs:
            output_BCHW, state = self.step(kernels, step_BIHW, state or self.initial_state(step_BIHW))
            outputs.append(output_BCHW)
        assert state is not None, "there is at least one step"
        return (torch.stack(outputs) if input_BIHW.dim() == 5 else outputs[0]), state

    def initial_state(self, input_BIHW: Tensor) -> State:
        """Zeros for inputs of this shape and number format."""
        batch, _, *image = input_BIHW.shape
        hidden_BCHW = input_BIHW.new_zeros(batch, self.hidden_channels, *image)
        cell_BCHW = hidden_BCHW.to(torch.promote_types(hidden_BCHW.dtype, torch.float32))
        return State((hidden_BCHW,) * (self.windows.steps if self.windows else 1), cell_BCHW)

    def step(self, kernels: Kernels, input_BIHW: Tensor, state: State) -> tuple[Tensor, State]:
        """One time step with the `kernels` that `self.kernels()` returned, in their number format."""
        signal = self.signal(kernels, [hidden.to(kernels.signal.dtype) for hidden in state.hidden])
        # [i, f, o, g] = W * [x, signal] + b: W is stored as its two parts
        gates = convolve(input_BIHW.to(kernels.input.dtype), kernels.input, kernels.bias)
        gates = gates + convolve(signal, kernels.signal)
        i, f, o, g = gates.to(state.cell.dtype).chunk(4, 1)
        cell = f.sigmoid() * state.cell + i.sigmoid() * g.tanh()  # c' = sigmoid(f) c + sigmoid(i) tanh(g)
        hidden = (o.sigmoid() * cell.tanh()).to(gates.dtype)  # h' = sigmoid(o) tanh(c')
        return hidden, State((*state.hidden[1:], hidden), cell)

    def signal(self, kernels: Kernels, hidden: list[Tensor]) -> Tensor:
        """What reaches the gates from the past: in a ConvLSTM the last hidden state."""
        return hidden[-1]


class ConvLSTMCell(Cell):
    """Convolutional LSTM (Shi et al., NeurIPS 2015), without peepholes: the paper's baseline.

    [i, f, o, g] = W * [x, h] + b        one k x k convolution, I + C -> 4C
    c' = sigmoid(f) c + sigmoid(i) tanh(g)
    h' = sigmoid(o) tanh(c')

    Raises ValueError where the channels or the kernel make no cell.
    """

    def __init__(
        self,
        input_channels: int,
        hidden_channels: int,
        kernel_size: int | tuple[int, int] = 5,
        bias: bool = True,
    ) -> None:
        _ensure_channels(input_channels, hidden_channels)
        super().__init__(
            hidden_channels,
            GateKernels(input_channels, hidden_channels, hidden_channels, _odd_pair(kernel_size), bias),
        )


class ConvTTLSTMCell(Cell):
    """Convolutional tensor-train LSTM (Su et al., NeurIPS 2020).

    M cores (`order`) see the last N hidden states (`steps`) through windows of D states (see `Windows`):

        h[0..D-1]   h[1..D]          h[N-D..N-1]      x
            |          |                  |           |
           P_0        P_1      ...     P_(M-1)        |
            |          |                  |           |
           V_0 -G_1-> V_1 -G_2-> ... -> V_(M-1) ---> G_M ---> i, f, o, g

    V_0 = P_0 * h[0..D-1]                        P_i: D states of C channels -> R_i
    V_i = P_i * h[i..i+D-1] + G_i * V_(i-1)      G_i: R_(i-1) -> R_i
    [i, f, o, g] = G_M * [x, V_(M-1)]            then c' and h' as in a ConvLSTM

    Each G_i composes one more k x k kernel onto the oldest states: kernels that grow with age, as a product
    of small cores, at a cost linear in M. `rank` is one number or one for each core; `window="fixed"` lets
    every core see all N states. Raises ValueError, with the numbers, for what is no tensor train.
    """

    windows: Windows

    def __init__(
        self,
        input_channels: int,
        hidden_channels: int,
        kernel_size: int | tuple[int, int] = 5,
        order: int = 3,
        steps: int = 3,
        rank: int | Sequence[int] = 8,
        window: Window = "sliding",
        bias: bool = True,
    ) -> None:
        _ensure_channels(input_channels, hidden_channels)
        windows = Windows.of(order, steps, rank, window)
        super().__init__(
            hidden_channels,
            TensorTrainKernels(input_channels, hidden_channels, windows, _odd_pair(kernel_size), bias),
        )
        self.windows = windows

    def signal(self, kernels: Kernels, hidden: list[Tensor]) -> Tensor:
        """What leaves the tensor train, V_(M-1), (B, R_(M-1), H, W)."""
        P, G = window_kernels(kernels, self.windows), kernels.chain  # P_0 ... and G_1 ...
        b = [None] * len(P) if kernels.core_bias is None else kernels.core_bias.split(self.windows.rank)
        V: list[Tensor] = []
        for i in range(self.windows.order):
            window_BDCHW = torch.cat(hidden[self.windows.states(i)], 1)
            V.append(convolve(window_BDCHW, P[i], b[i]))  # V_i = P_i * h[i..i+D-1]
            if i > 0:
                V[i] = V[i] + convolve(V[i - 1], G[i - 1])  # + G_i * V_(i-1)
        return V[-1]


def convolve(input_BXHW: Tensor, kernel_YXkk: Tensor, bias_Y: Tensor | None = None) -> Tensor:
    """The convolution that keeps the frame size, (B, Y, H, W): zeros beyond the border."""
    height, width = kernel_YXkk.shape[-2:]
    return torch.conv2d(input_BXHW, kernel_YXkk, bias_Y, padding=(height // 2, width // 2))


def _ensure_channels(input_channels: int, hidden_channels: int) -> None:
    for name, channels in (("input_channels", input_channels), ("hidden_channels", hidden_channels)):
        if channels < 1:
            raise ValueError(f"{name} ({channels}) must be at least 1")


def _odd_pair(kernel_size: int | tuple[int, int]) -> tuple[int, int]:
    """Height and width."""
    height, width = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    for size in (height, width):
        if size < 1 or size % 2 == 0:
            raise ValueError(f"kernel_size ({size}) must be odd, so that padding keeps the frame size")
    return height, width
