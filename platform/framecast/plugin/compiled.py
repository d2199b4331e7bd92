"""`torch.compile` for the part of a model that is computed again and again."""

from __future__ import annotations

import os
import shutil
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from framecast.errors import InputError
from framecast.user_folders import cache_folder

Given = ParamSpec("Given")
Returned = TypeVar("Returned")

_VARIANTS = 64  # with and without gradients, from zeros or not, for each batch size and frame size


def compiled(function: Callable[Given, Returned]) -> Callable[Given, Returned]:
    """`function`, which TorchInductor compiles when it is first called, and again for other shapes.

    Compile what a model repeats, such as one time step, not its whole `forward`: a loop over time would be
    unrolled. The function must be traceable as one graph and return tensors that depend on its arguments and the
    module's parameters alone; torch raises where it cannot trace it. Results differ by rounding. Compiled code is
    kept in Framecast's cache folder, or where TORCHINDUCTOR_CACHE_DIR says.

    Raises InputError where the compiler that TorchInductor needs is missing, and when the function is called, if
    it is a method of a module whose weights ZeRO 3 has partitioned: they are gathered by hooks, which cannot be
    traced.
    """
    import torch

    _ensure_compiler()
    # torch's own choice is a predictable name in the folder of temporary files, which all users share
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(cache_folder() / "compiled"))
    fast = torch.compile(
        function, fullgraph=True, dynamic=False, recompile_limit=_VARIANTS, isolate_recompiles=True
    )
    module = getattr(function, "__self__", None)
    if not isinstance(module, torch.nn.Module):
        return fast
    parameters = list(module.parameters())

    def call(*given: Given.args, **named: Given.kwargs) -> Returned:
        if any(parameter.numel() == 0 for parameter in parameters):
            raise InputError(
                "torch.compile cannot trace weights that ZeRO 3 partitions: set deepspeed.zero_stage to 2 or "
                "less, or leave compile false"
            )
        return fast(*given, **named)

    return call


def _ensure_compiler() -> None:
    chosen = os.environ.get("CXX")
    if not any(shutil.which(name) for name in ([chosen] if chosen else ["g++", "clang++"])):
        missing = f"CXX={chosen} is not found" if chosen else "neither g++ nor clang++ is found"
        raise InputError(
            f"torch.compile needs a C++ compiler and {missing}: install one (Debian: g++), or leave compile false"
        )
    if not Path(sysconfig.get_path("include"), "Python.h").is_file():
        raise InputError(
            "torch.compile needs Python.h, which is not found: install Python's headers (Debian: python3-dev), "
            "or leave compile false"
        )
