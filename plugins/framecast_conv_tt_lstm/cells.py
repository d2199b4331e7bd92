"""The recurrent cells: pure functions of (input, state), for one time step or many.

Dimensions: T time, B batch, I input channels, C hidden channels, H W space.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from framecast_conv_tt_lstm.kernels import GateKernels, TensorTrainKernels
from framecast_conv_tt_lstm.passes import Pass
from framecast_conv_tt_lstm.scan import State, scan
from framecast_conv_tt_lstm.windows import Window, Windows


class Cell(nn.Module):
    """What the cells share. One step, many steps at once (faster), or many in pieces of one pass:

    output_BCHW, state = cell(input_BIHW, state)
    outputs_TBCHW, state = cell(inputs_TBIHW, state)

    layer = cell.unroll()             # remembers kernels and state over one pass
    outputs_TBCHW = layer(inputs_TBIHW)
    """

    windows: Windows | None = None

    def __init__(self, hidden_channels: int, kernels: GateKernels) -> None:
        super().__init__()
        self.hidden_channels = hidden_channels
        self.kernels = kernels

    def forward(self, input_BIHW: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Returns the hidden state after each step, (B, C, H, W) or (T, B, C, H, W), and the new state.

        Without a state it starts from zeros.
        """
        layer = Unrolled(self, state=state)
        outputs_TBCHW = layer(input_BIHW if input_BIHW.dim() == 5 else input_BIHW[None])
        assert layer.state is not None
        return (outputs_TBCHW if input_BIHW.dim() == 5 else outputs_TBCHW[0]), layer.state

    def unroll(self, recompute: bool = False) -> Unrolled:
        """This layer over one clip, from zeros, to be called with one piece of the clip after another.

        With `recompute` a piece's gates are computed again in the backward pass: less memory, more time.
        """
        return Unrolled(self, recompute)

    def initial_state(self, input_BIHW: Tensor) -> State:
        """Zeros for inputs of this shape and number format."""
        batch, _, *image = input_BIHW.shape
        hidden_BCHW = input_BIHW.new_zeros(batch, self.hidden_channels, *image)
        cell_BCHW = hidden_BCHW.to(torch.promote_types(hidden_BCHW.dtype, torch.float32))
        if self.windows is None:
            return State(hidden_BCHW, cell_BCHW)
        pending = hidden_BCHW.new_zeros(self.windows.steps - 1, batch, self.windows.channels, *image)
        return State(hidden_BCHW, cell_BCHW, pending)


class Unrolled:
    """A cell over one clip: its kernels, made ready once, and the state so far."""

    def __init__(self, cell: Cell, recompute: bool = False, state: State | None = None) -> None:
        self.cell, self.recompute, self.state = cell, recompute, state
        self.layer = Pass(cell.kernels(), cell.windows, eager=recompute)

    def __call__(self, inputs_TBIHW: Tensor) -> Tensor:
        """The hidden state after each of the next T steps, (T, B, C, H, W)."""
        dtype = self.layer.kernels.input.dtype
        inputs_TBIHW = inputs_TBIHW.to(dtype)
        state = (self.state or self.cell.initial_state(inputs_TBIHW[0])).computed_in(dtype)
        if self.recompute and torch.is_grad_enabled():
            outputs_TBCHW, self.state = checkpoint(scan, self.layer, inputs_TBIHW, state, use_reentrant=False)
        else:
            outputs_TBCHW, self.state = scan(self.layer, inputs_TBIHW, state)
        return outputs_TBCHW


class ConvLSTMCell(Cell):
    """Convolutional LSTM (Shi et al., NeurIPS 2015), without peepholes: the paper's baseline.

    [i, f, o, g] = G * [x, h]        one k x k convolution, I + C -> 4C
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
        _refuse_empty(input_channels, hidden_channels)
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
        _refuse_empty(input_channels, hidden_channels)
        windows = Windows.of(order, steps, rank, window)
        super().__init__(
            hidden_channels,
            TensorTrainKernels(input_channels, hidden_channels, windows, _odd_pair(kernel_size), bias),
        )
        self.windows = windows


def _refuse_empty(input_channels: int, hidden_channels: int) -> None:
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
