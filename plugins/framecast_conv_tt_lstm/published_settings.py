"""The settings of a checkpoint in the published format, read off the names and shapes of its weights."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError
from torch import Tensor

import framecast
from framecast_conv_tt_lstm.settings import ConvLSTMSettings, ConvTTLSTMSettings

Weights = dict[str, Tensor]

_CELLS: dict[str, type[ConvLSTMSettings]] = {"convlstm": ConvLSTMSettings, "convttlstm": ConvTTLSTMSettings}


def described(weights: Weights, asked: dict[str, Any]) -> tuple[str, int, ConvLSTMSettings]:
    """The cell's name, the image's channels and the model's settings, read off the weights' names and shapes."""
    depths, output = _depths(weights), _kernel(weights, "layers.output.weight")
    asked = {name: list(value) if isinstance(value, tuple) else value for name, value in asked.items()}
    plain = any(name.startswith("layers.b0l0.conv.") for name in weights)
    cell = asked.pop("cell", "convlstm" if plain else "convttlstm")
    image_channels = asked.pop("input_channels", output[0])
    for ignored in ("frames_in", "frames_out"):  # any length will do
        asked.pop(ignored, None)
    if cell not in _CELLS:
        raise ValueError(f"cell {cell!r}: one of {', '.join(_CELLS)} is known")
    train = _CELLS[cell] is ConvTTLSTMSettings
    order = _order(weights, asked.get("order"))
    names = [
        f"layers.b{block}l0.{f'layers.{order - 1}' if train else 'conv'}.weight" for block in range(len(depths))
    ]
    gates = [_kernel(weights, name, cell) for name in names]
    for name, (outputs, *_) in zip(names, gates, strict=True):
        if outputs % 4:
            raise ValueError(f"{name} is {tuple(weights[name].shape)}: its outputs are no four gates")
    hidden = [outputs // 4 for outputs, *_ in gates]
    height, width = gates[0][2:]
    seen: dict[str, Any] = {
        "layers_per_block": depths,
        "hidden_channels": hidden,
        "kernel_size": height if height == width else (height, width),
        "bias": names[0].replace("weight", "bias") in weights,
    }
    if train:
        windows = [_kernel(weights, f"layers.b0l0.layers_.{core}.weight", cell) for core in range(order)]
        ranks = [rank for rank, *_ in windows]
        length = windows[0][1] // hidden[0]
        fixed = (
            asked.get("window", "fixed" if order > 1 and asked.get("steps") == length else "sliding") == "fixed"
        )
        seen |= {
            "order": order,
            "rank": ranks[0] if len(set(ranks)) == 1 else ranks,
            "window": "fixed" if fixed else "sliding",
            "steps": length if fixed else length + order - 1,
        }
        inputs = [channels - ranks[-1] for _, channels, *_ in gates]
    else:
        asked = {name: value for name, value in asked.items() if name not in ("order", "steps", "rank")}
        inputs = [channels - own for (_, channels, *_), own in zip(gates, hidden, strict=True)]
    seen["skip_stride"] = _skip_stride(hidden, [*inputs[1:], output[1]])
    try:
        return cell, image_channels, _CELLS[cell](**{**seen, **asked})
    except ValidationError as error:
        raise ValueError(f"these settings make no {cell}: {_reasons(error, _CELLS[cell])}") from None


def _depths(weights: Weights) -> list[int]:
    """Layers in each block."""
    found = {
        (int(match[1]), int(match[2]))
        for match in map(re.compile(r"layers\.b(\d+)l(\d+)\.").match, weights)
        if match
    }
    depths: list[int] = []
    while (len(depths), 0) in found:
        block, depth = len(depths), 0
        while (block, depth) in found:
            depth += 1
        depths.append(depth)
    if not depths:
        raise ValueError("layers.b0l0 is missing: not a network in the published format")
    return depths


def _order(weights: Weights, asked: Any) -> int:
    """What is asked for goes before what is counted: with a core missing, that core is what is to be named."""
    if isinstance(asked, int) and asked >= 1:
        return asked
    return max(1, sum(bool(re.fullmatch(r"layers\.b0l0\.layers\.\d+\.weight", name)) for name in weights))


def _kernel(weights: Weights, name: str, cell: str = "network") -> tuple[int, ...]:
    """The shape of a convolution's weight."""
    if name not in weights:
        raise ValueError(f"{name} is missing: not a {cell} in the published format")
    shape = tuple(weights[name].shape)
    if len(shape) != 4 or 0 in shape:
        raise ValueError(f"{name} is {shape}: no kernel of a convolution")
    return shape


def _skip_stride(hidden: list[int], into: list[int]) -> int | None:
    """The stride whose skip connections widen what follows each block as the weights have it, if there is one."""
    for stride in range(1, len(hidden)):
        skipped = [0] * stride + hidden[:-stride]
        if [own + more for own, more in zip(hidden, skipped, strict=True)] == into:
            return stride
    return None


def _reasons(error: ValidationError, settings: type[ConvLSTMSettings]) -> str:
    reasons = []
    for detail in error.errors():
        name = str(detail["loc"][0]) if detail["loc"] else ""
        unknown = detail["type"] == "extra_forbidden"
        reason = (
            "unknown" + framecast.did_you_mean(name, settings.model_fields)
            if unknown
            else detail["msg"].removeprefix("Value error, ")
        )
        reasons.append(f"{name}: {reason}" if name else reason)
    return "; ".join(dict.fromkeys(reasons))
