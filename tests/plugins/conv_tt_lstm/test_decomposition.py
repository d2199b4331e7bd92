"""A train found for given kernels: how near it comes, then what is refused."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from framecast_conv_tt_lstm.decomposition import decompose
from tests.plugins.conv_tt_lstm.drawn import drawn_trains, train_of


def arbitrary(train, seed=0):
    """Kernels in the sizes of a train's, which no train gave."""
    random = torch.Generator().manual_seed(seed)
    return [torch.randn(k.shape, generator=random, dtype=k.dtype) for k in train.contract().kernels]


def missed(train, kernels):
    """Relative Frobenius norm of what a train misses, the slow way."""
    pairs = list(zip(train.contract().kernels, kernels, strict=True))
    return float(sum(((a - b) ** 2).sum() for a, b in pairs) / sum((b**2).sum() for _, b in pairs)) ** 0.5


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

    found = decompose(kernels, max(ranks[:-1], default=1), order=len(ranks), window=window)

    assert found.error < 1e-9
    assert missed(found.train, kernels) < 1e-9


@pytest.mark.slow
@given(drawn_trains(cores=3), st.booleans())
@settings(max_examples=15, deadline=None)
def test_a_rank_large_enough_reproduces_any_kernels(train, named):
    order, (outputs, *_) = len(train.window_kernels), train.window_kernels[-1].shape
    kernels = arbitrary(train)

    rank = outputs * order**2 if named else None
    found = decompose(kernels, rank, order=order, window=train.window)

    assert found.error < 1e-10
    assert missed(found.train, kernels) < 1e-10
    assert found.train.windows.steps == train.windows.steps


def test_the_order_and_the_kernel_size_are_read_off_a_sliding_windows_kernels():
    like = train_of((1, 1, 2), 2, 1, (3, 1))

    found, _ = decompose(arbitrary(like), rank=1, restarts=1)

    assert [core.shape for core in (*found.window_kernels, *found.chain_kernels)] == [
        core.shape for core in (*like.window_kernels, *like.chain_kernels)
    ]


@pytest.mark.parametrize(("order", "most"), [(2, 4), (3, 5)])
def test_the_error_is_the_true_one_and_a_larger_rank_is_never_worse(order, most):
    kernels = arbitrary(train_of((1,) * (order - 1) + (2,), 1, 2, (3, 1)))

    errors = []
    for rank in range(1, most + 1):
        train, error = decompose(kernels, rank, restarts=1)
        assert train.windows.rank[0] == rank
        assert error == pytest.approx(missed(train, kernels), abs=1e-12)
        errors.append(error)
    assert all(larger <= smaller + 1e-10 for smaller, larger in pairwise(errors))
    assert errors[-1] < errors[0] / 2


def test_ranks_grow_no_further_than_the_tolerance_asks():
    kernels = arbitrary(train_of((1, 2), 1, 2, (3, 1)))
    _, at_two = decompose(kernels, rank=2)

    train, error = decompose(kernels, tolerance=at_two + 1e-9)

    assert error <= at_two + 1e-9
    assert train.windows.rank == (2, 2)


@pytest.mark.parametrize("rank", [1, 2])
def test_the_same_seed_gives_the_same_train(rank):
    kernels = arbitrary(train_of((2, 2), 1, 2, (3, 3)))

    (one, _), (other, _) = (decompose(kernels, rank, seed=3, restarts=2) for _ in range(2))

    pairs = zip(
        (*one.window_kernels, *one.chain_kernels), (*other.window_kernels, *other.chain_kernels), strict=True
    )
    assert all(torch.equal(*pair) for pair in pairs)


def test_a_train_has_the_number_format_of_the_kernels_it_was_found_for():
    kernels = [kernel.float() for kernel in arbitrary(train_of((2, 2), 1, 2, (3, 3)))]

    train, error = decompose(kernels)

    assert train.window_kernels[0].dtype == torch.float32
    assert error == pytest.approx(missed(train, kernels), rel=1e-3)
    assert error < 1e-5


def test_kernels_of_zeros_are_reproduced():
    train, error = decompose([torch.zeros(2, 1, 5, 5), torch.zeros(2, 1, 3, 3)], rank=1)

    assert error == 0
    assert all(kernel.count_nonzero() == 0 for kernel in train.contract().kernels)


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
        decompose(kernels, **options)


@pytest.mark.parametrize(("rank", "tolerance"), [(1, 1e-3), (None, 0.0)])
def test_a_tolerance_that_is_not_met_is_refused_with_the_best_error(rank, tolerance):
    kernels = arbitrary(train_of((1, 2), 1, 2, (3, 1)))
    best = decompose(kernels, rank).error

    with pytest.raises(
        ValueError, match=rf"tolerance \({tolerance:g}\) is not met: up to rank {rank or 4}"
    ) as refused:
        decompose(kernels, rank, tolerance)

    assert float(str(refused.value).split()[-1]) == pytest.approx(best, rel=1e-2, abs=1e-9)
