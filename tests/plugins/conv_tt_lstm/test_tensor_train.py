"""The tensor train multiplied out and found again: its mathematics, then what is refused."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import pad

from framecast_conv_tt_lstm.cell import ConvTTLSTMCell
from framecast_conv_tt_lstm.kernels import window_kernels
from framecast_conv_tt_lstm.tensor_train import ConvTensorTrain
from tests.plugins.conv_tt_lstm.drawn import KERNEL_SIZES, difference


def train_of(ranks, length, channels, size, window="sliding", bias=False, seed=0):
    """A random train."""
    random = torch.Generator().manual_seed(seed)

    def core(*shape):
        return torch.randn(shape, generator=random, dtype=torch.float64)

    return ConvTensorTrain(
        tuple(core(rank, length, channels, *size) for rank in ranks),
        tuple(core(after, before, *size) for before, after in pairwise(ranks)),
        tuple(core(rank) for rank in ranks) if bias else None,
        window,
    )


@st.composite
def drawn_trains(draw, cores=4, bias=None):
    size = draw(st.sampled_from([(size, size) if isinstance(size, int) else size for size in KERNEL_SIZES]))
    return train_of(
        draw(st.lists(st.integers(1, 3), min_size=1, max_size=cores)),
        draw(st.integers(1, 3)),
        draw(st.integers(1, 3)),
        size,
        draw(st.sampled_from(["sliding", "fixed"])),
        draw(st.booleans()) if bias is None else bias,
        draw(st.integers(0, 99)),
    )


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


def arbitrary(train, seed=0):
    """Kernels in the sizes of a train's, which no train gave."""
    random = torch.Generator().manual_seed(seed)
    return [torch.randn(k.shape, generator=random, dtype=k.dtype) for k in train.contract().kernels]


def missed(train, kernels):
    """Relative Frobenius norm of what a train misses, the slow way."""
    pairs = list(zip(train.contract().kernels, kernels, strict=True))
    return float(sum(((a - b) ** 2).sum() for a, b in pairs) / sum((b**2).sum() for _, b in pairs)) ** 0.5


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


# A train found for given kernels


