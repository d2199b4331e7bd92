"""A convolutional tensor train for given kernels, found by least squares.

Dimensions: M cores, C channels of a state, R_i channels that leave core i (R: the last), k kernel size, K composed
kernel size; all sizes are odd, height and width may differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor
from torch.func import jacrev

from framecast_conv_tt_lstm.tensor_train import ConvTensorTrain, expect_shapes, shapes_text
from framecast_conv_tt_lstm.windows import Window, Windows

Cores = list[Tensor]
"""P_0 ... P_(M-1), then G_1 ... G_(M-1)."""

_ROUND_OFF, _EXACT, _STALLED, _ITERATIONS = 1e-15, 1e-11, 1e-4, 200
"""Damping that is felt by nothing; an error that is none; a gain, relative, too small to go on; most steps."""


class Decomposition(NamedTuple):
    train: ConvTensorTrain
    error: float
    """Relative Frobenius norm, over all kernels, of what the train misses."""


def decompose(
    kernels: Sequence[Tensor],
    rank: int | None = None,
    tolerance: float | None = None,
    order: int | None = None,
    window: Window = "sliding",
    restarts: int = 8,
    seed: int = 0,
) -> Decomposition:
    """A train, without bias, whose kernels come near the given ones, by least squares.

    `kernels` are (R, C, K, K) for each state, oldest first, in the sizes of `ConvTensorTrain.contract`; the sizes
    tell the order of a sliding window, that of a fixed one (and of 1 x 1 kernels) must be given. `rank` is what
    R_0 ... R_(M-2) may be, though none takes more than reproduces any kernels, R (M - i)^2; None allows that.
    With a `tolerance`, ranks grow from 1 until the error is no larger.

    Below that rank the problem is not convex: this is the best of `restarts` searches, each of which widens
    the train found for the rank before, so that a larger rank is never worse. It is dense least squares:
    seconds for a few hundred numbers, minutes for thousands. Raises ValueError where the shapes make no train,
    or the tolerance is not met.
    """
    windows, size = _layout(kernels, order, window)
    if restarts < 1 or (rank is not None and rank < 1):
        raise ValueError(f"rank ({rank}) and restarts ({restarts}) must be at least 1")
    outputs, channels = kernels[0].shape[:2]
    target, random = _flat(kernels).detach().cpu().double(), torch.Generator().manual_seed(seed)
    scale = target.norm().item() or 1.0
    if not math.isfinite(scale):
        raise ValueError(f"kernels (of norm {scale}) must be finite")

    def train(cores: Cores) -> ConvTensorTrain:
        return ConvTensorTrain(tuple(cores[: windows.order]), tuple(cores[windows.order :]), window=window)

    def miss(cores: Cores) -> Tensor:
        return _flat(train(cores).contract().kernels) - target / scale

    exact = _exact_chain(windows.order, outputs, size)
    enough = [chain_kernel.shape[1] for chain_kernel in exact]
    most = max(enough, default=1)
    widest, chain_kernels = min(rank or most, most), [torch.empty(0)] * len(exact)
    for width in range(most if widest == most and tolerance is None else 1, widest + 1):
        ranks = [*(min(width, rank) for rank in enough), outputs]
        window_kernels = [target.new_zeros(rank, windows.length, channels, *size) for rank in ranks]
        shapes = [(after, before, *size) for before, after in pairwise(ranks)]
        least = math.inf
        for _ in range(restarts):
            wider = [
                _widened(chain_kernel, shape, random)
                for chain_kernel, shape in zip(chain_kernels, shapes, strict=True)
            ]
            fitted, missed = _fit(miss, window_kernels, exact if width == most else wider)
            if missed < least:
                cores, least = fitted, missed
            if width == most or least < _EXACT:
                break
        chain_kernels = cores[windows.order :]
        found = train([(scale * core if core.dim() == 5 else core).to(kernels[0]) for core in cores])
        error = ((_flat(found.contract().kernels) - _flat(kernels)).norm() / scale).item()
        if tolerance is not None and error <= tolerance:
            break
    if tolerance is not None and error > tolerance:
        raise ValueError(f"tolerance ({tolerance:g}) is not met: up to rank {widest} the error is {error:.3g}")
    return Decomposition(found, error)


def _layout(kernels: Sequence[Tensor], order: int | None, window: Window) -> tuple[Windows, list[int]]:
    """Which core sees which state, ranks aside, and the cores' kernel size."""
    if not kernels or any(kernel.dim() != 4 or 0 in kernel.shape for kernel in kernels):
        raise ValueError(f"kernels ({shapes_text(kernels)}) must be (R, C, K, K) for each state, none 0")
    outputs, channels, *largest = kernels[0].shape
    if order is None:
        sizes = zip(largest, kernels[-1].shape[2:], strict=True)
        orders = {(large - 1) // (small - 1) for large, small in sizes if small > 1}
        if window == "fixed" or len(orders) != 1:
            raise ValueError(
                f"kernels ({shapes_text(kernels)}) with a {window} window do not tell the order: give it"
            )
        order = max(1, *orders)
    windows = Windows.of(order, len(kernels), 1, window)
    size = [1 + (length - 1) // order for length in largest]
    passed = [order - windows.cores(age)[0] for age in reversed(range(len(kernels)))]
    shapes = [(outputs, channels, *(1 + cores * (length - 1) for length in size)) for cores in passed]
    expect_shapes(f"kernels of order {order}", kernels, shapes)
    return windows, size


def _exact_chain(order: int, outputs: int, size: list[int]) -> Cores:
    """Chain kernels G_1 ... G_(M-1) that reproduce any kernels, with the P that fit.

    Each channel of V_i holds one k x k tile of the composed kernels, and the chain kernels only move it.
    """

    def move(stay: int, length: int) -> Tensor:
        # of the tiles in a row the last moves by k - 1, and joins the one before
        chain_kernel = torch.zeros(stay, stay + 1, length)
        chain_kernel[..., 0].fill_diagonal_(1)
        chain_kernel[-1, -1, -1] = 1
        return chain_kernel if length > 1 else chain_kernel[:1, :1]

    chain_kernels = []
    for stay in range(order - 1, 0, -1):
        down, right = (move(stay, length) for length in size)
        chain_kernel = torch.einsum("rq,stx,uvy->rsuqtvxy", torch.eye(outputs), down, right)
        chain_kernels.append(chain_kernel.flatten(0, 2).flatten(1, 3).double())
    return chain_kernels


def _widened(chain_kernel: Tensor, shape: tuple[int, ...], random: torch.Generator) -> Tensor:
    """With more channels, by chance; those that leave begin at zero: the train can still do what it did."""
    wide = torch.randn(shape, generator=random).double() / math.sqrt(math.prod(shape[1:]))
    if len(chain_kernel):
        wide[len(chain_kernel) :] = 0
        wide[: len(chain_kernel), : chain_kernel.shape[1]] = chain_kernel
    return wide


def _fit(miss: Callable[[Cores], Tensor], window_kernels: Cores, chain_kernels: Cores) -> tuple[Cores, float]:
    """The cores near some chain kernels that miss least, and by how much: first P alone, then all,
    by Levenberg-Marquardt."""
    like, linear = [*window_kernels, *chain_kernels], sum(core.numel() for core in window_kernels)
    x = _flat(like)

    def cores(x: Tensor) -> Cores:
        parts = x.split([core.numel() for core in like])
        return [part.view_as(core) for part, core in zip(parts, like, strict=True)]

    def missed(x: Tensor) -> Tensor:
        return miss(cores(x))

    def step(slope: Tensor, now: Tensor, damping: float) -> Tensor:
        still = slope.new_zeros(slope.shape[1])
        # damping makes the rank full, as gels requires; gelsy, the default, does not repeat to the last digit
        damped = torch.cat([slope, math.sqrt(damping) * still.add(1).diag()])
        solved: Tensor = torch.linalg.lstsq(damped, -torch.cat([now, still])[:, None], driver="gels").solution
        return solved[:, 0]

    slope = jacrev(lambda p: missed(torch.cat([p, x[linear:]])))(x[:linear])
    x = torch.cat([x[:linear] + step(slope, missed(x), _ROUND_OFF), x[linear:]])
    now, damping = missed(x), 1e-3
    for _ in range(_ITERATIONS):
        before = now.norm()
        if before < _EXACT:
            break
        slope = jacrev(missed)(x)
        while now.norm() >= before and damping < 1e6:
            tried = x + step(slope, now, damping)
            if missed(tried).norm() < before:
                x, now, damping = tried, missed(tried), damping / 32
            damping *= 4
        if now.norm() > (1 - _STALLED) * before:
            break
    return cores(x), now.norm().item()


def _flat(tensors: Sequence[Tensor]) -> Tensor:
    return torch.cat([tensor.flatten() for tensor in tensors])
