"""The golden cases (see golden/README.md): numbers of an independent implementation."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import l1_loss, mse_loss

from framecast_conv_tt_lstm.published import from_published, load_published
from framecast_conv_tt_lstm.settings import ConvLSTMSettings, ConvTTLSTMSettings

GOLDEN = Path(__file__).parent / "golden"


class Case:
    """Its numbers, and the network of its weights, both on `device`."""

    def __init__(self, name: str, device: str = "cpu") -> None:
        with np.load(GOLDEN / f"{name}.npz") as file:
            self.arrays = {key: torch.from_numpy(file[key]).to(device) for key in file.files if key != "config"}
            config = ast.literal_eval(str(file["config"]))
        self.frames_in, self.frames_out = config["frames_in"], config["frames_out"]
        kind = ConvTTLSTMSettings if config["cell"] == "convttlstm" else ConvLSTMSettings
        setting = {name: config[name] for name in kind.model_fields if name in config}
        self.described = kind.model_validate(setting, strict=False), config["input_channels"]
        weights = {key: value.cpu() for key, value in self.published("weights/").items()}
        self.network = load_published(weights, config).to(device)

    def __getitem__(self, key: str) -> Tensor:
        return self.arrays[key]

    def published(self, prefix: str) -> dict[str, Tensor]:
        """The arrays under `prefix`, a state dict in the published format."""
        return {key.removeprefix(prefix): value for key, value in self.arrays.items() if key.startswith(prefix)}

    @property
    def context(self) -> Tensor:
        return self["input"][:, : self.frames_in]

    @property
    def truth(self) -> Tensor:
        return self["input"][:, self.frames_in : -1]

    def loss(self) -> Tensor:
        """What the golden losses and gradients were taken of."""
        predictions = self.network(
            self.context, self.frames_out, truth=self.truth, keep_truth=self.arrays.get("keep_truth")
        )
        target = self["input"][:, 1:]
        return l1_loss(predictions, target) + mse_loss(predictions, target)

    def gradients(self) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """The gradients of the loss, and the golden ones."""
        self.loss().backward()
        named = self.network.named_parameters()
        golden = from_published(self.published("grad/"), *self.described)  # they have the axes of their weights
        return {name: weight.grad for name, weight in named if weight.grad is not None}, golden

    def differences(self) -> tuple[float, float]:
        """The largest difference of a predicted frame, and of the gradients all together, norm over norm."""
        with torch.no_grad():
            keep = self.arrays.get("keep_truth")
            name = "teacher_forced" if keep is None else "mixed_truth"
            frames = self.network(self.context, self.frames_out, truth=self.truth, keep_truth=keep)
        ours, golden = self.gradients()
        off = torch.stack([(ours[key] - golden[key]).norm() for key in golden]).norm()
        return float((frames - self[name]).abs().max()), float(
            off / torch.stack([*map(torch.norm, golden.values())]).norm()
        )
