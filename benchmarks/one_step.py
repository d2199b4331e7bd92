"""Training steps of one network in a process of its own: seconds, and peak memory above that of the built model.

python benchmarks/one_step.py '{"implementation": "fast", "order": 3, "steps": 3, "rank": 8, ...}'
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from typing import Any

import torch
from networks import Setting, built, training_step

from framecast.launch.freed_memory import keep_freed_memory


def measured(arguments: dict[str, Any]) -> dict[str, float]:
    """Medians of the steps after the first. With `keep` freed memory stays with the process, as in training."""
    repeats, implementation = arguments.pop("repeats"), arguments.pop("implementation")
    if arguments.pop("keep", True):
        keep_freed_memory()
    setting = Setting(**arguments)
    network, clip = built(setting, implementation), setting.clip()
    before = _memory("VmRSS")
    seconds, faults = [], []
    for _ in range(repeats):
        began, faults_before = time.perf_counter(), _page_faults()
        training_step(setting, network, clip)
        seconds.append(time.perf_counter() - began)
        faults.append(_page_faults() - faults_before)
        network.zero_grad()
    return {
        "seconds": statistics.median(seconds[1:] or seconds),
        "faults": statistics.median(faults[1:] or faults),
        "memory": _memory("VmHWM") - before,
    }


def _page_faults() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def _memory(name: str) -> float:
    """Resident memory of this process in MiB, now (VmRSS) or at its highest (VmHWM)."""
    with open("/proc/self/status") as status:
        (line,) = (line for line in status if line.startswith(name))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    torch.manual_seed(0)
    print(json.dumps(measured(json.loads(sys.argv[1]))))
