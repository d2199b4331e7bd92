"""Memory that a training step frees stays with the process, for the next step."""

from __future__ import annotations

import ctypes
import os
import sys

_SETTINGS = (  # parameter of glibc's malloc.h, value
    (-1, 2**31 - 1),  # M_TRIM_THRESHOLD: keep up to so many bytes at the end of the heap
    (-2, 64 << 20),  # M_TOP_PAD: of a thread's heaps, which have 64 MiB each, remove none
    (-3, 32 << 20),  # M_MMAP_THRESHOLD: smaller blocks come from the heap; glibc takes no larger value
)


def keep_freed_memory() -> bool:
    """Asks the C library to keep freed memory for the life of this process; returns whether it does.

    It keeps up to 2 GiB of the main heap, and what its other threads have held.

    PyTorch frees the tensors of a training step on the CPU. By default glibc returns them to the kernel, which
    fills them with zeros, page by page, when the next step takes them again. The user's settings of the allocator
    (`MALLOC_TRIM_THRESHOLD_`, `MALLOC_MMAP_THRESHOLD_`, `GLIBC_TUNABLES`) take precedence.
    """
    if not sys.platform.startswith("linux") or _is_set_by_user():
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # musl has none
        return False
    return all(mallopt(parameter, value) == 1 for parameter, value in _SETTINGS)


def _is_set_by_user() -> bool:
    names = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_")
    return any(name in os.environ for name in names) or "malloc" in os.environ.get("GLIBC_TUNABLES", "")
