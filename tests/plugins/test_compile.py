"""`model.compile`: the same weights, loss and gradients, for every model that has the setting."""

from typing import Any

import pytest
import torch

import framecast
from framecast.registry.registry import Registry

STACK = {"layers_per_block": [1, 1], "hidden_channels": [3, 4], "kernel_size": 3, "skip_stride": 1}
MODELS: dict[str, dict[str, Any]] = {
    "conv_lstm": STACK,
    "conv_tt_lstm": {**STACK, "rank": 2},
    "predrnn": {"hidden_channels": [4, 3], "kernel_size": 3, "memory_channels": 4},
    "simvp": {
        "frames_in": 3,
        "spatial_channels": 4,
        "spatial_layers": 1,
        "temporal_channels": 8,
        "temporal_layers": 1,
        "inception_kernels": [3],
        "groups": 2,
    },
}


def test_every_model_with_the_setting_is_here() -> None:
    declared = [each.declaration for each in Registry.discover().known("model")]

    assert {each.name for each in declared if "compile" in each.settings.model_fields} == set(MODELS)


def loss_and_gradients(name: str, compile: bool) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    declaration: Any = Registry.discover().find("model", name).declaration
    settings = declaration.settings(**MODELS[name], compile=compile)
    network = declaration.build(settings, framecast.SampleShape(frames=6, channels=1, height=8, width=8))
    clip = torch.rand(2, 6, 1, 8, 8)
    keep_truth = torch.tensor([[True, False], [False, False]])
    loss = (
        (network(clip[:, :3], 3, truth=clip[:, 3:-1], keep_truth=keep_truth)[:, -3:] - clip[:, 3:]).square().mean()
    )
    loss.backward()
    return {"loss": loss.detach()} | {key: each.grad for key, each in network.named_parameters()}


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_loss_and_gradients_are_equal(name: str) -> None:
    plain, compiled = (loss_and_gradients(name, each) for each in (False, True))

    assert plain.keys() == compiled.keys()
    for key, expected in plain.items():
        torch.testing.assert_close(compiled[key], expected, atol=1e-6, rtol=1e-4)
