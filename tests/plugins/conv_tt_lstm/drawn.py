"""Small networks of any settings, by the reference and the fast path, and tensor trains, drawn by hypothesis."""

from itertools import pairwise

import torch
from hypothesis import strategies as st

from framecast_conv_tt_lstm.network import RecurrentVideoNetwork
from framecast_conv_tt_lstm.settings import ConvLSTMSettings, ConvTTLSTMSettings
from framecast_conv_tt_lstm.tensor_train import ConvTensorTrain

KERNEL_SIZES = [1, 3, 5, (3, 5), (5, 1)]


@st.composite
def trains(draw):
    """Settings of a tensor train."""
    order, window = draw(st.integers(1, 5)), draw(st.sampled_from(["sliding", "fixed"]))
    steps = draw(st.integers(order if window == "sliding" else 1, 6))
    ranks = st.integers(1, 4)
    rank = draw(ranks | st.lists(ranks, min_size=order, max_size=order))
    return {"order": order, "steps": steps, "rank": rank, "window": window}


@st.composite
def networks(draw, blocks=3, layers=2, channels=5):
    """Settings of a network, with no more of each than this."""
    count = draw(st.integers(1, blocks))
    stack = {
        "layers_per_block": draw(st.lists(st.integers(1, layers), min_size=count, max_size=count)),
        "hidden_channels": draw(st.lists(st.integers(1, channels), min_size=count, max_size=count)),
        "kernel_size": draw(st.sampled_from(KERNEL_SIZES)),
        "skip_stride": draw(st.none() | st.integers(1, blocks)),
        "bias": draw(st.booleans()),
        "output_sigmoid": draw(st.booleans()),
    }
    return ConvTTLSTMSettings(**stack, **draw(trains())) if draw(st.booleans()) else ConvLSTMSettings(**stack)


def both(settings, channels, dtype=torch.float32):
    """The reference and the fast path with the same weights."""
    return [build(settings, channels, name).to(dtype) for name in ("reference", "fast")]


def build(settings, channels, implementation):
    torch.manual_seed(0)
    chosen = settings.model_copy(update={"implementation": implementation})
    return RecurrentVideoNetwork.from_settings(chosen, channels)


def gradients(network):
    return {name: parameter.grad for name, parameter in network.named_parameters()}


def difference(ours, theirs, at_least=0.0):
    """Norm of the difference over the norm: of two tensors, or over all those of two state dicts together.

    A norm below `at_least` counts as that: few digits are left of a single number that happens to be near zero.
    """
    if isinstance(ours, dict):
        assert ours.keys() == theirs.keys()
        ours, theirs = (torch.cat([each[name].double().flatten() for name in theirs]) for each in (ours, theirs))
    return ((ours.double() - theirs.double()).norm() / theirs.double().norm().clamp(min=at_least)).item()


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
