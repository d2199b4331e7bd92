"""The network by dense matrices: each convolution written out pixel by pixel, each tensor train multiplied out.

Slow, in float64, independent of the product's code. Weights have the names and axes of the published checkpoints
(the optimised layout: a window's states concatenated before the channels, oldest first).
"""

from __future__ import annotations

import numpy as np
import torch


def published_weights(settings, channels, seed=0):
    """Random weights of a network, a state dict in the published format."""
    random, weights = torch.Generator().manual_seed(seed), {}
    height, width = size_of(settings)

    def draw(name, inputs, outputs, bias, *size):
        bound = (inputs * size[0] * size[1]) ** -0.5
        weights[f"{name}.weight"] = (2 * torch.rand(outputs, inputs, *size, generator=random) - 1) * bound
        if bias:
            weights[f"{name}.bias"] = (2 * torch.rand(outputs, generator=random) - 1) * bound

    for name, inputs, hidden in layers_of(settings, channels):
        rest = settings.bias, height, width
        if not hasattr(settings, "order"):
            draw(f"{name}.conv", inputs + hidden, 4 * hidden, *rest)
            continue
        rank = rank_of(settings)
        length = settings.steps if settings.window == "fixed" else settings.steps - settings.order + 1
        for core in range(settings.order):
            draw(f"{name}.layers_.{core}", length * hidden, rank[core], *rest)
        for core in range(1, settings.order):
            draw(f"{name}.layers.{core - 1}", rank[core - 1], rank[core], *rest)
        draw(f"{name}.layers.{settings.order - 1}", inputs + rank[-1], 4 * hidden, *rest)
    draw("layers.output", block_inputs(settings, channels)[-1], channels, True, 1, 1)
    return weights


def predict(weights, settings, frames, frames_out, truth=None, keep_truth=None):
    """All next-frame predictions, (B, T_in + frames_out - 1, C, H, W)."""
    batch, frames_in, channels, *image = frames.shape
    weights = {name: np.asarray(weight, np.float64) for name, weight in weights.items()}
    layers = {name: Layer(weights, settings, name, i, h, image) for name, i, h in layers_of(settings, channels)}
    output = matrix_of(weights["layers.output.weight"], image)
    output_bias = pixels_of(weights["layers.output.bias"], image)
    samples = []
    for sample in range(batch):
        states, predictions = {name: layer.zeros() for name, layer in layers.items()}, []
        for time in range(frames_in + frames_out - 1):
            future = time - frames_in
            if future < 0:
                x = flat(frames[sample, time])
            elif truth is not None and (keep_truth is None or keep_truth[sample, future]):
                x = flat(truth[sample, future])
            else:
                x = predictions[-1]
            outputs = []
            for block, depth in enumerate(settings.layers_per_block):
                for level in range(depth):
                    name = f"layers.b{block}l{level}"
                    x, states[name] = layers[name].step(x, states[name])
                outputs.append(x)
                if settings.skip_stride and block >= settings.skip_stride:
                    x = np.concatenate([x, outputs[block - settings.skip_stride]])
            x = output @ x + output_bias
            predictions.append(sigmoid(x) if settings.output_sigmoid else x)
        samples.append(np.stack(predictions))
    return torch.from_numpy(np.stack(samples).reshape(batch, -1, channels, *image))


class Layer:
    """One layer as a matrix from its input, and one from each of its last N hidden states, to the gates."""

    def __init__(self, weights, settings, name, inputs, hidden, image):
        self.states = getattr(settings, "steps", 1)
        self.pixels = hidden * image[0] * image[1]
        gates = f"{name}.layers.{settings.order - 1}" if hasattr(settings, "order") else f"{name}.conv"
        bias = weights.get(f"{gates}.bias", np.zeros(4 * hidden))
        self.bias = pixels_of(bias, image)
        self.from_input = matrix_of(weights[f"{gates}.weight"][:, :inputs], image)
        onward = matrix_of(weights[f"{gates}.weight"][:, inputs:], image)  # from V_(M-1), or from h
        if not hasattr(settings, "order"):
            self.from_states = [onward]
            return
        self.from_states = [0.0] * settings.steps
        length = settings.steps if settings.window == "fixed" else settings.steps - settings.order + 1
        for core in reversed(range(settings.order)):
            window = weights[f"{name}.layers_.{core}.weight"]
            for place in range(
                length
            ):  # the gates see state s through P_i, G_(i+1), ..., G_M, summed over cores i
                state = place if settings.window == "fixed" else core + place
                kernel = window[:, place * hidden : (place + 1) * hidden]
                self.from_states[state] = self.from_states[state] + onward @ matrix_of(kernel, image)
            for bias in (f"{name}.layers_.{core}.bias", f"{name}.layers.{core - 1}.bias"):
                if bias in weights:
                    self.bias = self.bias + onward @ pixels_of(weights[bias], image)
            if core:
                onward = onward @ matrix_of(weights[f"{name}.layers.{core - 1}.weight"], image)

    def zeros(self):
        return [np.zeros(self.pixels)] * self.states, np.zeros(self.pixels)

    def step(self, x, state):
        hidden, cell = state
        gates = self.from_input @ x + self.bias
        for matrix, one in zip(self.from_states, hidden, strict=True):
            gates = gates + matrix @ one
        i, f, o, g = np.split(gates, 4)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
        new = sigmoid(o) * np.tanh(cell)
        return new, ([*hidden[1:], new], cell)


def matrix_of(kernel, image):
    """A zero-padded convolution of (X, H, W) to (Y, H, W), (Y H W, X H W): output pixel by output pixel."""
    (outputs, inputs, rows, columns), (height, width) = kernel.shape, image
    matrix = np.zeros((outputs, height, width, inputs, height, width))
    for row in range(height):
        for column in range(width):
            for down in range(rows):
                for right in range(columns):
                    seen_row, seen_column = row + down - rows // 2, column + right - columns // 2
                    if 0 <= seen_row < height and 0 <= seen_column < width:
                        matrix[:, row, column, :, seen_row, seen_column] = kernel[:, :, down, right]
    return matrix.reshape(outputs * height * width, inputs * height * width)


def pixels_of(bias, image):
    return np.repeat(bias, image[0] * image[1])


def flat(frame):
    return np.asarray(frame.detach(), np.float64).reshape(-1)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def size_of(settings):
    size = settings.kernel_size
    return (size, size) if isinstance(size, int) else tuple(size)


def rank_of(settings):
    return [settings.rank] * settings.order if isinstance(settings.rank, int) else settings.rank


def layers_of(settings, channels):
    """The published name of each layer, its input channels and its hidden channels."""
    inputs = block_inputs(settings, channels)
    for block, (depth, hidden) in enumerate(zip(settings.layers_per_block, settings.hidden_channels, strict=True)):
        for level in range(depth):
            yield f"layers.b{block}l{level}", hidden if level else inputs[block], hidden


def block_inputs(settings, channels):
    """The channels that enter each block, and the output at the end."""
    stride, hidden = settings.skip_stride, settings.hidden_channels
    return [
        channels,
        *(own + (hidden[block - stride] if stride and block >= stride else 0) for block, own in enumerate(hidden)),
    ]
