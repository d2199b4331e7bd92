"""A layer over many time steps as one function: its gradients are those of finite differences."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from framecast_conv_tt_lstm.fast.layer_pass import LayerPass
from framecast_conv_tt_lstm.fast.scan import ScanState, scan
from framecast_conv_tt_lstm.kernels import GateKernels, Kernels, TensorTrainKernels
from framecast_conv_tt_lstm.windows import Windows

INPUTS, HIDDEN = 2, 3
TRAINS = {
    "no train": None,
    "order 1": Windows.of(1, 1, 2),
    "order 1, steps 3": Windows.of(1, 3, 2),
    "order 2": Windows.of(2, 2, [2, 1]),
    "order 3, steps 4": Windows.of(3, 4, [1, 2, 3]),
    "order 5, steps 6": Windows.of(5, 6, 1),
    "fixed": Windows.of(3, 2, [2, 1, 2], "fixed"),
}


class Layer:
    """Kernels and a state of random numbers in double, for inputs (T, B, I, H, W)."""

    def __init__(self, windows, size=(3, 3), bias=True, batch=2, height=2, width=4):
        torch.manual_seed(0)
        made = self._made(windows, size, bias)
        self.windows = windows
        self.kernels = [one if one is None else one.detach().double() for one in self._flat(made())]
        self.image = batch, height, width
        self.state = [torch.randn(batch, HIDDEN, height, width).double() for _ in range(2)]
        if windows:
            partial_sums = torch.randn(windows.steps - 1, batch, windows.channels, height, width).double()
            self.state.append(partial_sums)

    @staticmethod
    def _made(windows, size, bias):
        if windows is None:
            return GateKernels(INPUTS, HIDDEN, HIDDEN, size, bias)
        return TensorTrainKernels(INPUTS, HIDDEN, windows, size, bias)

    @staticmethod
    def _flat(kernels):
        return [*kernels[:-1], *kernels.chain]

    def inputs(self, times):
        batch, height, width = self.image
        return torch.randn(
            times, batch, INPUTS, height, width, generator=torch.Generator().manual_seed(1)
        ).double()

    def arguments(self, times):
        """Inputs, state and kernels one by one, each to be differentiated."""
        given_ = [self.inputs(times), *self.state, *self.kernels]
        return [one if one is None else one.clone().requires_grad_() for one in given_]

    def run(self, segments, *arguments, eager=False):
        """The outputs of all time steps and the state after them, taken in segments of so many steps."""
        inputs, *rest = arguments
        state, kernels = ScanState(*rest[: len(self.state)]), rest[len(self.state) :]
        given = Kernels._make([*kernels[:5], tuple(kernels[5:])])
        layer = LayerPass(given, self.windows, eager)
        outputs, anchor = [], layer.anchor
        for segment in inputs.split(segments):
            segment_outputs, state, anchor = scan(layer, anchor, segment, state)
            outputs.append(segment_outputs)
        return torch.cat(outputs), *(one for one in state if one is not None)

    def gradients(self, segments, **options):
        """Of all arguments, when every output and every part of the state matters, each in its own way."""
        arguments = self.arguments(sum(segments))
        return values_and_gradients(self.run(segments, *arguments, **options), arguments)


def values_and_gradients(results, arguments):
    generator = torch.Generator().manual_seed(2)
    loss = sum((one * torch.randn(one.shape, generator=generator).double()).sum() for one in results)
    found = torch.autograd.grad(loss, [one for one in arguments if one is not None])
    return [one.detach() for one in results], found


def assert_equal(found, expected):
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-12, rtol=1e-10)


every_train = pytest.mark.parametrize("windows", TRAINS.values(), ids=TRAINS)


@every_train
@pytest.mark.parametrize("segments", [[3], [1, 2]], ids=["one segment", "two segments"])
def test_its_gradients_are_those_of_finite_differences(windows, segments):
    # of the inputs, the state's tensors and all kernels, in the outputs and the state's tensors
    layer = Layer(windows, batch=1)

    assert torch.autograd.gradcheck(lambda *given: layer.run(segments, *given), layer.arguments(3), fast_mode=True)


@pytest.mark.parametrize("windows", [None, Windows.of(2, 3, [1, 2])], ids=["no train", "order 2"])
def test_each_of_its_derivatives_is_that_of_finite_differences(windows):
    layer = Layer(windows, size=(1, 3), batch=1, height=1, width=2)

    assert torch.autograd.gradcheck(lambda *given: layer.run([2, 1], *given), layer.arguments(3))


@every_train
def test_without_a_bias_its_gradients_are_those_of_finite_differences(windows):
    layer = Layer(windows, bias=False, batch=1)

    assert torch.autograd.gradcheck(lambda *given: layer.run([2], *given), layer.arguments(2), fast_mode=True)


@every_train
@pytest.mark.parametrize("eager", [False, True])
@settings(max_examples=5, deadline=None)
@given(segments=st.lists(st.integers(1, 4), min_size=2, max_size=4))
def test_segments_give_the_outputs_the_state_and_the_gradients_of_one_segment(windows, eager, segments):
    layer = Layer(windows)
    values, gradients = layer.gradients([sum(segments)])

    found_values, found_gradients = layer.gradients(segments, eager=eager)

    assert_equal(found_values, values)
    assert_equal(found_gradients, gradients)


@every_train
@pytest.mark.parametrize("width", [3, 4])
def test_many_steps_are_one_step_after_another(windows, width):
    # each step with kernels of its own pass, as a cell that is called step by step
    layer, arguments = Layer(windows, (3, 5), width=width), []
    inputs, *rest = arguments = layer.arguments(6)
    state, kernels, outputs = rest[: len(layer.state)], rest[len(layer.state) :], []
    for step in inputs.split(1):
        output, *state = layer.run([1], step, *state, *kernels)
        outputs.append(output)
    values, gradients = values_and_gradients((torch.cat(outputs), *state), arguments)

    found_values, found_gradients = layer.gradients([6])

    assert_equal(found_values, values)
    assert_equal(found_gradients, gradients)


@every_train
def test_a_state_is_never_changed(windows):
    layer = Layer(windows)
    before = [one.clone() for one in (*layer.state, *layer.kernels) if one is not None]

    layer.gradients([3])

    assert all(map(torch.equal, before, (one for one in (*layer.state, *layer.kernels) if one is not None)))


@every_train
def test_what_the_steps_to_come_are_owed_does_not_depend_on_what_they_bring(windows):
    # the state after a segment holds no view of memory that later segments write to
    layer = Layer(windows)
    arguments = [one if one is None else one.detach() for one in layer.arguments(3)]
    _, *state = layer.run([3], *arguments)
    before = [one.clone() for one in state]

    layer.run([3], arguments[0], *state, *arguments[1 + len(state) :])

    assert all(map(torch.equal, before, state))


@pytest.mark.parametrize("part", ["outputs", "cell", "partial_sums"])
def test_any_part_of_the_result_alone_has_its_gradients(part):
    # autograd hands a missing gradient on as None
    layer = Layer(Windows.of(2, 4, 2))
    index = ["outputs", "cell", "partial_sums"].index(part)
    arguments = layer.arguments(2)
    outputs, _, cell, partial_sums = layer.run([2], *arguments)
    alone = torch.autograd.grad((outputs, cell, partial_sums)[index].square().sum(), arguments, allow_unused=True)

    arguments = layer.arguments(2)
    outputs, _, cell, partial_sums = layer.run([2], *arguments)
    weights = [float(place == index) for place in range(3)]
    loss = sum(
        weight * one.square().sum() for weight, one in zip(weights, (outputs, cell, partial_sums), strict=True)
    )
    together = torch.autograd.grad(loss, arguments)

    for ours, theirs in zip(alone, together, strict=True):
        torch.testing.assert_close(torch.zeros_like(theirs) if ours is None else ours, theirs)


def test_a_second_derivative_is_refused_and_not_wrong():
    layer = Layer(None)
    arguments = layer.arguments(2)
    loss = layer.run([2], *arguments)[0].square().sum()
    (first,) = torch.autograd.grad(loss, arguments[:1], create_graph=True)

    with pytest.raises(RuntimeError, match="once_differentiable"):
        first.sum().backward()
