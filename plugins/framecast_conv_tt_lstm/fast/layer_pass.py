"""One forward pass of a layer through a clip, in as many segments as it takes: its kernels, and their gradients.

Dimensions: T time, B batch, I input channels, C hidden channels, G = 4C gates, S channels of the signal,
R_i rank of core i, Q channels of all cores, U rows of all window kernels, H W space; `d_` is a gradient of the
loss.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from framecast_conv_tt_lstm.fast.convolution import Convolution, kernel_gradient
from framecast_conv_tt_lstm.fast.pointwise import choose_pointwise
from framecast_conv_tt_lstm.kernels import Kernels
from framecast_conv_tt_lstm.windows import Windows


class ChainSegment(NamedTuple):
    """What the gradients of a tensor train's kernels need of some time steps, each a list of batches."""

    hidden: list[Tensor]
    """The hidden states before each step, (B, C, H, W)."""

    d_seen: list[Tensor]
    """Of their convolutions for all cores, (B, U, H, W)."""

    values: list[list[Tensor]]
    """V_0 ... V_(M-1), (B, R_i, H, W)."""

    d_values: list[Tensor]
    """(B, Q, H, W)"""


class Segment(NamedTuple):
    """What the gradients of a layer's kernels need of some time steps, each a list of batches."""

    inputs: list[Tensor]
    """(B, I, H, W)"""

    signals: list[Tensor]
    """(B, S, H, W)"""

    d_gates: list[Tensor]
    """Before activation, (B, G, H, W)."""

    chain: ChainSegment | None


class KernelGradients:
    """The gradients of a layer's kernels, in the order of `Kernels.flat`, on their way from the segments to the
    anchor. The anchor's node holds this and not the pass, which holds the anchor: as a cycle they would keep their
    tensors until the next garbage collection."""

    def __init__(self) -> None:
        self.sums: list[Tensor | None] | None = None

    def add(self, gradients: list[Tensor | None]) -> None:
        if self.sums is None:
            self.sums = gradients
        else:
            both = zip(self.sums, gradients, strict=True)
            self.sums = [None if one is None or more is None else one + more for one, more in both]

    def take(self) -> list[Tensor | None]:
        """What was added up. It is not kept."""
        sums, self.sums = self.sums, None
        return sums or []


class LayerPass:
    """A layer's kernels, prepared once, and what their gradients need, collected segment by segment.

    In autograd's graph the segments form a chain that begins at `anchor`, a scalar that depends on the kernels:

        kernels -> anchor -> segment 0 -> segment 1 -> ... -> segment n

    A backward pass therefore visits them from a last one to the first. The one that receives no gradient of its
    own anchor begins the pass and discards what an earlier pass left behind, which may have stopped short of the
    kernels. Each adds a `Segment`; the first one turns all of them into gradients, by one convolution for each
    kernel over all time steps; the anchor's backward returns these. With `eager` every segment is turned into
    gradients at once, which keeps less and takes longer.
    """

    def __init__(self, kernels: Kernels, windows: Windows | None = None, eager: bool = False) -> None:
        self.windows, self.eager = windows, eager
        self.segments: list[Segment] = []
        self.gradients = KernelGradients()
        self.anchor: Tensor = _Anchor.apply(self.gradients, *kernels.flat())
        self.kernels = kernels.detach()
        self.pointwise = choose_pointwise(self.kernels.input)
        self.signal = Convolution(self.kernels.signal)
        self.window = None if self.kernels.window is None else Convolution(self.kernels.window)
        self.chain = [Convolution(kernel) for kernel in self.kernels.chain]

    def begin_backward(self) -> None:
        """Discards the segments and gradients of an earlier backward pass."""
        self.segments, self.gradients.sums = [], None

    def add(self, segment: Segment, first: bool) -> None:
        """Adds a segment's part of the kernels' gradients; after that of the `first` one they are complete."""
        self.segments.append(segment)
        if self.eager or first:
            self._add_up()

    def _add_up(self) -> None:
        """Turns the segments into gradients, added to those of earlier segments."""
        segments, self.segments = self.segments, []
        kernels = self.kernels
        d_gates = _join(segment.d_gates for segment in segments)
        inputs = _join(segment.inputs for segment in segments)
        signals = _join(segment.signals for segment in segments)
        d_input, d_bias = kernel_gradient(d_gates, inputs, kernels.input, kernels.bias is not None)
        d_signal, _ = kernel_gradient(d_gates, signals, kernels.signal)
        chain = self._chain_gradients([segment.chain for segment in segments if segment.chain])
        self.gradients.add([d_input, d_signal, d_bias, *chain])

    def _chain_gradients(self, segments: list[ChainSegment]) -> list[Tensor | None]:
        """Of the window kernels, the cores' bias and the chain kernels."""
        if self.windows is None or self.window is None:
            return [None, None]
        d_seen = _join(segment.d_seen for segment in segments)
        d_values = _join(segment.d_values for segment in segments)
        d_window, _ = kernel_gradient(d_seen, _join(segment.hidden for segment in segments), self.window.kernel)
        d_bias = None if self.kernels.core_bias is None else d_values.sum((0, 2, 3))
        gradients: list[Tensor | None] = [d_window, d_bias]
        for core, convolution in enumerate(self.chain, start=1):
            before = _join(segment.values[core - 1] for segment in segments)
            d_value = d_values[:, self.windows.span(core)]
            gradients.append(kernel_gradient(d_value, before, convolution.kernel)[0])
        return gradients


def _join(parts: Iterable[list[Tensor]]) -> Tensor:
    """All batches as one."""
    batches = [batch for part in parts for batch in part]
    return batches[0] if len(batches) == 1 else torch.cat(batches)


class _Anchor(torch.autograd.Function):
    """Ties a layer's segments to its kernels: a zero that depends on them."""

    @staticmethod
    def forward(ctx: Any, gradients: KernelGradients, input_kernel: Tensor, *others: Tensor | None) -> Tensor:
        ctx.gradients = gradients
        return input_kernel.new_zeros(())

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_anchor: Tensor) -> tuple[Tensor | None, ...]:
        return None, *ctx.gradients.take()
