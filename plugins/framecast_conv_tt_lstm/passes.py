"""One pass of a layer through a clip, in as many pieces as it takes: its kernels, and their gradients.

Dimensions: T time, B batch, I input channels, C hidden channels, G = 4C gates, S channels of the signal,
R_i rank of core i, Q channels of all cores, U of all taps, H W space; `d_` is a gradient of the loss.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from framecast_conv_tt_lstm.convolution import Convolution, kernel_gradient
from framecast_conv_tt_lstm.kernels import Kernels
from framecast_conv_tt_lstm.windows import Windows


class ChainPiece(NamedTuple):
    """What the gradients of a tensor train's kernels need of some time steps, each a list of batches."""

    hidden: list[Tensor]
    """The hidden states taken in, (B, C, H, W)."""

    d_seen: list[Tensor]
    """Of their convolutions for all cores, (B, U, H, W)."""

    values: list[list[Tensor]]
    """V_0 ... V_(M-1), (B, R_i, H, W)."""

    d_values: list[Tensor]
    """(B, Q, H, W)"""


class Piece(NamedTuple):
    """What the gradients of a layer's kernels need of some time steps, each a list of batches."""

    inputs: list[Tensor]
    """(B, I, H, W)"""

    signals: list[Tensor]
    """(B, S, H, W)"""

    d_gates: list[Tensor]
    """Before activation, (B, G, H, W)."""

    chain: ChainPiece | None


class Pass:
    """A layer's kernels, made ready once, and what their gradients need, gathered piece by piece.

    `token` ties the pieces to the kernels in autograd's graph: a piece's backward adds to `pieces`, the last one
    turns them into gradients, each by one convolution over all time steps, and the token's hands these on. With
    `eager` every piece is turned at once, which keeps less and takes longer.
    """

    def __init__(self, kernels: Kernels, windows: Windows | None = None, eager: bool = False) -> None:
        self.windows, self.eager = windows, eager
        self.scans = 0
        self.pieces: list[Piece] = []
        self.sums: list[Tensor | None] | None = None
        self.token: Tensor = _Token.apply(self, *kernels.flat())
        self.kernels = kernels.detached()
        self.signal = Convolution(self.kernels.signal)
        self.taps = None if self.kernels.taps is None else Convolution(self.kernels.taps)
        self.links = [Convolution(link) for link in self.kernels.links]
        self._backward = -1

    def add(self, piece: Piece) -> None:
        """Takes in one piece's part of the gradients of the backward pass that is under way."""
        backward = torch._C._current_graph_task_id()
        if backward != self._backward:  # an earlier one may have stopped short of the kernels
            self._backward, self.pieces, self.sums = backward, [], None
        self.pieces.append(piece)
        if self.eager or len(self.pieces) == self.scans:
            self._settle()

    def gradients(self) -> list[Tensor | None]:
        """Of the kernels, in the order of `Kernels.flat`; forgets the pieces."""
        self._settle()
        sums, self.sums = self.sums, None
        return sums or []

    def _settle(self) -> None:
        """Turns the pieces into gradients, added to those of earlier pieces."""
        pieces, self.pieces = self.pieces, []
        if not pieces:
            return
        kernels = self.kernels
        d_gates = _joined(piece.d_gates for piece in pieces)
        inputs, signals = _joined(piece.inputs for piece in pieces), _joined(piece.signals for piece in pieces)
        d_input, d_bias = kernel_gradient(d_gates, inputs, kernels.input, kernels.bias is not None)
        d_signal, _ = kernel_gradient(d_gates, signals, kernels.signal)
        found = [
            d_input,
            d_signal,
            d_bias,
            *self._chain_gradients([piece.chain for piece in pieces if piece.chain]),
        ]
        if self.sums is None:
            self.sums = found
        else:
            both = zip(self.sums, found, strict=True)
            self.sums = [None if one is None or more is None else one + more for one, more in both]

    def _chain_gradients(self, pieces: list[ChainPiece]) -> list[Tensor | None]:
        """Of the taps, the cores' bias and the links."""
        if self.windows is None or self.taps is None:
            return [None, None]
        d_seen, d_values = _joined(piece.d_seen for piece in pieces), _joined(piece.d_values for piece in pieces)
        d_taps, _ = kernel_gradient(d_seen, _joined(piece.hidden for piece in pieces), self.taps.kernel)
        found: list[Tensor | None] = [d_taps, None if self.kernels.core_bias is None else d_values.sum((0, 2, 3))]
        for core, link in enumerate(self.links, start=1):
            before = _joined(piece.values[core - 1] for piece in pieces)
            found.append(kernel_gradient(d_values[:, self.windows.span(core)], before, link.kernel)[0])
        return found


def _joined(parts: Iterable[list[Tensor]]) -> Tensor:
    """All batches as one."""
    batches = [batch for part in parts for batch in part]
    return batches[0] if len(batches) == 1 else torch.cat(batches)


class _Token(torch.autograd.Function):
    """A nothing that depends on the kernels."""

    @staticmethod
    def forward(ctx: Any, layer: Pass, input_kernel: Tensor, *others: Tensor | None) -> Tensor:
        ctx.layer = layer
        return input_kernel.new_zeros(())

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_token: Tensor) -> tuple[Tensor | None, ...]:
        return None, *ctx.layer.gradients()
