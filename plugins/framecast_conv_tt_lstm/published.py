"""Reads weights in the published checkpoints' format (the authors' layout of names and axes)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor


def from_published(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state dict of a `RecurrentVideoNetwork` from a published one, original or optimised layout.

    Layer Y of block X is `layers.bXlY`: `conv` is a ConvLSTM's gates; `layers.L` are G_1 ... G_M, `layers_.L`
    are P_0 ... P_(M-1), in the original layout (R, C, k, k, D) with time last. A `module.` prefix is taken off.
    Raises ValueError for a name of no known form.
    """
    plain = {name.removeprefix("module."): value for name, value in weights.items()}
    chains = [match for match in map(re.compile(r"layers\.b\d+l\d+\.layers\.(\d+)\.").match, plain) if match]
    last_core = max((int(match[1]) for match in chains), default=-1)
    return {_own_name(name, last_core): _states_in_channels(name, value) for name, value in plain.items()}


def _own_name(name: str, last_core: int) -> str:
    if name.startswith("layers.output."):
        return name.removeprefix("layers.")
    match = re.fullmatch(r"layers\.b(\d+)l(\d+)\.(?:conv|(layers_?)\.(\d+))\.(weight|bias)", name)
    if match is None:
        raise ValueError(f"{name!r} is not a weight of a published ConvLSTM or Conv-TT-LSTM")
    block, layer, part, core, kind = match.groups()
    if part is None or (part == "layers" and int(core) == last_core):
        inner = "gates"
    else:
        inner = f"{'chain' if part == 'layers' else 'windows'}.{core}"
    return f"blocks.{block}.{layer}.{inner}.{kind}"


def _states_in_channels(name: str, value: Tensor) -> Tensor:
    """(R, C, k, k, D) with time last becomes (R, D*C, k, k), the states concatenated oldest first."""
    if not (".layers_." in name and value.dim() == 5):
        return value
    rank, channels, height, width, window = value.shape
    return value.permute(0, 4, 1, 2, 3).reshape(rank, window * channels, height, width)
