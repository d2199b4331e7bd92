"""The convolutional tensor train by itself: applied to states, and multiplied out to its kernels.

    V_0 = P_0 * window 0                       Su et al., NeurIPS 2020, arXiv 2002.09131, section 3,
    V_i = P_i * window i + G_i * V_(i-1)       with the windows of `Windows`; V_(M-1) is the output

For reading, and for experiments with trained kernels; a layer computes it in `fast/chain.py`.

Dimensions: M cores, N states, D states in a window, B batch, C channels of a state, R_i channels that leave core i
(R: the last), H W space, k kernel size, K composed kernel size; all sizes are odd, height and width may differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor
from torch.nn.functional import pad

from framecast_conv_tt_lstm.windows import Window, Windows

Padding = Literal["zeros", "circular"]


class Contracted(NamedTuple):
    """A train multiplied out: the output is the sum of all states, convolved with their kernels, and the bias."""

    kernels: list[Tensor]
    """(R, C, K, K) for each state, oldest first."""

    bias: Tensor
    """(R,), what the cores' biases come to where no border cuts."""


@dataclass(frozen=True, eq=False)
class ConvTensorTrain:
    """A convolutional tensor train of M cores over N states; `train(states)` applies it.

    `window_kernels` are P_0 ... P_(M-1), each (R_i, D, C, k, k), a window's states oldest first. `chain_kernels`
    are G_1 ... G_(M-1), each (R_i, R_(i-1), k, k). `bias` is what is added to V_0 ... V_(M-1), each (R_i,): the
    biases of P_i and G_i together. Raises ValueError, with the shapes, for what makes no train.
    """

    window_kernels: tuple[Tensor, ...]
    chain_kernels: tuple[Tensor, ...] = ()
    bias: tuple[Tensor, ...] | None = None
    window: Window = "sliding"

    def __post_init__(self) -> None:
        if not self.window_kernels or self.window_kernels[0].dim() != 5 or 0 in self.window_kernels[0].shape:
            found = shapes_text(self.window_kernels)
            raise ValueError(f"window_kernels ({found}) must be (R_i, D, C, k, k) for each core, none 0")
        _, *window = self.window_kernels[0].shape
        rank = self.windows.rank
        if any(length % 2 == 0 for length in window[2:]):
            raise ValueError(f"kernel size {tuple(window[2:])} must be odd, so that padding keeps the frame size")
        chain = [(after, before, *window[2:]) for before, after in pairwise(rank)]
        expect_shapes("window_kernels", self.window_kernels, [(channels, *window) for channels in rank])
        expect_shapes("chain_kernels", self.chain_kernels, chain)
        if self.bias is not None:
            expect_shapes("bias", self.bias, [(channels,) for channels in rank])

    @property
    def windows(self) -> Windows:
        """Which core sees which state."""
        steps = self.window_kernels[0].shape[1] + (0 if self.window == "fixed" else len(self.window_kernels) - 1)
        return Windows(steps, tuple(len(core) for core in self.window_kernels), self.window)

    def __call__(self, states_NBCHW: Tensor, padding: Padding = "zeros") -> Tensor:
        """The recursion: N states, oldest first, to the output (B, R, H, W). ValueError for any other shape."""
        windows, channels = self.windows, self.window_kernels[0].shape[2]
        if padding not in get_args(Padding):
            raise ValueError(f"padding ({padding!r}) must be one of {', '.join(get_args(Padding))}")
        if states_NBCHW.dim() != 5 or states_NBCHW.shape[::2][:2] != (windows.steps, channels):
            raise ValueError(
                f"states ({shapes_text([states_NBCHW])}) must be ({windows.steps}, B, {channels}, H, W)"
            )
        value_BRHW = states_NBCHW
        for i, window_RDCkk in enumerate(self.window_kernels):
            oldest = windows.state(i, 0)
            window_BDCHW = states_NBCHW[oldest : oldest + windows.length].transpose(0, 1)
            seen_BRHW = _same(window_BDCHW.flatten(1, 2), window_RDCkk.flatten(1, 2), padding)
            value_BRHW = seen_BRHW + _same(value_BRHW, self.chain_kernels[i - 1], padding) if i else seen_BRHW
            if self.bias is not None:
                value_BRHW = value_BRHW + self.bias[i][:, None, None]
        return value_BRHW

    def contract(self) -> Contracted:
        """The train multiplied out: what a state reaches through core i passes P_i, then G_(i+1) ... G_(M-1).

        So K = k + (M - 1 - i)(k - 1), where i is the first core that sees the state: the older, the larger. Under
        circular padding these kernels do what the train does; under zero padding they do so from
        (M - 1)(k - 1) / 2 pixels inside the border, since the train cuts off each V_i there.
        """
        windows, like = self.windows, self.window_kernels[-1]
        outputs, length, channels, _, _ = like.shape
        # from V_i to the output; at first V_(M-1), which is the output
        onward = torch.eye(outputs, dtype=like.dtype, device=like.device)[..., None, None]
        kernels, bias_R = [like.new_zeros(outputs, channels, 1, 1)] * windows.steps, like.new_zeros(outputs)
        for i in reversed(range(windows.order)):
            composed = _compose(onward, self.window_kernels[i].flatten(1, 2)).unflatten(1, (length, channels))
            for place, kernel_RCKK in enumerate(composed.unbind(1)):
                state = windows.state(i, place)
                kernels[state] = kernel_RCKK + _enlarge(kernels[state], kernel_RCKK)
            if self.bias is not None:
                bias_R = bias_R + onward.sum((2, 3)) @ self.bias[i]
            if i:
                onward = _compose(onward, self.chain_kernels[i - 1])
        return Contracted(kernels, bias_R)


def _same(image_BXHW: Tensor, kernel_YXkk: Tensor, padding: Padding) -> Tensor:
    height, width = kernel_YXkk.shape[-2:]
    around = (width // 2, width // 2, height // 2, height // 2)
    return torch.conv2d(pad(image_BXHW, around, "circular" if padding == "circular" else "constant"), kernel_YXkk)


def _compose(outer_RQkk: Tensor, inner_QCKK: Tensor) -> Tensor:
    """The kernel of the inner convolution followed by the outer."""
    # conv2d correlates; the kernels of correlations compose by convolution, so one of them is turned round
    height, width = outer_RQkk.shape[-2:]
    turned, full = outer_RQkk.flip(2, 3), (height - 1, width - 1)
    return torch.conv2d(inner_QCKK.transpose(0, 1), turned, padding=full).transpose(0, 1)


def _enlarge(kernel: Tensor, like: Tensor) -> Tensor:
    """With zeros around it, up to the size of another."""
    height, width = ((to - now) // 2 for to, now in zip(like.shape[2:], kernel.shape[2:], strict=True))
    return pad(kernel, (width, width, height, height))


def shapes_text(tensors: Sequence[Tensor | Sequence[int]]) -> str:
    """ "2 x 3 x 5 x 5, 1 x 2", of tensors or of shapes."""
    return ", ".join(" x ".join(map(str, t.shape if isinstance(t, Tensor) else t)) for t in tensors)


def expect_shapes(name: str, tensors: Sequence[Tensor], shapes: Sequence[tuple[int, ...]]) -> None:
    """Raises ValueError, with both, where tensors have other shapes."""
    if [tuple(tensor.shape) for tensor in tensors] != list(shapes):
        raise ValueError(f"{name} ({shapes_text(tensors)}) must be {shapes_text(shapes) or 'none'}")
