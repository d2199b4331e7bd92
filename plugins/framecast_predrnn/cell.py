"""The spatio-temporal LSTM cell.

Dimensions: B batch, I input channels, C hidden channels, M channels of the spatio-temporal memory, H W space.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class SpatioTemporalLSTMCell(nn.Module):
    """One layer of PredRNN for one time step (Wang et al., NeurIPS 2017, the equations of ST-LSTM).

    With the layer's input X, its hidden state h and temporal memory c of the step before, and the spatio-temporal
    memory m of the layer below, where * is a k x k convolution:

        [i, f, g, o] = W * [X, h] + b             c' = sigmoid(f) c + sigmoid(i) tanh(g)
        [i', f', g'] = W' * [X, m] + b'           m' = sigmoid(f') m + sigmoid(i') tanh(g')
        h' = sigmoid(o + W_o * [c', m']) tanh(W_1x1 [c', m'])

    The paper writes each convolution of each gate by itself; those with the same input are one here. The forget
    gates' biases begin at 1, so that memories last from the start. With `layer_norm` what each k x k convolution
    gives is normalised over channels and space.
    """

    def __init__(self, inputs: int, hidden: int, memory: int, kernel_size: int, layer_norm: bool = False) -> None:
        super().__init__()

        def gates(seen: int, given: int, bias: bool = True) -> nn.Sequential:
            convolution = nn.Conv2d(seen, given, kernel_size, padding=kernel_size // 2, bias=bias)
            return nn.Sequential(convolution, *([nn.GroupNorm(1, given)] if layer_norm else []))

        self.temporal_gates = gates(inputs + hidden, 4 * hidden)
        self.spatial_gates = gates(inputs + memory, 3 * memory)
        self.output_gate = gates(hidden + memory, hidden, bias=False)
        self.mix = nn.Conv2d(hidden + memory, hidden, 1, bias=False)
        for convolutions, channels in ((self.temporal_gates, hidden), (self.spatial_gates, memory)):
            last: Any = convolutions[-1]  # the normalisation, where there is one
            nn.init.ones_(last.bias[channels : 2 * channels])

    def forward(
        self, input_BIHW: Tensor, hidden_BCHW: Tensor, cell_BCHW: Tensor, memory_BMHW: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The hidden state, (B, C, H, W), the temporal memory, (B, C, H, W), and the spatio-temporal memory,
        (B, M, H, W), after this step. Memories stay in fp32 where convolutions are computed in less."""
        dtype = self.mix.weight.dtype  # in fp16 memories are wider than the weights
        i, f, g, o = self.temporal_gates(torch.cat([input_BIHW, hidden_BCHW], 1).to(dtype)).chunk(4, 1)
        cell_BCHW = f.sigmoid() * cell_BCHW + i.sigmoid() * g.tanh()
        i, f, g = self.spatial_gates(torch.cat([input_BIHW, memory_BMHW], 1).to(dtype)).chunk(3, 1)
        memory_BMHW = f.sigmoid() * memory_BMHW + i.sigmoid() * g.tanh()
        both = torch.cat([cell_BCHW, memory_BMHW], 1).to(dtype)
        hidden_BCHW = (o + self.output_gate(both)).sigmoid() * self.mix(both).tanh()
        return hidden_BCHW, cell_BCHW, memory_BMHW
