"""The trainable weights: where they begin, and what is handed out for a pass."""

import math

import pytest
import torch

from framecast_conv_tt_lstm.kernels import GateKernels, OutputKernel, TensorTrainKernels
from framecast_conv_tt_lstm.windows import Windows

INPUTS, HIDDEN, RANKS, SIZE = 24, 32, (16, 20, 12), (3, 5)
AREA = math.prod(SIZE)
WINDOWS = Windows.of(3, 4, RANKS)


def gates():
    return GateKernels(INPUTS, HIDDEN, HIDDEN, SIZE, bias=True)


def train(bias=True):
    return TensorTrainKernels(INPUTS, HIDDEN, WINDOWS, SIZE, bias)


def tensors(ready):
    """All that a module hands out."""
    flat = [*ready[:-1], *ready[-1]] if isinstance(ready[-1], tuple) else list(ready)
    return [tensor for tensor in flat if tensor is not None]


@pytest.fixture(params=[gates, train, lambda: OutputKernel(HIDDEN, 3)], ids=["gates", "train", "output"])
def kernels(request):
    torch.manual_seed(0)
    return request.param()


def assert_begins_within(weight, inputs, area=AREA):
    """PyTorch's convolutions begin uniform within 1 / sqrt(inputs x kernel area), weight and bias alike."""
    weight, bound = weight.detach(), 1 / math.sqrt(inputs * area)
    assert weight.abs().max() <= bound
    assert weight.abs().max() > (0.98 if weight.numel() > 500 else 0.7) * bound
    assert weight.abs().mean().item() == pytest.approx(bound / 2, rel=0.05 if weight.numel() > 500 else 0.5)


def test_a_convolution_that_is_split_begins_as_the_joint_one_would():
    torch.manual_seed(0)
    kernels = gates()

    for weight in (kernels.input, kernels.signal, kernels.bias):
        assert_begins_within(weight, INPUTS + HIDDEN)


def test_each_core_of_a_train_begins_as_its_own_convolution_would():
    torch.manual_seed(0)
    kernels = train()

    for weight in (kernels.input, kernels.signal, kernels.bias):
        assert_begins_within(weight, INPUTS + RANKS[-1])
    for weight in (kernels.taps, kernels.tap_bias):  # one convolution of a window's two states
        assert_begins_within(weight, 2 * HIDDEN)
    bias = kernels.link_bias.split(RANKS[1:])
    for core in (1, 2):
        assert_begins_within(getattr(kernels, f"link_{core}"), RANKS[core - 1])
        assert_begins_within(bias[core - 1], RANKS[core - 1])


def test_the_output_begins_as_a_1x1_convolution():
    torch.manual_seed(0)

    assert_begins_within(OutputKernel(HIDDEN, 64).weight, HIDDEN, area=1)
    assert_begins_within(OutputKernel(HIDDEN, 64).bias, HIDDEN, area=1)


def test_what_is_handed_out_is_equal_and_never_the_weight_itself(kernels):
    # ZeRO-3 takes a weight away when its module returns
    own = {parameter.data_ptr() for parameter in kernels.parameters()}
    ready = kernels()

    assert own.isdisjoint(tensor.data_ptr() for tensor in tensors(ready))
    for name, weight in kernels.named_parameters():
        if name in getattr(ready, "_fields", ()):
            assert torch.equal(getattr(ready, name), weight)


def test_what_is_handed_out_is_still_there_after_the_weights_are_cleared(kernels):
    with torch.no_grad():
        ready = kernels()
        before = [tensor.clone() for tensor in tensors(ready)]
        for parameter in kernels.parameters():
            parameter.data = torch.empty(0)

    assert all(torch.equal(one, other) for one, other in zip(tensors(ready), before, strict=True))


def test_kernels_are_handed_out_channels_last(kernels):
    four = [tensor for tensor in tensors(kernels()) if tensor.dim() == 4]

    assert four
    assert all(tensor.is_contiguous(memory_format=torch.channels_last) for tensor in four)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_under_autocast_everything_is_handed_out_in_its_format(kernels, dtype):
    with torch.autocast("cpu", dtype):
        assert {tensor.dtype for tensor in tensors(kernels())} == {dtype}
    assert {tensor.dtype for tensor in tensors(kernels())} == {torch.float32}
    assert {tensor.dtype for tensor in tensors(kernels.double()())} == {torch.float64}


def test_every_weight_gets_a_gradient_through_what_is_handed_out(kernels):
    sum(tensor.sum() for tensor in tensors(kernels())).backward()

    for name, parameter in kernels.named_parameters():
        assert torch.equal(parameter.grad, torch.ones_like(parameter)), name


def test_the_biases_of_windows_and_chain_are_added_up_core_by_core():
    kernels = train()
    first, second, third = kernels.tap_bias.split(RANKS)
    chain = kernels.link_bias.split(RANKS[1:])

    # the first core has no link
    assert torch.equal(kernels().core_bias, torch.cat([first, second + chain[0], third + chain[1]]))


def test_without_a_bias_there_is_none():
    kernels = train(bias=False)

    assert not [name for name, _ in kernels.named_parameters() if "bias" in name]
    assert kernels().bias is None
    assert kernels().core_bias is None
    assert [kernel.shape for kernel in kernels().chain] == [(20, 16, *SIZE), (12, 20, *SIZE)]


def test_a_train_of_one_core_has_no_chain():
    kernels = TensorTrainKernels(INPUTS, HIDDEN, Windows.of(1, 2, 8), SIZE, bias=True)

    assert kernels().chain == ()
    assert kernels().window.shape == (2 * 8, HIDDEN, *SIZE)
    assert torch.equal(kernels().core_bias, kernels.tap_bias)
