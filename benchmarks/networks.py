"""The networks that are measured: the paper's 12 layers, by the reference implementation and by the fast path."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

import framecast
from framecast_conv_tt_lstm.cost import network_cost
from framecast_conv_tt_lstm.network import RecurrentVideoNetwork
from framecast_conv_tt_lstm.settings import ConvTTLSTMSettings


@dataclass(frozen=True)
class Setting:
    """One row of a table. `inputs` are those of the future steps: `true` frames, or the network's `own`."""

    order: int = 3
    steps: int = 3
    rank: int = 8
    size: int = 32
    frames_in: int = 5
    frames_out: int = 5
    batch: int = 2
    precision: str = "fp32"
    inputs: str = "own"
    device: str = "cpu"
    small: bool = False

    def __str__(self) -> str:
        return (
            f"{self.precision}, order {self.order} steps {self.steps} rank {self.rank}, {self.size}x{self.size}, "
            f"{self.frames_in} + {self.frames_out} frames, batch {self.batch}, {self.inputs} inputs"
        )

    @property
    def model(self) -> ConvTTLSTMSettings:
        train: dict[str, Any] = {"order": self.order, "steps": self.steps, "rank": self.rank}
        if self.small:  # that of jobs/demo.yaml
            train |= {"layers_per_block": [1, 1, 1], "hidden_channels": [16, 16, 16], "kernel_size": 3}
        return ConvTTLSTMSettings(**train)

    @property
    def operations(self) -> float:
        """Floating-point operations of a training step: 2 for each multiply; forward, and two gradients."""
        times = self.frames_in + self.frames_out - 1
        cost = network_cost(self.model, framecast.SampleShape(1, 1, self.size, self.size))
        return 6.0 * cost.macs * self.batch * times

    def clip(self) -> Tensor:
        shape = (self.batch, self.frames_in + self.frames_out, 1, self.size, self.size)
        return torch.rand(shape, generator=torch.Generator().manual_seed(1)).to(self.device)

    def autocast(self) -> torch.autocast:
        dtype = {"fp16": torch.float16}.get(self.precision, torch.bfloat16)
        return torch.autocast(self.device, dtype, enabled=self.precision in ("bf16", "fp16"))

    def exact(self) -> Setting:
        return replace(self, precision="fp32")


def built(setting: Setting, implementation: str) -> nn.Module:
    """`reference`, `compiled` (the reference), `fast`, `eager` (fast, to be used without Triton), or `layers`
    (fast, each layer computed again in the backward pass); equal weights."""
    torch.manual_seed(0)
    chosen = {
        "layers": {"implementation": "fast"},
        "eager": {"implementation": "fast"},
        "compiled": {"compile": True},
    }
    update = chosen.get(implementation, {"implementation": implementation})
    network = RecurrentVideoNetwork.from_settings(setting.model.model_copy(update=update), 1)
    network.activation_checkpointing = implementation == "layers"
    return network.to(setting.device)


def predictions(setting: Setting, network: nn.Module, clip: Tensor) -> Tensor:
    seen, truth = clip[:, : setting.frames_in], clip[:, setting.frames_in : -1]
    with setting.autocast():
        known = {"truth": truth} if setting.inputs == "true" else {}
        prediction: Tensor = network(seen, setting.frames_out, **known)
        return prediction.float()


def training_step(setting: Setting, network: nn.Module, clip: Tensor) -> Tensor:
    """Forward and backward of the paper's loss; its value."""
    difference = predictions(setting, network, clip) - clip[:, 1:]
    loss = (difference.abs() + difference.square()).mean()
    loss.backward()
    if setting.device == "cuda":
        torch.cuda.synchronize()
    return loss.detach()
