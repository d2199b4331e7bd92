"""`torch.compile` for the part of a model that is computed again and again."""

from __future__ import annotations

import inspect
import os
import shutil
import sysconfig
from collections.abc import Callable, Sequence
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
    unrolled. The function must be traceable as one graph; torch raises where it is not. It receives its module as
    an argument, so that a copy of the module computes with its own weights:

        self.step = framecast.compiled(MyModel.next_frame)
        ...
        frame, state = self.step(self, frame, state)

    Results differ by rounding. Compiled code is kept in Framecast's cache folder, or where TORCHINDUCTOR_CACHE_DIR
    says. Raises InputError where the compiler that TorchInductor needs is missing, and when the function is first
    called with a module whose weights ZeRO 3 has partitioned: hooks gather them, which cannot be traced. Raises
    TypeError for a bound method.
    """
    import torch

    if inspect.ismethod(function):
        raise TypeError(f"{function.__qualname__} is bound to an object: compile the function of its class")
    _ensure_compiler()
    # torch's own choice is a predictable name in the folder of temporary files, which all users share
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(cache_folder() / "compiled"))
    fast: Callable[Given, Returned] = torch.compile(  # type: ignore[call-overload]  # its types lack the last two
        function, fullgraph=True, dynamic=False, recompile_limit=_VARIANTS, isolate_recompiles=True
    )

    checked = False

    def call(*given: Given.args, **named: Given.kwargs) -> Returned:
        nonlocal checked
        if not checked:  # once: a model calls this for every time step
            _ensure_whole_weights(given)
            checked = True
        return fast(*given, **named)

    return call


def _ensure_whole_weights(arguments: Sequence[object]) -> None:
    import torch

    modules = [each for each in arguments if isinstance(each, torch.nn.Module)]
    if any(not parameter.numel() for module in modules for parameter in module.parameters()):
        raise InputError(
            "torch.compile cannot trace weights that ZeRO 3 partitions: set deepspeed.zero_stage to 2 or less, or "
            "leave compile false"
        )


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
