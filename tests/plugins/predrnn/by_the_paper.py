"""PredRNN as the paper writes it, slowly: every gate's convolutions one by one, in the order of the equations."""

from __future__ import annotations

import torch
from torch.nn.functional import conv2d


def st_lstm(cell, x, h, c, m):
    """The equations of ST-LSTM on the weights of a cell: the new h, c and m."""
    hidden, memory = c.shape[1], m.shape[1]

    def of_gate(module, number, channels, first, second):
        """W_x * X + W_h * H + b of one gate, and what its normalisation multiplies and adds."""
        rows = slice(number * channels, (number + 1) * channels)
        weight, bias = module[0].weight[rows], module[0].bias
        total = convolved(first, weight[:, : first.shape[1]]) + convolved(second, weight[:, first.shape[1] :])
        return total if bias is None else total + bias[rows, None, None]

    def gates(module, count, channels, first, second):
        each = [of_gate(module, number, channels, first, second) for number in range(count)]
        return normalised(module, each) if len(module) > 1 else each

    g_i, g_f, g_g, g_o = gates(cell.temporal_gates, 4, hidden, x, h)
    c = torch.sigmoid(g_f) * c + torch.sigmoid(g_i) * torch.tanh(g_g)
    g_i, g_f, g_g = gates(cell.spatial_gates, 3, memory, x, m)
    m = torch.sigmoid(g_f) * m + torch.sigmoid(g_i) * torch.tanh(g_g)
    (of_memories,) = gates(cell.output_gate, 1, hidden, c, m)
    o = torch.sigmoid(g_o + of_memories)
    mixed = convolved(c, cell.mix.weight[:, :hidden]) + convolved(m, cell.mix.weight[:, hidden:])
    return o * torch.tanh(mixed), c, m


def convolved(image, kernel):
    return conv2d(image, kernel, padding=kernel.shape[-1] // 2)


def normalised(module, gates):
    """Over the channels of all gates and space, each sample by itself."""
    every = torch.cat(gates, 1)
    mean, spread = every.mean((1, 2, 3), keepdim=True), every.var((1, 2, 3), unbiased=False, keepdim=True)
    scale, shift = module[1].weight[:, None, None], module[1].bias[:, None, None]
    return ((every - mean) / (spread + 1e-5).sqrt() * scale + shift).chunk(len(gates), 1)


def network(model, frames, frames_out, *, truth=None, keep_truth=None):
    """All next-frame predictions, one sample, time step and layer after the other."""
    return torch.cat(
        [one_clip(model, frames[[clip]], frames_out, truth, keep_truth, clip) for clip in range(frames.shape[0])]
    )


def one_clip(model, frames, frames_out, truth, keep_truth, clip):
    levels = range(len(model.layers))
    height, width = (side // model.patch for side in frames.shape[-2:])
    h = [frames.new_zeros(1, model.hidden_channels[level], height, width) for level in levels]
    c = [frames.new_zeros(1, model.hidden_channels[level], height, width) for level in levels]
    m = frames.new_zeros(1, model.memory_channels, height, width)
    predictions = []
    for time in range(frames.shape[1] + frames_out - 1):
        future = time - frames.shape[1]
        if future < 0:
            frame = frames[:, time]
        elif truth is not None and (keep_truth is None or keep_truth[clip, future]):
            frame = truth[[clip], future]
        else:
            frame = predictions[-1]
        x = patches(frame, model.patch)
        for level in levels:
            h[level], c[level], m = st_lstm(model.layers[level], x, h[level], c[level], m)
            x = h[level]
        predictions.append(pixels(conv2d(x, model.output.weight, model.output.bias), model.patch))
    return torch.stack(predictions, 1)


def patches(frame, side):
    """Pixel (y, x) of channel c in its patch becomes channel (c, y, x) of the patch."""
    grids = [
        frame[:, [channel], y::side, x::side]
        for channel in range(frame.shape[1])
        for y in range(side)
        for x in range(side)
    ]
    return torch.cat(grids, 1)


def pixels(grid, side):
    """The way back from `patches`."""
    batch, channels, height, width = grid.shape
    frame = grid.new_zeros(batch, channels // side**2, height * side, width * side)
    for number in range(channels):
        channel, place = divmod(number, side**2)
        frame[:, channel, place // side :: side, place % side :: side] = grid[:, number]
    return frame
