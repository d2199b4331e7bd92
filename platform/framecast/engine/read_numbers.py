"""Numbers of a step from the device, in as few transfers as possible: each waits for all that it has to do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import torch
from torch import Tensor


def read_numbers(values: Sequence[float | Tensor]) -> list[float]:
    """The values as numbers, those of one device in one transfer. Each tensor has one element."""
    numbers = [0.0 if isinstance(value, Tensor) else float(value) for value in values]
    places: dict[torch.device, list[int]] = defaultdict(list)
    for place, value in enumerate(values):
        if isinstance(value, Tensor):
            places[value.device].append(place)
    for device, found in places.items():
        precise = torch.float32 if device.type == "mps" else torch.float64
        tensors = [values[place] for place in found]
        joined = torch.stack(
            [each.detach().reshape(()).to(precise) for each in tensors if isinstance(each, Tensor)]
        )
        for place, number in zip(found, joined.tolist(), strict=True):
            numbers[place] = number
    return numbers
