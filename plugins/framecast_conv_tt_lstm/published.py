"""Reads checkpoints in the published format: the names and axes of the authors' code.

`torch.save({"epoch": int, "model_state_dict": {...}})` or a bare state dict, with or without `module.` before
each name. Layer Y of block X is `layers.bXlY`:

- Conv-TT-LSTM: `layers.L` are G_1 ... G_M, the last one from [x, V_(M-1)] to the gates; `layers_.L` are
  P_0 ... P_(M-1), (R, C, k, k, D) in the original and the evaluation code, time last and oldest first, and
  (R, D C, k, k) in the optimised code, states concatenated oldest first
- ConvLSTM: `conv`, from [x, h] to the gates
- `layers.output` is the 1 x 1 convolution to the image
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import framecast
from framecast_conv_tt_lstm.cost import layer_channels, output_channels
from framecast_conv_tt_lstm.network import RecurrentVideoNetwork
from framecast_conv_tt_lstm.published_settings import Weights, described
from framecast_conv_tt_lstm.settings import ConvLSTMSettings, ConvTTLSTMSettings
from framecast_conv_tt_lstm.windows import Windows


def load_published(
    source: str | PathLike[str] | Mapping[str, Any], settings: Mapping[str, Any] | None = None
) -> RecurrentVideoNetwork:
    """The network of a published checkpoint, from a file or a state dict, with its weights.

    What the weights tell is read off them. `settings` tell the rest, or insist: `cell` (convlstm, convttlstm),
    `input_channels`, and the settings of the model, of which `output_sigmoid` (false), `window` (sliding) and
    steps beside a fixed window are in no weight. Raises ValueError that names every weight that is missing,
    not of the network, or of another shape; no pickled object is ever run.
    """
    weights = _plain(_read(source))
    cell, image_channels, found = described(weights, dict(settings or {}))
    _compare(weights, dict(_expected(found, image_channels)), cell)
    network = RecurrentVideoNetwork.from_settings(found, image_channels)
    network.load_state_dict(from_published(weights, found, image_channels))
    return network


def from_published(weights: Mapping[str, Tensor], settings: ConvLSTMSettings, image_channels: int) -> Weights:
    """The state dict of a `RecurrentVideoNetwork` of these settings; gradients have the axes of their weights."""
    weights = _plain(weights)
    ours = {f"output.{kind}": weights[f"layers.output.{kind}"] for kind in ("weight", "bias")}
    for name, place, inputs, hidden in _layers(settings, image_channels):
        windows = settings.windows if isinstance(settings, ConvTTLSTMSettings) else None
        gates = f"{name}.layers.{windows.order - 1}" if windows else f"{name}.conv"
        layer = {
            "input": weights[f"{gates}.weight"][:, :inputs],
            "signal": weights[f"{gates}.weight"][:, inputs:],
            "bias": weights.get(f"{gates}.bias"),
        }
        if windows:
            layer |= _train_from_published(weights, name, windows, hidden)
        ours |= {f"{place}.kernels.{key}": value for key, value in layer.items() if value is not None}
    return ours


def _train_from_published(weights: Weights, name: str, windows: Windows, hidden: int) -> dict[str, Tensor | None]:
    """P_i, whose kernels for one state each are sorted by the state's age; then the G_i."""
    cores, chain = range(windows.order), range(1, windows.order)
    rows = [
        weights[f"{name}.layers_.{core}.weight"][:, place * hidden : (place + 1) * hidden]
        for _, core, place in windows.places()
    ]
    train: dict[str, Tensor | None] = {"taps": torch.cat(rows)}
    train |= {f"link_{core}": weights[f"{name}.layers.{core - 1}.weight"] for core in chain}
    if f"{name}.layers_.0.bias" in weights:
        train["tap_bias"] = torch.cat([weights[f"{name}.layers_.{core}.bias"] for core in cores])
        if chain:
            train["link_bias"] = torch.cat([weights[f"{name}.layers.{core - 1}.bias"] for core in chain])
    return train


