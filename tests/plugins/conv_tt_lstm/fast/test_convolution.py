"""The convolutions against PyTorch's own, and which of them take the faster ways."""

from typing import Any

import pytest
import torch
from torch.nn.functional import conv2d
from torch.utils._python_dispatch import TorchDispatchMode

from framecast_conv_tt_lstm.fast.convolution import (
    Convolution,
    batches,
    convolve,
    frames,
    input_gradient,
    kernel_gradient,
)

# narrow: half of a vector of 8 or of 16 channels would be empty; wide: not with either
NARROW, WIDE = [1, 3, 4, 18], [13, 16]
CHANNELS = pytest.mark.parametrize("outputs", [*NARROW, *WIDE])
INPUTS = pytest.mark.parametrize("inputs", [1, 3, 13, 18])
KERNELS = pytest.mark.parametrize("size", [(1, 1), (3, 3), (5, 5), (3, 5), (5, 1)])
WIDTHS = pytest.mark.parametrize("width", [6, 7])


class Convolutions(TorchDispatchMode):
    """Watches: the width's stride of each convolution, and the shape of each kernel that gets a gradient."""

    def __init__(self):
        super().__init__()
        self.strides, self.kernels = [], []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function is torch.ops.aten.convolution.default:
            self.strides.append(args[3][-1])
        if function is torch.ops.aten.convolution_backward.default:
            self.kernels.append(tuple(args[2].shape))
        return function(*args, **(kwargs or {}))


