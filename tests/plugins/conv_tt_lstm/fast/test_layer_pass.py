"""The kernels' gradients of a pass in segments, however often and however far the backward pass goes."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from framecast_conv_tt_lstm.cell import ConvLSTMCell, ConvTTLSTMCell
from framecast_conv_tt_lstm.fast.layer import FastLayer

CELLS = {
    "conv_lstm": lambda: ConvLSTMCell(2, 3, 3),
    "conv_tt_lstm": lambda: ConvTTLSTMCell(2, 3, 3, order=2, steps=4, rank=[2, 3]),
}


@pytest.fixture(params=CELLS.values(), ids=list(CELLS))
def cell(request):
    torch.manual_seed(0)
    return request.param().double()


@pytest.fixture
def frames():
    return torch.rand(5, 2, 2, 4, 6, generator=torch.Generator().manual_seed(1)).double().requires_grad_()


def loss_of(cell, frames, segments=(2, 1, 2), recompute=False):
    layer = FastLayer(cell, recompute)
    return torch.cat([layer(segment) for segment in frames.split(list(segments))]).square().sum()


def gradients_of(loss, cell, frames, **options):
    return torch.autograd.grad(loss, [frames, *cell.parameters()], **options)


def gradients_of_weights(cell, frames, segments=(2, 1, 2)):
    return torch.autograd.grad(loss_of(cell, frames, segments), list(cell.parameters()))


def assert_equal(found, expected):
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-12, rtol=1e-10)


recomputed = pytest.mark.parametrize("recompute", [False, True], ids=["kept", "recomputed"])


@recomputed
def test_the_gradients_do_not_depend_on_the_segments(cell, frames, recompute):
    whole = gradients_of(loss_of(cell, frames, [5]), cell, frames)

    assert_equal(gradients_of(loss_of(cell, frames, [1] * 5, recompute), cell, frames), whole)
    assert_equal(gradients_of(loss_of(cell, frames, [2, 1, 2], recompute), cell, frames), whole)


@recomputed
def test_gradients_of_the_inputs_alone_leave_nothing_behind(cell, frames, recompute):
    expected = gradients_of(loss_of(cell, frames), cell, frames)
    loss = loss_of(cell, frames, recompute=recompute)

    (inputs_alone,) = torch.autograd.grad(loss, [frames], retain_graph=True)
    after = gradients_of(loss, cell, frames)

    assert_equal([inputs_alone], expected[:1])
    assert_equal(after, expected)


@recomputed
def test_going_back_twice_adds_up_to_exactly_double(cell, frames, recompute):
    loss = loss_of(cell, frames, recompute=recompute)
    leaves = [frames, *cell.parameters()]
    loss.backward(retain_graph=True)
    once = [leaf.grad.clone() for leaf in leaves]

    loss.backward()

    assert all(torch.equal(leaf.grad, 2 * first) for leaf, first in zip(leaves, once, strict=True))


@recomputed
def test_two_losses_of_one_pass_go_back_one_after_the_other(cell, frames, recompute):
    # the second goes back through fewer segments than the first
    def outputs():
        layer = FastLayer(cell, recompute)
        return [layer(segment).square().sum() for segment in frames.split([2, 1, 2])]

    expected = gradients_of(sum(outputs()), cell, frames)
    early, middle, late = outputs()

    of_late = gradients_of(middle + late, cell, frames, retain_graph=True)
    of_early = gradients_of(early, cell, frames)

    assert_equal([one + other for one, other in zip(of_late, of_early, strict=True)], expected)


def test_kernels_that_are_frozen_get_no_gradient(cell, frames):
    (expected,) = torch.autograd.grad(loss_of(cell, frames), [frames])
    cell.requires_grad_(False)

    loss_of(cell, frames).backward()

    torch.testing.assert_close(frames.grad, expected)
    assert all(parameter.grad is None for parameter in cell.parameters())


def test_one_kernel_alone_can_be_trained(cell, frames):
    frames = frames.detach()
    expected = dict(zip(dict(cell.named_parameters()), gradients_of_weights(cell, frames), strict=True))
    cell.requires_grad_(False)
    cell.kernels.signal.requires_grad_(True)

    loss_of(cell, frames).backward()

    torch.testing.assert_close(cell.kernels.signal.grad, expected["kernels.signal"])


def test_inputs_that_need_no_gradient_change_none_of_the_kernels(cell, frames):
    expected = gradients_of(loss_of(cell, frames), cell, frames)[1:]

    assert_equal(gradients_of_weights(cell, frames.detach()), expected)


@settings(max_examples=10, deadline=None)
@given(order=st.permutations([0, 1, 2]), twice=st.integers(0, 2))
def test_passes_of_one_cell_keep_to_themselves(order, twice):
    torch.manual_seed(0)
    cell = CELLS["conv_tt_lstm"]().double()
    clips = [torch.rand(3, 1, 2, 4, 4).double() for _ in range(3)]
    expected = [gradients_of_weights(cell, clip, [3]) for clip in clips]
    losses = [loss_of(cell, clip, (1, 2)) for clip in clips]

    found = {}
    for index in [twice, *order]:
        found[index] = torch.autograd.grad(losses[index], list(cell.parameters()), retain_graph=True)

    for index, clip in found.items():
        assert_equal(clip, expected[index])