@pytest.mark.parametrize(
    ("ranks", "length", "channels", "size", "window"),
    [
        ((3,), 2, 2, (3, 3), "sliding"),
        ((1, 2), 1, 2, (3, 3), "sliding"),
        ((2, 3), 1, 3, (3, 3), "sliding"),
        ((2, 3), 2, 2, (3, 3), "sliding"),
        ((2, 2), 2, 1, (3, 1), "sliding"),
        ((1, 3), 3, 2, (3, 3), "fixed"),
        ((1, 2, 3), 1, 3, (3, 1), "sliding"),
        ((3, 3, 3), 1, 2, (1, 1), "sliding"),
    ],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_trains_own_kernels_are_found_at_its_own_rank(ranks, length, channels, size, window, seed):
    kernels, _ = train_of(ranks, length, channels, size, window, seed=seed).contract()

    found = ConvTensorTrain.decompose(kernels, max(ranks[:-1], default=1), order=len(ranks), window=window)

    assert found.error < 1e-9
    assert missed(found.train, kernels) < 1e-9


@pytest.mark.slow
@given(drawn_trains(cores=3), st.booleans())
@settings(max_examples=15, deadline=None)
def test_a_rank_large_enough_reproduces_any_kernels(train, named):
    order, (outputs, *_) = len(train.window_kernels), train.window_kernels[-1].shape
    kernels = arbitrary(train)

    rank = outputs * order**2 if named else None
    found = ConvTensorTrain.decompose(kernels, rank, order=order, window=train.window)

    assert found.error < 1e-10
    assert missed(found.train, kernels) < 1e-10
    assert found.train.windows.steps == train.windows.steps


def test_the_order_and_the_kernel_size_are_read_off_a_sliding_windows_kernels():
    like = train_of((1, 1, 2), 2, 1, (3, 1))

    found, _ = ConvTensorTrain.decompose(arbitrary(like), rank=1, restarts=1)

    assert [core.shape for core in (*found.window_kernels, *found.chain_kernels)] == [
        core.shape for core in (*like.window_kernels, *like.chain_kernels)
    ]


@pytest.mark.parametrize(("order", "most"), [(2, 4), (3, 5)])
def test_the_error_is_the_true_one_and_a_larger_rank_is_never_worse(order, most):
    kernels = arbitrary(train_of((1,) * (order - 1) + (2,), 1, 2, (3, 1)))

    errors = []
    for rank in range(1, most + 1):
        train, error = ConvTensorTrain.decompose(kernels, rank, restarts=1)
        assert train.windows.rank[0] == rank
        assert error == pytest.approx(missed(train, kernels), abs=1e-12)
        errors.append(error)
    assert all(larger <= smaller + 1e-10 for smaller, larger in pairwise(errors))
    assert errors[-1] < errors[0] / 2


def test_ranks_grow_no_further_than_the_tolerance_asks():
    kernels = arbitrary(train_of((1, 2), 1, 2, (3, 1)))
    _, at_two = ConvTensorTrain.decompose(kernels, rank=2)

    train, error = ConvTensorTrain.decompose(kernels, tolerance=at_two + 1e-9)

    assert error <= at_two + 1e-9
    assert train.windows.rank == (2, 2)


@pytest.mark.parametrize("rank", [1, 2])
def test_the_same_seed_gives_the_same_train(rank):
    kernels = arbitrary(train_of((2, 2), 1, 2, (3, 3)))

    (one, _), (other, _) = (ConvTensorTrain.decompose(kernels, rank, seed=3, restarts=2) for _ in range(2))

    pairs = zip(
        (*one.window_kernels, *one.chain_kernels), (*other.window_kernels, *other.chain_kernels), strict=True
    )
    assert all(torch.equal(*pair) for pair in pairs)


def test_a_train_has_the_number_format_of_the_kernels_it_was_found_for():
    kernels = [kernel.float() for kernel in arbitrary(train_of((2, 2), 1, 2, (3, 3)))]

    train, error = ConvTensorTrain.decompose(kernels)

    assert train.window_kernels[0].dtype == torch.float32
    assert error == pytest.approx(missed(train, kernels), rel=1e-3)
    assert error < 1e-5


def test_kernels_of_zeros_are_reproduced():
    train, error = ConvTensorTrain.decompose([torch.zeros(2, 1, 5, 5), torch.zeros(2, 1, 3, 3)], rank=1)

    assert error == 0
    assert all(kernel.count_nonzero() == 0 for kernel in train.contract().kernels)


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


def squares(*sizes):
    return [torch.ones(2, 1, size, size) for size in sizes]


@pytest.mark.parametrize(
    ("kernels", "options", "message"),
    [
        ([], {}, r"kernels \(\) must be \(R, C, K, K\)"),
        ([torch.ones(2, 3, 3)], {}, r"kernels \(2 x 3 x 3\) must be \(R, C, K, K\)"),
        (squares(5, 3), {"rank": 0}, r"rank \(0\) and restarts \(8\) must be at least 1"),
        (squares(5, 3), {"rank": 1, "restarts": 0}, r"restarts \(0\) must be at least 1"),
        (squares(4), {"order": 1}, r"kernel size \(4, 4\) must be odd"),
        (squares(7, 3), {}, r"order \(3\) must not exceed steps \(2\)"),
        (squares(5, 5), {"order": 2}, r"order 2 \(2 x 1 x 5 x 5, 2 x 1 x 5 x 5\) must be .*, 2 x 1 x 3 x 3$"),
        (
            squares(5, 5),
            {"window": "fixed"},
            r"2 x 1 x 5 x 5\) with a fixed window do not tell the order: give it",
        ),
        (squares(1, 1), {}, r"with a sliding window do not tell the order"),
        (squares(5, 3), {"order": 0}, r"order \(0\) must be at least 1"),
        ([torch.full((1, 1, 3, 3), torch.nan)], {}, r"norm nan\) must be finite"),
    ],
)
def test_kernels_that_no_train_has_are_refused_with_their_shapes(kernels, options, message):
    with pytest.raises(ValueError, match=message):
        ConvTensorTrain.decompose(kernels, **options)


@pytest.mark.parametrize(("rank", "tolerance"), [(1, 1e-3), (None, 0.0)])
def test_a_tolerance_that_is_not_met_is_refused_with_the_best_error(rank, tolerance):
    kernels = arbitrary(train_of((1, 2), 1, 2, (3, 1)))
    best = ConvTensorTrain.decompose(kernels, rank).error

    with pytest.raises(
        ValueError, match=rf"tolerance \({tolerance:g}\) is not met: up to rank {rank or 4}"
    ) as refused:
        ConvTensorTrain.decompose(kernels, rank, tolerance)

    assert float(str(refused.value).split()[-1]) == pytest.approx(best, rel=1e-2, abs=1e-9)
