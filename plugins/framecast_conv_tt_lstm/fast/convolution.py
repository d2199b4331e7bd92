""" "Same" convolutions with their gradients, one time step or many at once; memory is channels last.

Dimensions: X channels in, Y channels out, k kernel size; a tensor of many time steps has T in front of B.
"""

from __future__ import annotations

import torch
from torch import Tensor

_LANES = 16 if torch.backends.cpu.get_cpu_capability() == "AVX512" else 8
"""Channels that a CPU computes at once in float32."""


class Convolution:
    """A kernel (Y, X, k, k) at work, zero-padded so that the frame size stays.

    On a CPU, one whose output channels leave half of a vector empty computes two neighbouring pixels at once,
    with a kernel one pixel wider: exact, and up to 1.6 times faster.
    """

    def __init__(self, kernel: Tensor) -> None:
        self.kernel = kernel
        self._wide: Tensor | None = None
        self._wide_back: Tensor | None = None

    def __call__(self, input_BXHW: Tensor) -> Tensor:
        """(B, Y, H, W)"""
        if not self._pays(self.kernel.shape[0], input_BXHW):
            return torch.conv2d(input_BXHW, self.kernel, padding=_padding(self.kernel))
        if self._wide is None:
            self._wide = _for_two_pixels(self.kernel)
        return _two_pixels_at_once(input_BXHW, self._wide)

    def input_gradient(self, gradient_BYHW: Tensor, input_BXHW: Tensor) -> Tensor:
        """What reaches the input, (B, X, H, W): a convolution with the kernel turned round."""
        if not self._pays(self.kernel.shape[1], input_BXHW):
            gradient, _, _ = _backward(gradient_BYHW, input_BXHW, self.kernel, (True, False, False))
            return gradient
        if self._wide_back is None:
            self._wide_back = _for_two_pixels(self.kernel.flip(2, 3).transpose(0, 1))
        return _two_pixels_at_once(gradient_BYHW, self._wide_back)

    @staticmethod
    def _pays(channels: int, input_BXHW: Tensor) -> bool:
        width = input_BXHW.shape[-1]
        # from one channel, two pixels wide, oneDNN makes wrong numbers of a result that is one pixel wide
        return _is_narrow(channels, input_BXHW) and width % 2 == 0 and width > 2


def convolve(input_TBXHW: Tensor, kernel: Tensor, bias_Y: Tensor | None) -> Tensor:
    """All time steps as one batch, (T, B, Y, H, W)."""
    flat = torch.conv2d(input_TBXHW.flatten(0, 1), kernel, bias_Y, padding=_padding(kernel))
    flat = flat.contiguous(memory_format=torch.channels_last)  # as it is, unless cuDNN is switched off
    output_TBYHW: Tensor = flat.unflatten(0, input_TBXHW.shape[:2])
    return output_TBYHW


def input_gradient(gradient_TBYHW: Tensor, input_TBXHW: Tensor, kernel: Tensor) -> Tensor:
    """What reaches the input of `convolve`, (T, B, X, H, W)."""
    flat, _, _ = _backward(gradient_TBYHW.flatten(0, 1), input_TBXHW.flatten(0, 1), kernel, (True, False, False))
    gradient_TBXHW: Tensor = flat.unflatten(0, gradient_TBYHW.shape[:2])
    return gradient_TBXHW


def kernel_gradient(
    gradient_BYHW: Tensor, input_BXHW: Tensor, kernel: Tensor, bias: bool = False
) -> tuple[Tensor, Tensor | None]:
    """What reaches a kernel and, where asked for, its bias."""
    outputs, inputs = kernel.shape[:2]
    if _is_narrow(outputs, kernel) and not _is_narrow(inputs, kernel) and not bias:
        # the same sum of products with its parts changed over, and the kernel turned round
        turned, _ = kernel_gradient(input_BXHW, gradient_BYHW, kernel.transpose(0, 1))
        return turned.transpose(0, 1).flip(2, 3), None
    _, of_kernel, of_bias = _backward(gradient_BYHW, input_BXHW, kernel, (False, True, bias))
    return of_kernel, of_bias


def frames(times: int, like_BXHW: Tensor, channels: int) -> Tensor:
    """Uninitialised (times, B, channels, H, W), each time step channels last."""
    batch, _, height, width = like_BXHW.shape
    return like_BXHW.new_empty(times, batch, height, width, channels).movedim(-1, 2)


def batches(frames_TBXHW: Tensor) -> list[Tensor]:
    """All time steps as one batch, (T B, X, H, W), in a list; an empty list where there is no step."""
    return [frames_TBXHW.flatten(0, 1)] if len(frames_TBXHW) else []


def _is_narrow(channels: int, like: Tensor) -> bool:
    """Whether so many channels leave half of a CPU's last vector empty, or more."""
    return like.device.type == "cpu" and 0 < channels % _LANES <= _LANES // 2


def _for_two_pixels(kernel_YXkk: Tensor) -> Tensor:
    """(2Y, X, k, k + 1): the kernel, and the kernel one pixel to the right."""
    outputs, inputs, height, width = kernel_YXkk.shape
    wide = kernel_YXkk.new_zeros(2, outputs, height, width + 1, inputs).movedim(-1, 2)
    wide[0, ..., :-1] = wide[1, ..., 1:] = kernel_YXkk
    return wide.flatten(0, 1)


def _two_pixels_at_once(input_BXHW: Tensor, wide: Tensor) -> Tensor:
    height, width = wide.shape[-2:]
    pairs = torch.conv2d(input_BXHW, wide, stride=(1, 2), padding=(height // 2, (width - 1) // 2))
    # channels last, two pixels of Y channels lie in memory as one pixel of 2Y
    pixels: Tensor = pairs.movedim(1, -1).unflatten(-1, (2, -1))
    return pixels.flatten(2, 3).movedim(-1, 1)


def _backward(
    gradient: Tensor, input: Tensor, kernel: Tensor, wanted: tuple[bool, bool, bool]
) -> tuple[Tensor, Tensor, Tensor | None]:
    gradients: tuple[Tensor, Tensor, Tensor | None] = torch.ops.aten.convolution_backward(
        gradient, input, kernel, [len(kernel)], (1, 1), _padding(kernel), (1, 1), False, (0, 0), 1, wanted
    )
    return gradients


def _padding(kernel: Tensor) -> tuple[int, int]:
    height, width = kernel.shape[-2:]
    return height // 2, width // 2
