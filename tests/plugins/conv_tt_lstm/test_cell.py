"""The cells against dense matrices, as pure functions of input and state, and against the fast path."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from framecast_conv_tt_lstm.cell import ConvLSTMCell, ConvTTLSTMCell
from framecast_conv_tt_lstm.fast.layer import FastLayer
from framecast_conv_tt_lstm.published import load_published
from framecast_conv_tt_lstm.reference_layer import ReferenceLayer
from framecast_conv_tt_lstm.settings import ConvLSTMSettings, ConvTTLSTMSettings
from tests.plugins.conv_tt_lstm.dense import predict, published_weights
from tests.plugins.conv_tt_lstm.drawn import KERNEL_SIZES, both, difference, gradients, trains


def conv_lstm():
    return ConvLSTMCell(2, 3, kernel_size=3)


def conv_tt_lstm():
    return ConvTTLSTMCell(2, 3, kernel_size=3, order=2, steps=4, rank=5)


@pytest.fixture(params=[conv_lstm, conv_tt_lstm])
def cell(request):
    torch.manual_seed(0)
    return request.param()


@pytest.fixture
def frames():
    return torch.rand(5, 2, 2, 6, 7, generator=torch.Generator().manual_seed(1))


def of_one_layer(kernel_size, bias, hidden, train):
    """The settings of a network that is one cell and the output."""
    stack: dict[str, Any] = {
        "layers_per_block": [1],
        "hidden_channels": [hidden],
        "kernel_size": kernel_size,
        "bias": bias,
    }
    return ConvTTLSTMSettings(**stack, **train) if train else ConvLSTMSettings(**stack)


def against_the_reference(setting, frames, autocast=None, at_least=0.0):
    """Differences of the outputs, the inputs' gradients, and the weights' gradients together."""
    slow, fast = both(setting, frames.shape[2], frames.dtype)
    cell, layer = slow.blocks[0][0], fast.blocks[0][0]
    x, x_slow = (frames.clone().requires_grad_() for _ in range(2))
    outputs_slow, _ = cell(x_slow)
    with torch.autocast("cpu", autocast, enabled=autocast is not None):
        outputs = FastLayer(layer)(x)
    weights = torch.randn(outputs.shape, generator=torch.Generator().manual_seed(1))
    for result in (outputs, outputs_slow):
        (result * weights).sum().backward()

    ours, theirs = (gradients(each.blocks[0][0]) for each in (fast, slow))
    assert all(one is not None for one in ours.values())
    pairs = [(outputs, outputs_slow), (x.grad, x_slow.grad), (ours, theirs)]
    return [difference(*pair, at_least) for pair in pairs]


@settings(max_examples=60, deadline=None)
@given(
    st.none() | trains(),
    st.sampled_from(KERNEL_SIZES),
    st.booleans(),
    st.integers(1, 6),
    *(st.integers(1, most) for most in (6, 3, 3, 6, 6)),
)
def test_any_cell_is_the_reference_in_outputs_and_gradients(
    train, kernel_size, bias, hidden, times, batch, channels, height, width
):
    setting = of_one_layer(kernel_size, bias, hidden, train)
    frames = torch.randn(times, batch, channels, height, width, generator=torch.Generator().manual_seed(0))

    assert max(against_the_reference(setting, frames.double(), at_least=1e-3)) < 1e-11
    assert max(against_the_reference(setting, frames, at_least=1)) < 1e-5


def train(order, steps, rank, window="sliding"):
    return {"order": order, "steps": steps, "rank": rank, "window": window}


PLAIN = [
    None,
    train(1, 1, 8),
    train(2, 3, 4),
    train(3, 3, 8),
    train(3, 5, 8),
    train(5, 5, [8, 4, 2, 4, 8]),
    train(3, 3, 8, "fixed"),
    train(4, 2, 3, "fixed"),
]


@pytest.mark.parametrize("train", PLAIN, ids=str)
@pytest.mark.parametrize("hidden", [8, 16])
def test_the_papers_cells_are_the_reference_in_outputs_and_gradients(train, hidden):
    frames = torch.rand(6, 2, 1, 8, 8, generator=torch.Generator().manual_seed(0))

    assert max(against_the_reference(of_one_layer(5, True, hidden, train), frames)) < 1e-5


@pytest.mark.parametrize("train", PLAIN, ids=str)
def test_under_autocast_a_cell_is_the_exact_reference_within_two_percent(train):
    frames = torch.rand(6, 2, 1, 8, 8, generator=torch.Generator().manual_seed(0))

    assert max(against_the_reference(of_one_layer(3, True, 8, train), frames, torch.bfloat16)) < 0.02


@pytest.mark.parametrize("window", ["sliding", "fixed"])
@pytest.mark.parametrize(
    ("order", "steps", "rank"), [(1, 1, 3), (1, 3, 2), (2, 2, 3), (2, 4, [3, 2]), (3, 5, [1, 2, 3]), (4, 4, 2)]
)
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
def test_the_reference_is_the_tensor_train_multiplied_out(order, steps, rank, window, bias):
    assert_dense(of_one_layer((3, 5), bias, 3, train(order, steps, rank, window)))


@pytest.mark.parametrize("kernel_size", KERNEL_SIZES)
def test_a_conv_lstm_is_its_dense_matrix(kernel_size):
    assert_dense(of_one_layer(kernel_size, True, 3, None))


@torch.no_grad()
def assert_dense(setting):
    # more time steps than the cell sees, so that the first ones are forgotten
    weights, frames = published_weights(setting, 2), torch.rand(2, 7, 2, 4, 5).double()
    truth = torch.rand(2, 1, 2, 4, 5).double()
    network = load_published(weights, setting.model_dump() | {"implementation": "reference"}).double()
    expected = predict(weights, setting, frames, 2, truth)
    torch.testing.assert_close(network(frames, 2, truth=truth), expected, atol=1e-12, rtol=1e-10)


def test_under_autocast_the_cell_state_alone_keeps_its_digits(cell, frames):
    with torch.autocast("cpu", torch.bfloat16):
        output, state = cell(frames)
        layer = FastLayer(cell)
        layer(frames)

    assert output.dtype == state.hidden[-1].dtype == layer.state.hidden.dtype == torch.bfloat16
    assert state.cell.dtype == layer.state.cell.dtype == torch.float32


def test_under_autocast_a_step_starts_from_a_state_of_plain_zeros(cell, frames):
    with torch.autocast("cpu", torch.bfloat16):
        without_state, _ = cell(frames[0])
        from_zeros, _ = cell(frames[0], cell.initial_state(frames[0]))
        from_zeros.float().sum().backward()

    assert torch.equal(without_state, from_zeros)


def tensors(state):
    """All tensors of a state, the reference's or the fast path's."""
    hidden, *rest = state
    return [*(hidden if isinstance(hidden, tuple) else [hidden]), *(one for one in rest if one is not None)]


def assert_same_state(one, other):
    for tensor, expected in zip(tensors(one), tensors(other), strict=True):
        torch.testing.assert_close(tensor, expected)


def test_many_steps_at_once_are_one_after_another(cell, frames):
    outputs, state = cell(frames)
    stepped = None
    for frame, output in zip(frames, outputs, strict=True):
        one, stepped = cell(frame, stepped)
        torch.testing.assert_close(one, output)

    assert_same_state(stepped, state)


@pytest.mark.parametrize("kind", [FastLayer, ReferenceLayer])
def test_a_clip_may_come_in_segments_of_any_length(cell, frames, kind):
    layer, whole = kind(cell), kind(cell)

    segments = torch.cat([layer(frames[:2]), layer(frames[2:3]), layer(frames[3:])])

    torch.testing.assert_close(segments, whole(frames))
    torch.testing.assert_close(segments, cell(frames)[0])
    assert_same_state(layer.state, whole.state)


def test_a_state_starts_at_zero(cell, frames):
    state = cell.initial_state(frames[0])

    assert not any(one.count_nonzero() for one in tensors(state))
    from_zeros, from_nothing = cell(frames[0], state), cell(frames[0])
    assert torch.equal(from_zeros[0], from_nothing[0])
    assert_same_state(from_zeros[1], from_nothing[1])


def test_a_step_never_changes_the_state_it_is_given(cell, frames):
    _, state = cell(frames[0])
    before = [one.clone() for one in tensors(state)]

    cell(frames[1], state)[0].sum().backward()

    assert all(map(torch.equal, before, tensors(state)))


def test_the_same_input_and_state_give_the_same_output_and_state(cell, frames):
    _, state = cell(frames[0])

    (output, new), (output_again, new_again) = cell(frames[1], state), cell(frames[1], state)

    assert torch.equal(output, output_again)
    assert all(map(torch.equal, tensors(new), tensors(new_again)))


def test_two_clips_can_be_stepped_in_turns(cell, frames):
    # nothing is kept on the module between steps
    def run(clip):
        state = None
        for frame in clip:
            output, state = cell(frame, state)
        return output

    one, other = frames, frames.flip(0)
    one_state = other_state = None
    for one_frame, other_frame in zip(one, other, strict=True):
        one_output, one_state = cell(one_frame, one_state)
        other_output, other_state = cell(other_frame, other_state)

    assert torch.equal(one_output, run(one))
    assert torch.equal(other_output, run(other))
    assert not torch.equal(one_output, other_output)


def test_the_clips_of_a_batch_know_nothing_of_each_other(cell, frames):
    together, _ = cell(frames)

    for clip in range(2):
        alone, _ = cell(frames[:, clip : clip + 1])
        torch.testing.assert_close(together[:, clip : clip + 1], alone)


def test_the_output_is_the_new_hidden_state(cell, frames):
    output, state = cell(frames[0])

    assert output.shape == (2, 3, 6, 7)
    assert torch.equal(output, state.hidden[-1])


def test_without_gradients_it_predicts_the_same(cell, frames):
    expected, _ = cell(frames)

    for guard in (torch.no_grad(), torch.inference_mode()):
        with guard:
            outputs, _ = cell(frames)
        assert torch.equal(outputs, expected)
        assert not outputs.requires_grad


@pytest.mark.parametrize("kind", [FastLayer, ReferenceLayer])
def test_a_layer_that_is_computed_again_has_the_same_gradients(cell, frames, kind):
    found = []
    for recompute in (False, True):
        layer = kind(cell, recompute)
        loss = torch.cat([layer(frames[:3]), layer(frames[3:])]).square().sum()
        found.append(torch.autograd.grad(loss, list(cell.parameters())))

    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_an_order_above_the_steps_is_refused_with_both_numbers():
    with pytest.raises(ValueError, match=r"order \(4\).*steps \(3\)"):
        ConvTTLSTMCell(1, 2, kernel_size=3, order=4, steps=3, rank=2)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"order": 0}, r"order \(0\)"),
        ({"rank": 0}, r"rank \(0"),
        ({"rank": [4, 4]}, "rank names 2 cores and order 3"),
    ],
)
def test_what_is_no_tensor_train_is_refused_with_the_number(wrong, message):
    with pytest.raises(ValueError, match=message):
        ConvTTLSTMCell(1, 2, **wrong)


@pytest.mark.parametrize("cell", [ConvLSTMCell, ConvTTLSTMCell])
@pytest.mark.parametrize("kernel_size", [-1, 0, 2, 4, (3, 4), (2, 3)])
def test_kernels_that_are_even_or_empty_are_refused(cell, kernel_size):
    with pytest.raises(ValueError, match=r"kernel_size \((-1|0|2|4)\) must be odd"):
        cell(1, 2, kernel_size)


@pytest.mark.parametrize("cell", [ConvLSTMCell, ConvTTLSTMCell])
def test_a_cell_without_channels_is_refused(cell):
    with pytest.raises(ValueError, match=r"input_channels \(0\)"):
        cell(0, 2)
    with pytest.raises(ValueError, match=r"hidden_channels \(0\)"):
        cell(1, 0)
