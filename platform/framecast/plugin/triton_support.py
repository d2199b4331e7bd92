"""Whether kernels that are written in Triton can be compiled and launched here."""

from __future__ import annotations

import os
from functools import cache


@cache
def triton_problem() -> str | None:
    """Why Triton cannot serve this machine's GPUs, in words; None where it can. Asked once in a process.

    Triton needs a GPU's driver, and at run time a C compiler and Python's headers. The environment variable
    FRAMECAST_TRITON=0 switches it off.

        if tensor.is_cuda and not framecast.triton_problem():
            from my_kernels import fused  # imports triton
    """
    if os.environ.get("FRAMECAST_TRITON") == "0":
        return "FRAMECAST_TRITON=0 switches Triton off"
    try:
        import triton
    except ImportError:  # handled: the result says it
        return "Triton is not installed"
    try:
        if not triton.knobs.runtime.interpret:  # releases before 3.4 have no knobs
            triton.runtime.driver.active.get_current_target()  # compiles the part that talks to the driver
    except Exception as error:  # handled: the result says it. Compilers and drivers fail in many ways
        return (
            f"Triton {triton.__version__} cannot be used ({' '.join(str(error).split()) or type(error).__name__})"
        )
    return None
