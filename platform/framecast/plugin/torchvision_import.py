"""torchvision from PyPI beside a torch for CPUs, which it was not built for."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

_OPERATOR_MISSING = "operator torchvision::nms does not exist"


def import_torchvision() -> ModuleType:
    """Imports torchvision, also where its compiled operators cannot be loaded; call it before importing what
    imports torchvision itself.

    Its networks and weights need none of them. Raises what `import torchvision` raises for any other reason.
    """
    try:
        return import_module("torchvision")
    except RuntimeError as error:
        if _OPERATOR_MISSING not in str(error):
            raise
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    _declared_operators()
    return import_module("torchvision")


@cache  # which keeps it alive: the operators go when their library does
def _declared_operators() -> Any:
    """The operators that torchvision expects its compiled part to have declared."""
    import torch

    library = torch.library.Library("torchvision", "DEF")
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library
