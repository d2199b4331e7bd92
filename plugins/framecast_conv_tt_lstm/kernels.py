"""The trainable convolutions of a layer.

They are modules that hand out their weights once for a pass, and no more: how many pieces a pass has depends on
the truth mask of a process's own samples, and under ZeRO-3 all processes must call the same modules.

Dimensions: I input channels, C hidden channels, S channels of the signal from the past, R_i rank of core i,
Q all ranks together, U channels of all taps, k kernel size (its height and width may differ).
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

    taps: Tensor | None = None
    """From a hidden state to the cores that will see it: all P_i, (U, C, k, k), in the order of `Windows.taps`."""

    core_bias: Tensor | None = None
    """What is added to V_0 ... V_(M-1): the biases of P_i and G_i, (Q,)."""

    links: tuple[Tensor, ...] = ()
    """G_1 ... G_(M-1), each (R_i, R_(i-1), k, k)."""

    def flat(self) -> tuple[Tensor | None, ...]:
        """All of them, the links one by one."""
        return self.input, self.signal, self.bias, self.taps, self.core_bias, *self.links

    def detached(self) -> Kernels:
        """The same numbers, of which autograd knows nothing."""
        bias, taps, core_bias = (
            each if each is None else each.detach() for each in (self.bias, self.taps, self.core_bias)
        )
        links = tuple(link.detach() for link in self.links)
        return Kernels(self.input.detach(), self.signal.detach(), bias, taps, core_bias, links)


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
        """The weights made ready for one pass."""
        return Kernels(_ready(self.input), _ready(self.signal), _ready(self.bias))


class TensorTrainKernels(GateKernels):
    """A Conv-TT-LSTM layer's weights: G_M, the windows' P_i as `taps`, and G_1 ... G_(M-1) as `link_1` and on."""

    def __init__(
        self, inputs: int, hidden: int, windows: Windows, kernel_size: tuple[int, int], bias: bool
    ) -> None:
        ranks = windows.ranks
        super().__init__(inputs, hidden, ranks[-1], kernel_size, bias)
        self.first_rank = ranks[0]
        bound = _bound(windows.length * hidden, kernel_size)
        self.taps = _uniform(bound, sum(ranks[core] for _, core, _ in windows.taps()), hidden, *kernel_size)
        self.tap_bias = _uniform(bound, sum(ranks)) if bias else None
        self.link_bias = nn.Parameter(torch.empty(sum(ranks[1:]))) if bias and ranks[1:] else None
        self.link_names = [f"link_{core}" for core in range(1, windows.order)]
        for core, name in enumerate(self.link_names, start=1):
            bound = _bound(ranks[core - 1], kernel_size)
            self.register_parameter(name, _uniform(bound, ranks[core], ranks[core - 1], *kernel_size))
            if self.link_bias is not None:
                begin = sum(ranks[1:core])
                nn.init.uniform_(self.link_bias[begin : begin + ranks[core]], -bound, bound)

    def forward(self) -> Kernels:
        core_bias: Tensor | None = self.tap_bias
        if core_bias is not None and self.link_bias is not None:
            core_bias = core_bias + pad(self.link_bias, (self.first_rank, 0))  # V_0 has no link
        links = tuple(_ready(getattr(self, name)) for name in self.link_names)
        return super().forward()._replace(taps=_ready(self.taps), core_bias=_ready(core_bias), links=links)


class OutputKernel(nn.Module):
    """The 1 x 1 convolution from hidden channels to the image's."""

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        bound = _bound(inputs, (1, 1))
        self.weight = _uniform(bound, channels, inputs, 1, 1)
        self.bias = _uniform(bound, channels)

    def forward(self) -> tuple[Tensor, Tensor]:
        """Kernel and bias made ready for one pass."""
        return _ready(self.weight), _ready(self.bias)


def _bound(inputs: int, kernel_size: tuple[int, int]) -> float:
    """PyTorch's convolutions begin uniform within this."""
    return 1 / math.sqrt(inputs * math.prod(kernel_size))


def _uniform(bound: float, *shape: int) -> nn.Parameter:
    return nn.Parameter(torch.empty(shape).uniform_(-bound, bound))


@overload
def _ready(weight: None) -> None: ...
@overload
def _ready(weight: Tensor) -> Tensor: ...
def _ready(weight: Tensor | None) -> Tensor | None:
    """A copy in the format to compute in. Never the weight: ZeRO-3 clears it when its module returns."""
    if weight is None:
        return None
    device = weight.device.type
    dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else weight.dtype
    form = torch.channels_last if weight.dim() == 4 else torch.contiguous_format
    return weight.to(dtype, copy=True, memory_format=form)
