"""The tensor train over many time steps against its equations, differentiated by autograd."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import conv2d

from framecast_conv_tt_lstm.fast.chain import ChainBackward, ChainForward
from framecast_conv_tt_lstm.fast.layer_pass import LayerPass
from framecast_conv_tt_lstm.kernels import TensorTrainKernels
from framecast_conv_tt_lstm.windows import Windows
from tests.plugins.conv_tt_lstm.drawn import trains

CHANNELS = 2


def layer_of(windows, bias=True):
    torch.manual_seed(0)
    return LayerPass(TensorTrainKernels(1, CHANNELS, windows, (3, 3), bias).double()(), windows)


def equations(layer, hidden):
    """The signal of each step whose newest state is that of `hidden`; before the first all states were zero."""
    windows, kernels = layer.windows, layer.kernels
    rows = kernels.window.split([windows.rank[core] for _, core, _ in windows.places()])
    states = [torch.zeros_like(hidden[0])] * (windows.steps - 1) + list(hidden)
    signals = []
    for t in range(len(hidden)):
        values = list(torch.zeros(windows.channels) if kernels.core_bias is None else kernels.core_bias)
        values = [value[:, None, None] for value in torch.stack(values).split(windows.rank)]
        for (age, core, _), kernel in zip(windows.places(), rows, strict=True):
            values[core] = values[core] + conv2d(states[t + windows.steps - 1 - age], kernel, padding=1)
        value = values[0]
        for core, kernel in enumerate(kernels.chain, start=1):
            value = values[core] + conv2d(value, kernel, padding=1)
        signals.append(value)
    return signals


@settings(max_examples=40, deadline=None)
@given(trains(), st.integers(1, 4), st.booleans())
def test_signals_and_gradients_of_any_train_are_those_of_the_equations(train, times, bias):
    windows = Windows.of(train["order"], train["steps"], train["rank"], train["window"])
    layer = layer_of(windows, bias)
    hidden = [one.requires_grad_() for one in torch.randn(times, 2, CHANNELS, 3, 4).double()]
    expected = equations(layer, hidden)
    d_signals = [torch.randn_like(signal) for signal in expected]
    d_expected = torch.autograd.grad(expected, hidden, d_signals)

    with torch.no_grad():
        forward = ChainForward(layer, times, torch.zeros(windows.steps - 1, 2, windows.channels, 3, 4).double())
        signals = [forward.step(t, hidden[t]) for t in range(times)]
        backward = ChainBackward(layer, hidden, forward.values, None)
        d_hidden = [backward.step(t, d_signals[t]) for t in reversed(range(times))][::-1]

    for ours, theirs in zip([*signals, *d_hidden], [*expected, *d_expected], strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("kind", ["sliding", "fixed"])
def test_partial_sums_are_all_that_later_steps_need_of_earlier_states(kind):
    windows = Windows.of(2, 4, [2, 3], kind)
    layer, hidden = layer_of(windows), torch.randn(5, 2, CHANNELS, 3, 4).double()
    whole = ChainForward(layer, 5, torch.zeros(3, 2, 5, 3, 4).double())
    expected = [whole.step(t, hidden[t]).clone() for t in range(5)]

    first = ChainForward(layer, 2, torch.zeros(3, 2, 5, 3, 4).double())
    signals = [first.step(t, hidden[t]).clone() for t in range(2)]
    second = ChainForward(layer, 3, first.partial_NBQHW)
    signals += [second.step(t, hidden[2 + t]).clone() for t in range(3)]

    torch.testing.assert_close(signals, expected)
    # and holds on to no more of their memory
    assert first.partial_NBQHW.untyped_storage().nbytes() == 8 * first.partial_NBQHW.numel()
    torch.testing.assert_close(second.partial_NBQHW, whole.partial_NBQHW)
