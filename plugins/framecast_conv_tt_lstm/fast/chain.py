"""The tensor train of a layer over many time steps: hidden states in, the signal to the gates out, and back.

    V_0 = P_0( window 0 )                          Su et al. 2020, with the windows of `Windows`
    V_i = P_i( window i ) + G_i( V_(i-1) )         i = 1 ... M-1; V_(M-1) is the signal

Dimensions: T time, B batch, C hidden channels, R rank, Q channels of all cores, U rows of all window kernels,
N steps, H W space.
"""

from __future__ import annotations

from torch import Tensor

from framecast_conv_tt_lstm.fast.convolution import batches, frames
from framecast_conv_tt_lstm.fast.layer_pass import ChainSegment, LayerPass


class ChainForward:
    """`sums` (T + N - 1, B, Q, H, W) are the windows' convolutions P_i, which fill up as hidden states come in.

    Those of the first N - 1 steps begin with the partial sums of the states before, those of the last N - 1 steps
    are left to the segment that follows. `values` are V_0 ... V_(M-1), each (T, B, R, H, W).
    """

    def __init__(self, layer: LayerPass, times: int, partial_NBQHW: Tensor) -> None:
        assert layer.windows is not None, "a tensor train has windows"
        assert layer.window is not None, "a tensor train has window kernels"
        self.times, self.windows, self.pointwise = times, layer.windows, layer.pointwise
        self.window, self.chain = layer.window, layer.chain
        _, batch, _, height, width = partial_NBQHW.shape
        image = partial_NBQHW.new_empty((batch, 0, height, width))
        self.sums_TBQHW = frames(times + self.windows.steps - 1, image, self.windows.channels)
        self.pointwise.begin_sums(self.sums_TBQHW, partial_NBQHW, layer.kernels.core_bias)
        self.values = [frames(times, image, rank) for rank in self.windows.rank]

    def step(self, t: int, hidden_BCHW: Tensor) -> Tensor:
        """From the newest hidden state to the signal of step t, (B, R, H, W)."""
        value_BRHW = self.values[0][t]
        self.pointwise.add_seen(self.sums_TBQHW, self.window(hidden_BCHW), t, self.windows, value_BRHW)
        for core, convolution in enumerate(self.chain, start=1):
            convolved_BRHW, value_BRHW = convolution(value_BRHW), self.values[core][t]
            self.pointwise.add_value(self.sums_TBQHW, convolved_BRHW, t, self.windows, core, value_BRHW)
        return value_BRHW

    @property
    def partial_NBQHW(self) -> Tensor:
        return self.sums_TBQHW[self.times :].clone()


class ChainBackward:
    """The same steps from the last to the first; names with `d_` are gradients of the loss."""

    def __init__(
        self, layer: LayerPass, hidden: list[Tensor], values: list[Tensor], d_partial_NBQHW: Tensor | None
    ) -> None:
        assert layer.windows is not None, "a tensor train has windows"
        assert layer.window is not None, "a tensor train has window kernels"
        self.window, self.chain, self.pointwise = layer.window, layer.chain, layer.pointwise
        self.hidden, self.values, self.windows = hidden, values, layer.windows
        windows = layer.windows
        self.times, image = len(hidden), hidden[0]
        self.d_sums_TBQHW = frames(self.times + windows.steps - 1, image, windows.channels)
        self.d_sums_TBQHW[self.times :] = 0 if d_partial_NBQHW is None else d_partial_NBQHW
        self.d_seen_TBUHW = frames(self.times, image, len(self.window.kernel))

    def step(self, t: int, d_signal_BRHW: Tensor) -> Tensor:
        """From the gradient of the signal of step t to that of the hidden state before it."""
        d_values = [d_signal_BRHW]  # of the last core, the one before it, ...
        for core in range(len(self.chain), 0, -1):
            d_values.append(self.chain[core - 1].input_gradient(d_values[-1], self.values[core - 1][t]))
        self.pointwise.spread(self.d_sums_TBQHW, self.d_seen_TBUHW, d_values[::-1], t, self.windows)
        return self.window.input_gradient(self.d_seen_TBUHW[t], self.hidden[t])

    @property
    def d_partial_NBQHW(self) -> Tensor:
        return self.d_sums_TBQHW[: self.windows.steps - 1]

    def segment(self, hidden: list[Tensor]) -> ChainSegment:
        """What the kernels' gradients need, once all steps are done."""
        d_values_TBQHW = self.d_sums_TBQHW[: self.times]
        values = [batches(value_TBRHW) for value_TBRHW in self.values]
        return ChainSegment(hidden, batches(self.d_seen_TBUHW), values, batches(d_values_TBQHW))
