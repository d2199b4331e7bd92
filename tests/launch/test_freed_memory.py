"""Page faults of a process that takes and frees the same memory again and again, as training steps do."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

STEPS = 20
PAGES_A_STEP = (64 << 20) // os.sysconf("SC_PAGE_SIZE")

PROGRAM = f"""
import resource, sys, threading
import torch
from framecast.launch.freed_memory import keep_freed_memory

def step():
    [torch.ones(1 << 20) for _ in range(16)]  # 4 MiB each

def steps():
    for _ in range(3):
        step()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range({STEPS}):
        step()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)

print(keep_freed_memory() if "keep" in sys.argv else None)
if "thread" in sys.argv:  # where Ray Train runs a worker's function
    thread = threading.Thread(target=steps)
    thread.start()
    thread.join()
else:
    steps()
"""

pytestmark = pytest.mark.skipif(
    not hasattr(os, "confstr") or "glibc" not in str(os.confstr("CS_GNU_LIBC_VERSION")),
    reason="only glibc's allocator is asked to keep memory",
)


@pytest.mark.parametrize("where", ["main", "thread"])
def test_memory_is_not_taken_from_the_kernel_again(where: str) -> None:
    kept, faults = page_faults("keep", where)
    assert kept == "True"
    assert faults < STEPS * PAGES_A_STEP / 20


@pytest.mark.parametrize(
    "settings",
    [
        {"MALLOC_MMAP_THRESHOLD_": "131072"},  # glibc's initial value, which then stays
        {"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=131072"},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_the_users_settings_of_the_allocator_stay(settings: dict[str, str]) -> None:
    kept, faults = page_faults("keep", "main", **settings)
    assert kept == "False"
    assert faults > STEPS * PAGES_A_STEP / 2


def page_faults(*arguments: str, **environment: str) -> tuple[str, int]:
    """What the function returned, and the page faults of the steps after it."""
    program = [sys.executable, "-c", PROGRAM, *arguments]
    result = subprocess.run(
        program, env={**os.environ, **environment}, capture_output=True, text=True, check=True, timeout=120
    )
    kept, faults = result.stdout.split()
    return kept, int(faults)
