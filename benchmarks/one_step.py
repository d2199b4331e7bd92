"""Training steps of one network in a process of its own: seconds, and peak memory above that of the built model.

python benchmarks/one_step.py '{"implementation": "fast", "order": 3, "steps": 3, "rank": 8, ...}'
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any

import torch
from networks import Setting, built, training_step


def measured(arguments: dict[str, Any]) -> dict[str, float]:
    repeats, implementation = arguments.pop("repeats"), arguments.pop("implementation")
    setting = Setting(**arguments)
    network, clip = built(setting, implementation), setting.clip()
    before = _memory("VmRSS")
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        training_step(setting, network, clip)
        seconds.append(time.perf_counter() - began)
        network.zero_grad()
    return {"seconds": statistics.median(seconds[1:] or seconds), "memory": _memory("VmHWM") - before}


def _memory(name: str) -> float:
    """Resident memory of this process in MiB, now (VmRSS) or at its highest (VmHWM)."""
    with open("/proc/self/status") as status:
        (line,) = (line for line in status if line.startswith(name))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    torch.manual_seed(0)
    print(json.dumps(measured(json.loads(sys.argv[1]))))
