"""The network as the paper writes it, one time step after another: slow, and obviously right.

What the fast path is tested and timed against. Its weights have the names and axes of the published
checkpoints (the optimised layout: a window's states concatenated before the channels, oldest first).

Dimensions: B batch, T time, C channels, R rank, H W space.
"""

from __future__ import annotations

import torch
from torch import nn


class ConvLSTM(nn.Module):
    """One layer: [i, f, o, g] = conv([x, h])."""

    def __init__(self, inputs, hidden, kernel_size, bias=True):
        super().__init__()
        self.hidden = hidden
        self.conv = convolution(inputs + hidden, 4 * hidden, kernel_size, bias)

    def forward(self, x, state):
        h, c = zeros(x, self.hidden, 1) if state is None else state
        h_new, c = update(self.conv(torch.cat([x, h[-1]], 1)), c)
        return h_new, ([h_new], c)


class ConvTTLSTM(nn.Module):
    """One layer: M cores over windows of the last N hidden states, then the gates."""

    def __init__(self, inputs, hidden, kernel_size, order, steps, ranks, window="sliding", bias=True):
        super().__init__()
        self.hidden, self.order, self.steps = hidden, order, steps
        self.length = steps if window == "fixed" else steps - order + 1
        self.first = [0 if window == "fixed" else core for core in range(order)]
        links = [convolution(ranks[core - 1], ranks[core], kernel_size, bias) for core in range(1, order)]
        gates = convolution(inputs + ranks[-1], 4 * hidden, kernel_size, bias)
        self.layers = nn.ModuleList([*links, gates])  # G_1 ... G_M
        self.layers_ = nn.ModuleList(  # P_0 ... P_(M-1)
            convolution(self.length * hidden, rank, kernel_size, bias) for rank in ranks
        )

    def forward(self, x, state):
        h, c = zeros(x, self.hidden, self.steps) if state is None else state
        *links, gates = self.layers
        for core, project in enumerate(self.layers_):
            seen = project(torch.cat(h[self.first[core] : self.first[core] + self.length], 1))
            v = seen + links[core - 1](v) if core else seen  # noqa: F821 (v of the core before)
        h_new, c = update(gates(torch.cat([x, v], 1)), c)
        return h_new, ([*h[1:], h_new], c)


class Network(nn.Module):
    """The whole network, in the modes of the video contract."""

    def __init__(self, make_layer, channels, layers_per_block, hidden_channels, skip_stride, output_sigmoid=False):
        super().__init__()
        self.layers = nn.ModuleDict()
        self.shape, self.stride, self.sigmoid = layers_per_block, skip_stride, output_sigmoid
        inputs = channels
        for block, (depth, hidden) in enumerate(zip(layers_per_block, hidden_channels, strict=True)):
            for layer in range(depth):
                self.layers[f"b{block}l{layer}"] = make_layer(inputs, hidden)
                inputs = hidden
            skipped = block - skip_stride if skip_stride else -1
            inputs = hidden + (hidden_channels[skipped] if skipped >= 0 else 0)
        self.layers["output"] = nn.Conv2d(inputs, channels, 1)

    def forward(self, frames, frames_out, *, truth=None, keep_truth=None):
        states, predictions = {}, []
        seen = frames.shape[1]
        for time in range(seen + frames_out - 1):
            if time < seen:
                x = frames[:, time]
            elif truth is None:
                x = predictions[-1]
            elif keep_truth is None:
                x = truth[:, time - seen]
            else:
                kept = keep_truth[:, time - seen, None, None, None]
                x = torch.where(kept, truth[:, time - seen], predictions[-1])
            outputs = []
            for block, depth in enumerate(self.shape):
                for layer in range(depth):
                    name = f"b{block}l{layer}"
                    x, states[name] = self.layers[name](x, states.get(name))
                outputs.append(x)
                if self.stride and block >= self.stride:
                    x = torch.cat([x, outputs[block - self.stride]], 1)
            x = self.layers["output"](x)
            predictions.append(x.sigmoid() if self.sigmoid else x)
        return torch.stack(predictions, 1)


def yardstick(settings, channels):
    """The slow network of a job's model settings."""
    ranks = getattr(settings, "rank", None)
    if ranks is None:

        def make_layer(inputs, hidden):
            return ConvLSTM(inputs, hidden, settings.kernel_size, settings.bias)

    else:
        ranks = [ranks] * settings.order if isinstance(ranks, int) else ranks
        chain = (settings.order, settings.steps, ranks, settings.window)

        def make_layer(inputs, hidden):
            return ConvTTLSTM(inputs, hidden, settings.kernel_size, *chain, settings.bias)

    stack = (settings.layers_per_block, settings.hidden_channels, settings.skip_stride, settings.output_sigmoid)
    return Network(make_layer, channels, *stack)


def update(gates, c):
    i, f, o, g = gates.chunk(4, 1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def zeros(x, channels, steps):
    zero = x.new_zeros(len(x), channels, *x.shape[2:])
    return [zero] * steps, zero


def convolution(inputs, outputs, kernel_size, bias):
    height, width = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    return nn.Conv2d(inputs, outputs, (height, width), padding=(height // 2, width // 2), bias=bias)
