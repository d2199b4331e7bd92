"""The tensor train applied and multiplied out: its mathematics, then what is refused."""

import pytest
import torch
from hypothesis import given, settings
from torch.nn.functional import pad

from framecast_conv_tt_lstm.cell import ConvTTLSTMCell
from framecast_conv_tt_lstm.kernels import window_kernels
from framecast_conv_tt_lstm.tensor_train import ConvTensorTrain
from tests.plugins.conv_tt_lstm.drawn import difference, drawn_trains, train_of


def states_for(train, *image):
    shape = (train.windows.steps, 2, train.window_kernels[0].shape[2], *image)
    return torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def convolved(states, contracted, mode):
    """Every state convolved with its explicit kernel."""
    output = contracted.bias[:, None, None]
    for state, kernel in zip(states, contracted.kernels, strict=True):
        height, width = (length // 2 for length in kernel.shape[2:])
        output = output + torch.conv2d(pad(state, (width, width, height, height), mode), kernel)
    return output


# The train, and the train multiplied out


@given(drawn_trains())
@settings(max_examples=25, deadline=None)
def test_under_circular_padding_the_train_is_its_contracted_kernels_everywhere(train):
    states = states_for(train, 11, 10)

    assert difference(train(states, "circular"), convolved(states, train.contract(), "circular")) < 1e-12


@given(drawn_trains())
@settings(max_examples=25, deadline=None)
def test_under_zero_padding_it_is_so_from_half_a_kernel_per_link_inside_the_border(train):
    margins = [(length // 2) * len(train.chain_kernels) for length in train.window_kernels[0].shape[-2:]]
    states = states_for(train, *(2 * margin + 3 for margin in margins))

    rows, columns = (slice(margin, margin + 3) for margin in margins)
    output, explicit = train(states), convolved(states, train.contract(), "constant")
    assert output.shape == explicit.shape
    assert difference(output[..., rows, columns], explicit[..., rows, columns]) < 1e-12


def test_one_pixel_nearer_to_the_border_it_is_not():
    train = train_of((2, 2, 2), 1, 1, (3, 3), bias=True)
    states = states_for(train, 9, 9)

    wrong = (train(states) - convolved(states, train.contract(), "constant")).abs().amax((0, 1)) > 1e-9
    assert wrong[1].all()
    assert not wrong[2:-2, 2:-2].any()


def test_sliding_windows_give_a_kernel_for_each_state_and_the_older_the_larger():
    kernels, bias = train_of((3, 2, 4), 2, 5, (3, 5)).contract()

    # states 0 and 1 enter at the first core and pass two chain_kernels, state 2 passes one, state 3 none
    assert [tuple(kernel.shape) for kernel in kernels] == [
        (4, 5, 7, 13),
        (4, 5, 7, 13),
        (4, 5, 5, 9),
        (4, 5, 3, 5),
    ]
    assert bias.tolist() == [0, 0, 0, 0]


def test_with_a_fixed_window_every_kernel_has_passed_all_links():
    kernels, _ = train_of((3, 2, 4), 2, 5, (3, 3), "fixed").contract()

    assert [tuple(kernel.shape) for kernel in kernels] == [(4, 5, 7, 7)] * 2


def test_the_newest_state_of_a_sliding_window_passes_the_last_core_alone():
    train = train_of((2, 3), 2, 2, (3, 3))

    torch.testing.assert_close(train.contract().kernels[-1], train.window_kernels[-1][:, -1])


@given(drawn_trains(bias=True))
@settings(max_examples=25, deadline=None)
def test_the_contracted_bias_is_what_the_train_makes_of_nothing(train):
    nothing = torch.zeros_like(states_for(train, 9, 9))

    torch.testing.assert_close(train(nothing, "circular")[0, :, 4, 4], train.contract().bias)


def test_one_core_is_a_plain_convolution_over_time_and_space():
    train = train_of((4,), 3, 2, (3, 5), bias=True)
    states = states_for(train, 6, 7)

    plain = torch.conv3d(
        states.permute(1, 2, 0, 3, 4), train.window_kernels[0].transpose(1, 2), train.bias[0], padding=(0, 1, 2)
    )

    torch.testing.assert_close(train(states), plain[:, :, 0])
    assert all(
        torch.equal(*pair)
        for pair in zip(train.contract().kernels, train.window_kernels[0].unbind(1), strict=True)
    )


@pytest.mark.parametrize("window", ["sliding", "fixed"])
def test_with_a_cells_weights_it_gives_the_signal_to_the_cells_gates(window):
    torch.manual_seed(0)
    rank, hidden = [2, 4, 3], 5
    cell = ConvTTLSTMCell(1, hidden, 3, 3, 4, rank, window).double()
    kernels = cell.kernels()
    train = ConvTensorTrain(
        tuple(each.unflatten(1, (-1, hidden)) for each in window_kernels(kernels, cell.windows)),
        kernels.chain,
        kernels.core_bias.split(rank),
        window,
    )
    states = states_for(train, 6, 7)

    torch.testing.assert_close(train(states), cell.signal(kernels, list(states)))


# What is refused


@pytest.mark.parametrize(
    ("window_kernels", "chain_kernels", "bias", "message"),
    [
        ([], [], None, r"window_kernels \(\) must be"),
        ([(2, 3, 3, 3)], [], None, r"window_kernels \(2 x 3 x 3 x 3\) must be \(R_i, D, C, k, k\)"),
        ([(2, 0, 1, 3, 3)], [], None, r"window_kernels \(2 x 0 x 1 x 3 x 3\) .* none 0"),
        ([(2, 1, 1, 4, 3)], [], None, r"kernel size \(4, 3\) must be odd"),
        (
            [(2, 1, 1, 3, 3), (2, 2, 1, 3, 3)],
            [(2, 2, 3, 3)],
            None,
            r"2 x 2 x 1 x 3 x 3\) must be .*2 x 1 x 1 x 3 x 3$",
        ),
        (
            [(2, 1, 1, 3, 3), (3, 1, 1, 3, 3)],
            [(2, 3, 3, 3)],
            None,
            r"chain_kernels \(2 x 3 x 3 x 3\) must be 3 x 2 x 3 x 3",
        ),
        ([(2, 1, 1, 3, 3), (3, 1, 1, 3, 3)], [], None, r"chain_kernels \(\) must be 3 x 2 x 3 x 3"),
        ([(2, 1, 1, 3, 3)], [(2, 2, 3, 3)], None, r"chain_kernels \(2 x 2 x 3 x 3\) must be none"),
        ([(2, 1, 1, 3, 3)], [], [(3,)], r"bias \(3\) must be 2"),
    ],
)
def test_cores_that_make_no_train_are_refused_with_their_shapes(window_kernels, chain_kernels, bias, message):
    def zeros(shapes):
        return tuple(torch.zeros(shape) for shape in shapes)

    with pytest.raises(ValueError, match=message):
        ConvTensorTrain(zeros(window_kernels), zeros(chain_kernels), bias and zeros(bias))


@pytest.mark.parametrize("shape", [(3, 1, 2, 5, 5), (2, 1, 3, 5, 5), (2, 2, 5, 5)])
def test_states_of_another_shape_are_refused(shape):
    train = train_of((1, 1), 1, 2, (3, 3))

    with pytest.raises(ValueError, match=rf"states \({' x '.join(map(str, shape))}\) must be \(2, B, 2, H, W\)"):
        train(torch.zeros(shape))


def test_an_unknown_padding_or_window_is_refused_with_the_choices():
    train = train_of((1,), 1, 1, (3, 3))
    with pytest.raises(ValueError, match=r"padding \('same'\) must be one of zeros, circular"):
        train(torch.zeros(1, 1, 1, 5, 5), "same")
    with pytest.raises(ValueError, match=r"window \('growing'\) must be one of sliding, fixed"):
        ConvTensorTrain(train.window_kernels, window="growing")  # type: ignore[arg-type]
