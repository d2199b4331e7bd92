"""Small networks of any settings, for hypothesis to draw, each by the reference and by the fast path."""

import torch
from hypothesis import strategies as st

from framecast_conv_tt_lstm.network import RecurrentVideoNetwork
from framecast_conv_tt_lstm.settings import ConvLSTMSettings, ConvTTLSTMSettings

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
