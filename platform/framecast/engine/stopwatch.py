"""Where the time of a step goes, on a device that works asynchronously."""

from __future__ import annotations

import resource
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


class Stopwatch:
    """Adds up the time of named parts.

    On a GPU the clock is the device's own: parts are marked in its queue, and read once the host has waited
    for it.
    """

    def __init__(self, device: torch.device) -> None:
        self._cuda = device.type == "cuda"
        self._marks: dict[str, list[tuple[Any, Any]]] = defaultdict(list)

    @contextmanager
    def measure(self, part: str) -> Iterator[None]:
        begin = self._mark()
        yield
        self._marks[part].append((begin, self._mark()))

    def seconds(self, part: str) -> float:
        """All that was measured of a part. On a GPU, only after the device is done with it."""
        total: float
        if self._cuda:
            total = sum(begin.elapsed_time(end) for begin, end in self._marks[part]) / 1000
        else:
            total = sum(end - begin for begin, end in self._marks[part])
        return total

    def _mark(self) -> Any:
        if not self._cuda:
            return time.perf_counter()
        mark = torch.cuda.Event(enable_timing=True)
        mark.record()
        return mark


def peak_memory(device: torch.device) -> float:
    """MiB at most in use so far: on a GPU by tensors since the last reset, on a CPU by this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest / (2**20 if sys.platform == "darwin" else 2**10)


def reset_peak_memory(device: torch.device) -> None:
    """Begins a new measurement on a GPU, for a process that trains several runs."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
