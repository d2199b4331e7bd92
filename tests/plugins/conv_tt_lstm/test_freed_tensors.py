"""A training step leaves no tensors behind for the garbage collector."""

from __future__ import annotations

import gc

import pytest
import torch

import framecast_conv_tt_lstm.network as networks
from framecast_conv_tt_lstm.settings import ConvTTLSTMSettings


def tensors() -> int:
    return sum(issubclass(type(each), torch.Tensor) for each in gc.get_objects())


@pytest.mark.parametrize("checkpointing", [False, True])
def test_steps_leave_nothing_behind_without_garbage_collection(checkpointing: bool) -> None:
    settings = ConvTTLSTMSettings(order=2, steps=2, rank=2, layers_per_block=[1], hidden_channels=[4])
    network = networks.RecurrentVideoNetwork.from_settings(settings, image_channels=1)
    network.activation_checkpointing = checkpointing

    def step() -> None:
        network.zero_grad(set_to_none=True)
        network(torch.rand(1, 2, 1, 8, 8), 3).square().mean().backward()

    step()
    gc.collect()
    gc.disable()
    try:
        before = tensors()
        for _ in range(5):
            step()
        assert tensors() == before
    finally:
        gc.enable()