def _read(source: str | PathLike[str] | Mapping[str, Any]) -> Mapping[str, Any]:
    checkpoint: Any = source if isinstance(source, Mapping) else _load(source)
    if isinstance(checkpoint, Mapping) and isinstance(checkpoint.get("model_state_dict"), Mapping):
        checkpoint = checkpoint["model_state_dict"]
    if not isinstance(checkpoint, Mapping) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in checkpoint.items()
    ):
        raise ValueError("a published checkpoint is a state dict, or holds one under 'model_state_dict'")
    return checkpoint


def _load(path: str | PathLike[str]) -> Any:
    with framecast.bounded.open_regular(Path(path)) as file:

        def read() -> Any:
            return torch.load(file, map_location="cpu", weights_only=True)

        try:
            return framecast.bounded.call_within(framecast.bounded.OPEN_SECONDS, f"to read {path}", read)
        except framecast.InputError:
            raise
        except Exception as error:  # bytes that are no pickle, or half of one, end in nearly any of them
            reason = str(error).split("\n")[0] or type(error).__name__
            if "weights_only" in str(error):  # PyTorch then says how to run what is in there
                reason = "it holds other objects, or is damaged"
            raise ValueError(f"{path}: not a checkpoint of tensors alone ({reason})") from None


def _plain(weights: Mapping[str, Tensor]) -> Weights:
    """Names without `module.`, windows with their states before the channels."""
    plain = {name.removeprefix("module."): value for name, value in weights.items()}
    return {
        name: value.permute(0, 4, 1, 2, 3).flatten(1, 2) if ".layers_." in name and value.dim() == 5 else value
        for name, value in plain.items()
    }


def _layers(settings: ConvLSTMSettings, image_channels: int) -> Iterator[tuple[str, str, int, int]]:
    """Each layer's published name, ours, and its input and hidden channels."""
    channels = layer_channels(settings, image_channels)
    for block, depth in enumerate(settings.layers_per_block):
        for layer in range(depth):
            yield f"layers.b{block}l{layer}", f"blocks.{block}.{layer}", *next(channels)


def _expected(settings: ConvLSTMSettings, image_channels: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The published name and shape of every weight of a network."""

    def convolution(
        name: str, inputs: int, outputs: int, bias: bool, *size: int
    ) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield f"{name}.weight", (outputs, inputs, *size)
        if bias:
            yield f"{name}.bias", (outputs,)

    for name, _, inputs, hidden in _layers(settings, image_channels):
        rest = settings.bias, *settings.kernel
        if not isinstance(settings, ConvTTLSTMSettings):
            yield from convolution(f"{name}.conv", inputs + hidden, 4 * hidden, *rest)
            continue
        windows = settings.windows
        for core, rank in enumerate(windows.rank):
            yield from convolution(f"{name}.layers_.{core}", windows.length * hidden, rank, *rest)
            last = core == windows.order - 1
            yield from convolution(
                f"{name}.layers.{core}",
                rank + last * inputs,
                4 * hidden if last else windows.rank[core + 1],
                *rest,
            )
    yield from convolution("layers.output", output_channels(settings), image_channels, True, 1, 1)


def _compare(weights: Weights, expected: dict[str, tuple[int, ...]], cell: str) -> None:
    """Raises ValueError for every difference at once."""
    differences = [f"{name} is missing" for name in expected.keys() - weights.keys()]
    for name in sorted(weights.keys() - expected.keys()):
        hint = framecast.did_you_mean(name, expected)
        differences.append(f"{name} is no weight of this {cell}{hint}")
    differences += [
        f"{name} is {tuple(weights[name].shape)} where {shape} is expected"
        for name, shape in expected.items()
        if name in weights and tuple(weights[name].shape) != shape
    ]
    if differences:
        raise ValueError("the checkpoint does not fit: " + "; ".join(sorted(differences)))
