"""Cores, memory, shared memory and open files of this machine."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
from pathlib import Path

from framecast.launch.doctor.check_result import CheckResult, ok, warn

_GIB = 2**30
_LITTLE_MEMORY = 2 * _GIB
_LITTLE_SHARED_MEMORY = 1 * _GIB
_FEW_FILES = 8192  # Ray's processes on a node of a large cluster hold a connection to each of their peers
_SHARED_MEMORY = Path("/dev/shm")
_LIMIT_OF_GROUP = Path("/sys/fs/cgroup/memory.max")


def cores() -> CheckResult:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    there = os.cpu_count() or usable
    return ok("cores", f"{usable}" if usable == there else f"{usable} of {there}")


def memory(limit: Path = _LIMIT_OF_GROUP) -> CheckResult:
    """Of the machine, or of the container where that has less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):
        # handled: not Linux, or no limit; the machine's own number counts
        total = min(total, int(limit.read_text()))
    message = f"{total / _GIB:.1f} GiB"
    if total < _LITTLE_MEMORY:
        return warn("memory", message, "Ray and torch take about 2 GiB by themselves: train with --in-process")
    return ok("memory", message)


def shared_memory(folder: Path = _SHARED_MEMORY) -> CheckResult:
    """What Ray's object store and `compute.data_processes` pass data through."""
    if not folder.exists():
        return ok("shared memory", f"there is no {folder} here, and no need of it")
    usage = shutil.disk_usage(folder)
    message = f"{folder} has {usage.free / _GIB:.1f} of {usage.total / _GIB:.1f} GiB free"
    if usage.free < _LITTLE_SHARED_MEMORY:
        remedy = (
            "Ray's object store and compute.data_processes need it: docker run --shm-size=8g, on Kubernetes an "
            "emptyDir with medium: Memory, elsewhere delete what is left there"
        )
        return warn("shared memory", message, remedy)
    return ok("shared memory", message)


def open_files(on_cluster: bool) -> CheckResult:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = soft != resource.RLIM_INFINITY and soft < _FEW_FILES
    message = "no limit" if soft == resource.RLIM_INFINITY else f"at most {soft}"
    if on_cluster and few:
        higher = hard == resource.RLIM_INFINITY or hard >= _FEW_FILES
        way = "" if higher else ", and LimitNOFILE or /etc/security/limits.conf first, which allow no more"
        return warn("open files", message, f"ulimit -n 65536 before `ray start`{way}")
    return ok("open files", message)
