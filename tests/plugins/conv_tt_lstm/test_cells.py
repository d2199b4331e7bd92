"""The cells as pure functions; their numbers are tested by the golden cases in test_network.py."""

import pytest
import torch

from framecast_conv_tt_lstm.cells import ConvLSTMCell, ConvTTLSTMCell


def conv_lstm():
    return ConvLSTMCell(2, 3, kernel_size=3)


def conv_tt_lstm():
    return ConvTTLSTMCell(2, 3, kernel_size=3, order=2, steps=4, rank=5)


def flat(state):
    """All tensors of a state of either cell."""
    hidden = state.hidden if isinstance(state.hidden, tuple) else (state.hidden,)
    return torch.stack([*hidden, state.cell])


@pytest.fixture(params=[conv_lstm, conv_tt_lstm])
def cell(request):
    torch.manual_seed(0)
    return request.param()


@pytest.fixture
def frames():
    return torch.rand(5, 2, 2, 6, 7, generator=torch.Generator().manual_seed(1))


def test_a_state_starts_at_zero(cell, frames):
    assert flat(cell.initial_state(frames[0])).count_nonzero() == 0


def test_a_step_never_changes_the_state_it_is_given(cell, frames):
    _, state = cell(frames[0], cell.initial_state(frames[0]))
    before = flat(state).clone()

    cell(frames[1], state)

    assert torch.equal(flat(state), before)


def test_the_same_input_and_state_give_the_same_output_and_state(cell, frames):
    _, state = cell(frames[0], cell.initial_state(frames[0]))

    (output, new), (output_again, new_again) = cell(frames[1], state), cell(frames[1], state)

    assert torch.equal(output, output_again)
    assert torch.equal(flat(new), flat(new_again))


def test_two_clips_can_be_stepped_in_turns(cell, frames):
    # nothing is kept on the module between steps
    def run(clip):
        state = cell.initial_state(clip[0])
        for frame in clip:
            output, state = cell(frame, state)
        return output

    one, other = frames, frames.flip(0)
    one_state, other_state = cell.initial_state(one[0]), cell.initial_state(other[0])
    for one_frame, other_frame in zip(one, other, strict=True):
        one_output, one_state = cell(one_frame, one_state)
        other_output, other_state = cell(other_frame, other_state)

    assert torch.equal(one_output, run(one))
    assert torch.equal(other_output, run(other))
    assert not torch.equal(one_output, other_output)


def test_the_output_is_the_new_hidden_state(cell, frames):
    output, state = cell(frames[0], cell.initial_state(frames[0]))

    newest = state.hidden[-1] if isinstance(state.hidden, tuple) else state.hidden
    assert output.shape == (2, 3, 6, 7)
    assert torch.equal(output, newest)


def test_the_oldest_hidden_state_drops_out_as_the_newest_comes_in(frames):
    cell = conv_tt_lstm()
    state = cell.initial_state(frames[0])
    outputs = []
    for frame in frames:
        output, state = cell(frame, state)
        outputs.append(output)

    assert len(state.hidden) == 4
    assert all(torch.equal(kept, output) for kept, output in zip(state.hidden, outputs[-4:], strict=True))


def test_a_conv_tt_lstm_step_follows_the_equations(frames):
    # order 2, steps 4: two windows of three states each
    cell = conv_tt_lstm()
    state = cell.initial_state(frames[0])
    for frame in frames[:4]:
        _, state = cell(frame, state)
    h, c = state

    v0 = cell.windows[0](torch.cat([h[0], h[1], h[2]], 1))
    v1 = cell.windows[1](torch.cat([h[1], h[2], h[3]], 1)) + cell.chain[0](v0)
    i, f, o, g = cell.gates(torch.cat([frames[4], v1], 1)).split(3, 1)
    c_new = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)

    output, new = cell(frames[4], state)

    torch.testing.assert_close(new.cell, c_new)
    torch.testing.assert_close(output, torch.sigmoid(o) * torch.tanh(c_new))


def test_an_order_above_the_steps_is_refused_with_both_numbers():
    with pytest.raises(ValueError, match=r"order \(4\).*steps \(3\)"):
        ConvTTLSTMCell(1, 2, kernel_size=3, order=4, steps=3, rank=2)


def test_an_order_of_zero_is_refused():
    with pytest.raises(ValueError, match=r"order \(0\)"):
        ConvTTLSTMCell(1, 2, kernel_size=3, order=0, steps=3, rank=2)


def test_a_rank_of_zero_is_refused():
    with pytest.raises(ValueError, match=r"rank \(0\)"):
        ConvTTLSTMCell(1, 2, kernel_size=3, order=2, steps=3, rank=0)


@pytest.mark.parametrize("kernel_size", [-1, 0, 2, 4])
def test_kernels_that_are_even_or_empty_are_refused(kernel_size):
    with pytest.raises(ValueError, match=rf"kernel_size \({kernel_size}\) must be odd"):
        ConvLSTMCell(1, 2, kernel_size)
    with pytest.raises(ValueError, match=rf"kernel_size \({kernel_size}\) must be odd"):
        ConvTTLSTMCell(1, 2, kernel_size, order=1, steps=1, rank=2)
