"""A layer over many time steps as one autograd function: the fast path, exact.

The cells' equations (Su et al. 2020, section 4) allow for these rearrangements:

1. A hidden state passes every window's kernel exactly once in its life, so ONE convolution of each new state
   makes what all cores will ever want of it, and later steps add up slices.
2. The gates' convolution splits into the part of the input, taken for all time steps as one batch, and the
   part of the signal from the past, the only one that must wait for the step before.
3. Backwards, the input's gradient is one convolution over time and batch, and so is every kernel's gradient,
   over all segments of a pass (`LayerPass`).
4. Kept for the backward pass: the four gates, the hidden and cell states, and the chain's narrow values.

Dimensions: T time, B batch, I input channels, C hidden channels, G = 4C gates, S channels of the signal from
the past, Q channels of all cores, N steps, H W space. Memory is channels last; names with `d_` are gradients
of the loss.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from framecast_conv_tt_lstm.fast.chain import ChainBackward, ChainForward
from framecast_conv_tt_lstm.fast.convolution import batches, convolve, frames, input_gradient
from framecast_conv_tt_lstm.fast.layer_pass import LayerPass, Segment


class ScanState(NamedTuple):
    """The state of a layer between two time steps.

    A Conv-TT-LSTM's N hidden states are not kept: all but the last have been convolved for the cores that will
    see them, and the sums of these are narrower.
    """

    hidden: Tensor
    """The last hidden state, (B, C, H, W)."""

    cell: Tensor
    """(B, C, H, W), in float32 or wider."""

    partial_sums: Tensor | None = None
    """What the states before `hidden` give to the cores of the coming N - 1 steps, (N - 1, B, Q, H, W)."""

    def cast(self, dtype: torch.dtype) -> ScanState:
        """The same state for kernels of this number format; the cell keeps its own."""
        partial = None if self.partial_sums is None else self.partial_sums.to(dtype)
        return ScanState(self.hidden.to(dtype), self.cell, partial)


def scan(
    layer: LayerPass, anchor: Tensor, inputs_TBIHW: Tensor, state: ScanState
) -> tuple[Tensor, ScanState, Tensor]:
    """The next T steps of a layer. Returns the hidden states, (T, B, C, H, W), and the state after them.

    `anchor` is the layer's, or the one that the segment before returned as the third value (see `LayerPass`).
    """
    outputs_TBCHW, *next_state, next_anchor = _Scan.apply(layer, anchor, inputs_TBIHW, *state)
    return outputs_TBCHW, ScanState(*next_state), next_anchor


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        layer: LayerPass,
        anchor: Tensor,
        inputs_TBIHW: Tensor,
        hidden_BCHW: Tensor,
        cell_BCHW: Tensor,
        partial_NBQHW: Tensor | None,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor | None, Tensor]:
        times, channels = len(inputs_TBIHW), hidden_BCHW.shape[1]
        gates_TBGHW = convolve(inputs_TBIHW, layer.kernels.input, layer.kernels.bias)
        outputs_TBCHW = frames(times, hidden_BCHW, channels)
        cells_TBCHW = frames(times, cell_BCHW, channels)
        chain = None if partial_NBQHW is None else ChainForward(layer, times, partial_NBQHW)
        hidden, cells = [hidden_BCHW, *outputs_TBCHW], [cell_BCHW, *cells_TBCHW]  # before each step, and at last
        for t in range(times):
            signal_BSHW = chain.step(t, hidden[t]) if chain else hidden[t]
            layer.pointwise.update(
                gates_TBGHW[t], layer.signal(signal_BSHW), cells[t], cells[t + 1], hidden[t + 1]
            )

        ctx.layer, ctx.first = layer, anchor is layer.anchor
        ctx.set_materialize_grads(False)
        values = chain.values if chain else ()
        ctx.save_for_backward(
            inputs_TBIHW, gates_TBGHW, outputs_TBCHW, cells_TBCHW, hidden_BCHW, cell_BCHW, *values
        )
        partial = chain.partial_NBQHW if chain else None
        # The last hidden state is an output: as a slice of the outputs its gradient would fill all time steps.
        # The next anchor is for autograd's graph, its value is never read.
        return outputs_TBCHW, hidden[-1], cells[-1], partial, anchor.new_empty(())

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any,
        d_outputs_TBCHW: Tensor | None,
        d_hidden_BCHW: Tensor | None,
        d_cell_BCHW: Tensor | None,
        d_partial_NBQHW: Tensor | None,
        d_next_anchor: Tensor | None,
    ) -> tuple[Tensor | None, ...]:
        layer: LayerPass = ctx.layer
        if d_next_anchor is None:  # no later segment takes part in this backward pass
            layer.begin_backward()
        inputs_TBIHW, gates_TBGHW, outputs_TBCHW, cells_TBCHW, first_hidden_BCHW, first_cell_BCHW, *values = (
            ctx.saved_tensors
        )
        hidden, cells = [first_hidden_BCHW, *outputs_TBCHW], [first_cell_BCHW, *cells_TBCHW]
        chain = ChainBackward(layer, hidden[:-1], values, d_partial_NBQHW) if values else None
        signals = values[-1] if chain else hidden
        d_gates_TBGHW = torch.empty_like(gates_TBGHW)
        for t in reversed(range(len(inputs_TBIHW))):
            d_output_BCHW = None if d_outputs_TBCHW is None else d_outputs_TBCHW[t]
            d_cell_BCHW = layer.pointwise.update_backward(
                gates_TBGHW[t],
                cells[t],
                cells[t + 1],
                d_hidden_BCHW,
                d_output_BCHW,
                d_cell_BCHW,
                d_gates_TBGHW[t],
            )
            d_signal_BSHW = layer.signal.input_gradient(d_gates_TBGHW[t], signals[t])
            d_hidden_BCHW = chain.step(t, d_signal_BSHW) if chain else d_signal_BSHW

        taken = [first_hidden_BCHW, *batches(outputs_TBCHW[:-1])]
        signals = batches(values[-1]) if chain else taken
        if layer.anchor.requires_grad:
            d_gates, d_chain = batches(d_gates_TBGHW), chain.segment(taken) if chain else None
            layer.add(Segment(batches(inputs_TBIHW), signals, d_gates, d_chain), ctx.first)
        wants_inputs = ctx.needs_input_grad[2]
        d_inputs_TBIHW = input_gradient(d_gates_TBGHW, inputs_TBIHW, layer.kernels.input) if wants_inputs else None
        d_partial_NBQHW = chain.d_partial_NBQHW if chain else None
        d_anchor = layer.anchor.detach()  # its value, zero
        return None, d_anchor, d_inputs_TBIHW, d_hidden_BCHW, d_cell_BCHW, d_partial_NBQHW
