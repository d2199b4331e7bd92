"""The trainable convolutions of a layer.

These modules return their weights once for a pass, and compute nothing: how many segments a pass has depends on
the truth mask of a process's own samples, and under ZeRO-3 all processes must call the same modules.

Dimensions: I input channels, C hidden channels, S channels of the signal from the past, R_i rank of core i,
Q all ranks together, U rows of all window kernels, k kernel size (its height and width may differ).
"""

from __future__ import annotations

import math
from typing import NamedTuple, overload

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from framecast_conv_tt_lstm.windows import Windows


class Kernels(NamedTuple):
    """The convolutions of one layer, in the number format that they are computed in, channels last."""

    input: Tensor
    """From the input to the gates, (4C, I, k, k)."""

    signal: Tensor
    """From the signal of the past to the gates, (4C, S, k, k)."""

    bias: Tensor | None
    """Of the gates, (4C,)."""

    window: Tensor | None = None
    """From a hidden state to the cores that will see it: all P_i, (U, C, k, k), ordered as `Windows.places`."""

    core_bias: Tensor | None = None
    """What is added to V_0 ... V_(M-1): the biases of P_i and G_i, (Q,)."""

    chain: tuple[Tensor, ...] = ()
    """G_1 ... G_(M-1), each (R_i, R_(i-1), k, k)."""

    def flat(self) -> tuple[Tensor | None, ...]:
        """All of them, the chain kernels one by one."""
        return self.input, self.signal, self.bias, self.window, self.core_bias, *self.chain

    def detach(self) -> Kernels:
        """The same numbers, which autograd does not follow."""
        bias, window, core_bias = (
            each if each is None else each.detach() for each in (self.bias, self.window, self.core_bias)
        )
        chain = tuple(kernel.detach() for kernel in self.chain)
        return Kernels(self.input.detach(), self.signal.detach(), bias, window, core_bias, chain)


class GateKernels(nn.Module):
    """A ConvLSTM layer's weights, or those of a tensor train's last core, G_M.

    The paper's one convolution I + S -> 4C, split where its input is: `input`, `signal` and `bias`. The signal
    is a ConvLSTM's last hidden state, S = C, or what leaves a tensor train's chain, S = R_(M-1).
    """

    def __init__(self, inputs: int, hidden: int, signals: int, kernel_size: tuple[int, int], bias: bool) -> None:
        super().__init__()
        bound = _bound(inputs + signals, kernel_size)
        self.input = _uniform(bound, 4 * hidden, inputs, *kernel_size)
        self.signal = _uniform(bound, 4 * hidden, signals, *kernel_size)
        self.bias = _uniform(bound, 4 * hidden) if bias else None

    def forward(self) -> Kernels:
        """The weights, prepared for one pass."""
        return Kernels(_prepare(self.input), _prepare(self.signal), _prepare(self.bias))


class TensorTrainKernels(GateKernels):
    """A Conv-TT-LSTM layer's weights: G_M, the window kernels P_i, and the chain kernels G_1 ... G_(M-1).

    In a state dict the window kernels are `taps` and `tap_bias`, the chain kernels `link_1` ... and `link_bias`.
    """

    def __init__(
        self, inputs: int, hidden: int, windows: Windows, kernel_size: tuple[int, int], bias: bool
    ) -> None:
        rank = windows.rank
        super().__init__(inputs, hidden, rank[-1], kernel_size, bias)
        self.first_rank = rank[0]
        bound = _bound(windows.length * hidden, kernel_size)
        self.taps = _uniform(bound, sum(rank[core] for _, core, _ in windows.places()), hidden, *kernel_size)
        self.tap_bias = _uniform(bound, sum(rank)) if bias else None
        self.link_bias = nn.Parameter(torch.empty(sum(rank[1:]))) if bias and rank[1:] else None
        self.link_names = [f"link_{core}" for core in range(1, windows.order)]
        for core, name in enumerate(self.link_names, start=1):
            bound = _bound(rank[core - 1], kernel_size)
            self.register_parameter(name, _uniform(bound, rank[core], rank[core - 1], *kernel_size))
            if self.link_bias is not None:
                begin = sum(rank[1:core])
                nn.init.uniform_(self.link_bias[begin : begin + rank[core]], -bound, bound)

    def forward(self) -> Kernels:
        core_bias: Tensor | None = self.tap_bias
        if core_bias is not None and self.link_bias is not None:
            core_bias = core_bias + pad(self.link_bias, (self.first_rank, 0))  # V_0 has no chain kernel
        chain = tuple(_prepare(getattr(self, name)) for name in self.link_names)
        return super().forward()._replace(window=_prepare(self.taps), core_bias=_prepare(core_bias), chain=chain)


class OutputKernel(nn.Module):
    """The 1 x 1 convolution from hidden channels to the image's."""

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        bound = _bound(inputs, (1, 1))
        self.weight = _uniform(bound, channels, inputs, 1, 1)
        self.bias = _uniform(bound, channels)

    def forward(self) -> tuple[Tensor, Tensor]:
        """Kernel and bias, prepared for one pass."""
        return _prepare(self.weight), _prepare(self.bias)


def window_kernels(kernels: Kernels, windows: Windows) -> list[Tensor]:
    """P_0 ... P_(M-1), each (R_i, D C, k, k): a window's states, oldest first, before the channels."""
    assert kernels.window is not None, "a tensor train has window kernels"
    places = [(core, place) for _, core, place in windows.places()]
    parts = dict(zip(places, kernels.window.split([windows.rank[core] for core, _ in places]), strict=True))
    return [torch.cat([parts[core, place] for place in range(windows.length)], 1) for core in range(windows.order)]


def _bound(inputs: int, kernel_size: tuple[int, int]) -> float:
    """PyTorch's convolutions begin uniform within this."""
    return 1 / math.sqrt(inputs * math.prod(kernel_size))


def _uniform(bound: float, *shape: int) -> nn.Parameter:
    return nn.Parameter(torch.empty(shape).uniform_(-bound, bound))


@overload
def _prepare(weight: None) -> None: ...
@overload
def _prepare(weight: Tensor) -> Tensor: ...
def _prepare(weight: Tensor | None) -> Tensor | None:
    """A copy in the format to compute in. Never the weight: ZeRO-3 clears it when its module returns."""
    if weight is None:
        return None
    device = weight.device.type
    dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else weight.dtype
    form = torch.channels_last if weight.dim() == 4 else torch.contiguous_format
    return weight.to(dtype, copy=True, memory_format=form)