def example(inputs, outputs, size, width, dtype=torch.float64):
    """An input, a kernel, the gradient of the output, and autograd's gradients of input and kernel."""
    torch.manual_seed(0)
    x = torch.randn(2, inputs, 5, width, dtype=dtype, requires_grad=True)
    kernel = torch.randn(outputs, inputs, *size, dtype=dtype, requires_grad=True)
    y = conv2d(x, kernel, padding=(size[0] // 2, size[1] // 2))
    d_y = torch.randn_like(y)
    d_x, d_kernel = torch.autograd.grad(y, (x, kernel), d_y)
    form: dict[str, Any] = {"memory_format": torch.channels_last}
    return x.detach().to(**form), kernel.detach(), y.detach(), d_y.to(**form), d_x, d_kernel


@INPUTS
@CHANNELS
@KERNELS
@WIDTHS
def test_a_convolution_and_its_gradients_are_pytorchs(inputs, outputs, size, width):
    x, kernel, y, d_y, d_x, d_kernel = example(inputs, outputs, size, width)
    convolution = Convolution(kernel)

    for _ in range(2):  # what the first call makes ready serves the second
        torch.testing.assert_close(convolution(x), y)
        torch.testing.assert_close(convolution.input_gradient(d_y, x), d_x)
    torch.testing.assert_close(kernel_gradient(d_y, x, kernel)[0], d_kernel)


@pytest.mark.parametrize(("inputs", "outputs"), [(1, 4), (18, 3), (13, 16)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_number_formats_stay_what_they_are(inputs, outputs, dtype):
    exact = example(inputs, outputs, (3, 3), 6)
    x, kernel, y, d_y, d_x, d_kernel = (tensor.to(dtype) for tensor in exact)
    close: dict[str, Any] = {"atol": 1e-4, "rtol": 1e-4} if dtype is torch.float32 else {"atol": 0.5, "rtol": 0.05}

    torch.testing.assert_close(Convolution(kernel)(x), y, **close)
    torch.testing.assert_close(Convolution(kernel).input_gradient(d_y, x), d_x, **close)
    torch.testing.assert_close(kernel_gradient(d_y, x, kernel)[0], d_kernel, **close)


@pytest.mark.parametrize(
    ("channels", "width", "stride"),
    [*((channels, 6, 2) for channels in NARROW), *((channels, 6, 1) for channels in WIDE), (4, 7, 1), (16, 7, 1)],
)
def test_narrow_channels_on_even_widths_take_two_pixels_at_once(channels, width, stride):
    x, kernel, _, _, _, _ = example(16, channels, (3, 3), width)
    with Convolutions() as forward:
        Convolution(kernel)(x)
    assert forward.strides == [stride]

    # backwards it is the kernel's inputs that are narrow
    x, kernel, _, d_y, _, _ = example(channels, 16, (3, 3), width)
    with Convolutions() as backward:
        Convolution(kernel).input_gradient(d_y, x)
    assert backward.strides == ([2] if stride == 2 else [])
    assert len(backward.kernels) == (stride == 1)


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("size", [(3, 3), (5, 5)])
def test_one_channel_of_frames_two_pixels_wide_is_no_exception(batch, size):
    # where two pixels at once came out as a column one pixel wide, oneDNN made wrong numbers of it
    torch.manual_seed(0)
    x, kernel = frames(1, torch.empty(batch, 0, 4, 2), 1)[0].normal_(), torch.randn(4, 1, *size)

    exact = conv2d(x.double(), kernel.double(), padding=(size[0] // 2, size[1] // 2))
    torch.testing.assert_close(Convolution(kernel)(x).double(), exact, atol=1e-5, rtol=1e-5)


def test_the_result_of_two_pixels_at_once_is_channels_last():
    x, kernel, *_ = example(16, 4, (3, 3), 6)

    assert Convolution(kernel)(x).is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    ("inputs", "outputs", "turned"), [(16, 4, True), (16, 13, False), (3, 4, False), (3, 16, False)]
)
def test_the_kernel_gradient_of_narrow_outputs_changes_the_parts_over(inputs, outputs, turned):
    x, kernel, _, d_y, _, _ = example(inputs, outputs, (3, 5), 6)
    with Convolutions() as seen:
        found, bias = kernel_gradient(d_y, x, kernel)

    assert seen.kernels == [(inputs, outputs, 3, 5) if turned else (outputs, inputs, 3, 5)]
    assert found.shape == kernel.shape
    assert bias is None


@pytest.mark.parametrize(("inputs", "outputs"), [(16, 4), (3, 16), (3, 4)])
def test_the_bias_gets_the_gradients_of_all_pixels(inputs, outputs):
    x, kernel, _, d_y, _, d_kernel = example(inputs, outputs, (3, 3), 6)

    found, bias = kernel_gradient(d_y, x, kernel, bias=True)

    torch.testing.assert_close(found, d_kernel)
    torch.testing.assert_close(bias, d_y.sum((0, 2, 3)))


@KERNELS
@WIDTHS
def test_many_time_steps_at_once_are_each_step_alone(size, width):
    torch.manual_seed(0)
    x, kernel, bias = torch.randn(3, 2, 4, 5, width), torch.randn(6, 4, *size), torch.randn(6)
    d_y = torch.randn(3, 2, 6, 5, width)
    padding = (size[0] // 2, size[1] // 2)
    alone = torch.stack([conv2d(step, kernel, bias, padding=padding) for step in x])
    d_alone = torch.stack([Convolution(kernel).input_gradient(*step) for step in zip(d_y, x, strict=True)])

    close: dict[str, Any] = {"atol": 1e-4, "rtol": 1e-4}
    torch.testing.assert_close(convolve(x, kernel, bias), alone, **close)
    torch.testing.assert_close(input_gradient(d_y, x, kernel), d_alone, **close)


def test_new_frames_are_channels_last_in_each_step_and_as_one_batch():
    made = frames(3, torch.zeros(2, 7, 4, 5), 6)

    assert made.shape == (3, 2, 6, 4, 5)
    assert made[0].is_contiguous(memory_format=torch.channels_last)
    (batch,) = batches(made)
    assert batch.shape == (6, 6, 4, 5)
    assert batch.is_contiguous(memory_format=torch.channels_last)
    assert batch.data_ptr() == made.data_ptr()


def test_no_frames_are_no_batch():
    assert batches(frames(0, torch.zeros(2, 7, 4, 5), 6)) == []
