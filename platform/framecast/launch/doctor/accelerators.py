"""GPUs, their driver, NCCL, and what Triton and DeepSpeed could compile."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys

from framecast.launch.doctor.check_result import CheckResult, fail, in_line, ok, warn
from framecast.plugin.triton_support import triton_problem

_SUBJECT = "GPU"
_PLACEHOLDER = "deepspeed_not_implemented"  # stands for what an accelerator has no operator for


def driver_cuda() -> tuple[int, int] | None:
    """The newest CUDA that the NVIDIA driver here can run; None where there is no driver, or no device for it."""
    try:
        library = ctypes.CDLL("libcuda.so.1")
    except OSError:  # handled: no NVIDIA driver, which the finding says
        return None
    found = ctypes.c_int()
    if library.cuInit(0) or library.cuDriverGetVersion(ctypes.byref(found)):
        return None
    return found.value // 1000, found.value % 1000 // 10


def gpus(driver: tuple[int, int] | None) -> list[CheckResult]:
    """The driver against torch's CUDA, each GPU that torch sees, NCCL, and Triton."""
    import torch

    built = torch.version.cuda
    if driver is None:
        return [_without_driver(built)]
    has = f"the driver runs CUDA up to {driver[0]}.{driver[1]}"
    if built is None:
        remedy = "install torch's CUDA build: see https://pytorch.org/get-started"
        return [warn(_SUBJECT, f"{has}, but this torch is built for CPUs only: training runs on the CPU", remedy)]
    if driver[0] < int(built.partition(".")[0]):  # within one major version an older driver runs newer builds
        remedy = f"update the driver, or install a torch built for CUDA {driver[0]}"
        return [fail("NVIDIA driver", f"{has}, this torch needs {built}", remedy)]
    findings = [ok("NVIDIA driver", f"{has}, torch is built for {built}")]
    count = torch.cuda.device_count()
    if not count:
        return [*findings, _hidden()]
    return [*findings, *(_working(index) for index in range(count)), _nccl(), _triton()]


def operators() -> CheckResult:
    """DeepSpeed's own kernels, which it compiles when they are first used."""
    try:
        import torch

        if not torch.cuda.is_available():
            os.environ.setdefault("DS_ACCELERATOR", "cpu")  # it warns where it has to guess
        from deepspeed.ops.op_builder.all_ops import ALL_OPS
    except Exception as error:  # a broken build of torch or DeepSpeed raises anything
        remedy = "reinstall deepspeed, or write training.strategy=torch in jobs"
        return warn("DeepSpeed", f"cannot be imported: {in_line(error)}", remedy)
    possible = sorted(name for name, builder in ALL_OPS.items() if name != _PLACEHOLDER and _compiles(builder))
    would = f"{', '.join(possible) or 'none'} of its own operators would compile here"
    return ok("DeepSpeed", f"{would}; framecast needs none of them, its Adam is torch's")


def _compiles(builder: object) -> bool:
    with contextlib.suppress(Exception):
        # handled: CUDA operators raise where there is no compiler; the finding says that they are missing
        return bool(builder.is_compatible(verbose=False))  # type: ignore[attr-defined]
    return False


def _without_driver(built: str | None) -> CheckResult:
    if sys.platform == "darwin":
        import torch

        if torch.backends.mps.is_available():
            how = "--in-process with training.strategy=torch uses it, other training runs on the CPU"
            return ok(_SUBJECT, f"Apple GPU: {how}")
    spare = f" (torch is built for CUDA {built})" if built else ""
    return ok(_SUBJECT, f"no GPU: training runs on the CPU{spare}")


def _hidden() -> CheckResult:
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        message = f"torch sees none, since CUDA_VISIBLE_DEVICES is {chosen!r}: training runs on the CPU"
        return warn(_SUBJECT, message, "unset CUDA_VISIBLE_DEVICES if that is not meant")
    remedy = "see what `nvidia-smi` says; a container needs --gpus all"
    return fail(_SUBJECT, "there is a driver, but torch sees no GPU", remedy)


def _working(index: int) -> CheckResult:
    """Runs a kernel: a GPU may be listed and yet be broken, or too old or too new for this torch."""
    import torch

    try:
        found = torch.cuda.get_device_properties(index)
        torch.ones(8, device=f"cuda:{index}").sum().item()
    except Exception as error:  # torch raises RuntimeError, AssertionError and types of its own
        remedy = "see what `nvidia-smi` says; another torch build may be needed for this GPU"
        return fail(_SUBJECT, f"cuda:{index} does not work: {in_line(error)}", remedy)
    return ok(_SUBJECT, f"cuda:{index} is {found.name} with {found.total_memory / 2**30:.0f} GiB")


def _nccl() -> CheckResult:
    import torch

    if not torch.distributed.is_nccl_available():
        remedy = "several GPUs need it: install torch from pytorch.org"
        return warn("NCCL", "this torch is built without it", remedy)
    return ok("NCCL", ".".join(map(str, torch.cuda.nccl.version())))


def _triton() -> CheckResult:
    if os.environ.get("FRAMECAST_TRITON") == "0":
        return ok("Triton", "switched off by FRAMECAST_TRITON=0")
    if problem := triton_problem():
        remedy = "install triton, a C compiler and Python's headers (Debian: gcc and python3-dev)"
        return warn("Triton", f"{problem}: models use PyTorch's operators where they have faster kernels", remedy)
    import triton

    return ok("Triton", f"{triton.__version__} compiles the kernels that models bring")
