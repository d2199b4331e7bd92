"""The linear heads of LPIPS, which weigh a network's features as people do."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

import framecast


def head_weights(net: str) -> dict[str, Tensor]:
    """Weights (1, C, 1, 1) by the number of the head, "0" to "4", from the package lpips.

    Its file is read and itself not imported, which would import torchvision. Raises InputError where it is not
    installed.
    """
    found = find_spec("lpips")
    places = found.submodule_search_locations if found else None
    file = Path(places[0]) / "weights" / "v0.1" / f"{net}.pth" if places else None
    if file is None or not file.is_file():
        raise framecast.InputError("metrics: lpips needs the package lpips: pip install lpips==0.1.4")
    weights = torch.load(file, map_location="cpu", weights_only=True)
    return {name.partition(".")[0].removeprefix("lin"): weight for name, weight in weights.items()}
