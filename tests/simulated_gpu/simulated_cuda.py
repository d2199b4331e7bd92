"""`torch.cuda` on simulated devices: after `install()` they are counted, chosen and used as real ones are.

SIMULATED_GPUS says how many there are (none without it), SIMULATED_GPU_MIB the memory of each;
CUDA_VISIBLE_DEVICES hides some, as Ray does for its workers. Numbers are those of the CPU's kernels. What is not
simulated: time, streams that overlap, CUDA graphs, cuDNN's own algorithms and rounding, TF32, and races.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch

from tests.simulated_gpu.extension import extension
from tests.simulated_gpu.simulated_nccl import offer_nccl

_PROPERTIES = SimpleNamespace(
    name="Simulated GPU",
    major=9,
    minor=0,
    total_memory=80 * 2**30,
    multi_processor_count=132,
    max_threads_per_multi_processor=2048,
    regs_per_multiprocessor=65536,
    warp_size=32,
)


def install() -> None:
    """Puts the simulated devices in place of CUDA in this process, for good."""
    native = extension()
    if limit := os.environ.get("SIMULATED_GPU_MIB"):
        native.set_capacity(int(limit) * 2**20)
    for name, value in _replacements(native).items():
        assert hasattr(torch.cuda, name), f"torch.cuda has no {name}: nothing would call its replacement"
        setattr(torch.cuda, name, value)
    torch.cuda.nvtx.range_push = lambda message: 0
    torch.cuda.nvtx.range_pop = lambda: 0
    torch.cuda.nccl.version = lambda: (0, 0, 0)
    torch._C._cuda_getCurrentRawStream = lambda device: 0
    torch.Tensor.record_stream = lambda tensor, stream: None
    offer_nccl()


class Stream:
    """A queue in which everything is done as it arrives."""

    cuda_stream = stream_id = 0

    def __init__(self, device: Any = None, priority: int = 0, **_: Any) -> None:
        self.device = torch.device("cuda", _index(device))

    def synchronize(self) -> None: ...

    def wait_stream(self, other: Stream) -> None: ...

    def wait_event(self, event: Event) -> None: ...

    def query(self) -> bool:
        return True

    def record_event(self, event: Event | None = None) -> Event:
        event = event or Event()
        event.record(self)
        return event

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *error: object) -> None: ...


class Event:
    """A moment of the host's clock."""

    def __init__(self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False) -> None:
        self._timed = enable_timing
        self._at: float | None = None

    def record(self, stream: Stream | None = None) -> None:
        self._at = time.perf_counter()

    def elapsed_time(self, end: Event) -> float:
        """Milliseconds. Raises RuntimeError as CUDA does."""
        if not (self._timed and end._timed):
            raise RuntimeError("Both events must be created with argument 'enable_timing=True'. (simulated)")
        if self._at is None or end._at is None:
            raise RuntimeError("Both events must be recorded before calculating elapsed time. (simulated)")
        return (end._at - self._at) * 1000

    def query(self) -> bool:
        return True

    def wait(self, stream: Stream | None = None) -> None: ...

    def synchronize(self) -> None: ...


class Device(contextlib.ContextDecorator):
    """Makes a device the current one while it is entered."""

    def __init__(self, device: Any) -> None:
        self.idx = _index(device)
        self.prev_idx = -1

    def __enter__(self) -> None:
        self.prev_idx = extension().current_device()
        extension().set_device(self.idx)

    def __exit__(self, *error: object) -> None:
        extension().set_device(self.prev_idx)


def _index(device: Any = None) -> int:
    """The number of a device, however it is named; without a number it is the current one."""
    number = device if isinstance(device, int) else None if device is None else torch.device(device).index
    return int(extension().current_device() if number is None else number)


def _replacements(native: Any) -> dict[str, Any]:
    """By name; each is a separate object, because torch.compile looks functions up by identity."""

    def count() -> int:
        return int(native.visible_devices())

    def with_index(function: Callable[[int], Any]) -> Callable[..., Any]:
        return lambda device=None: function(_index(device))

    def nothing() -> Callable[..., None]:
        return lambda *_, **__: None

    return {
        "is_available": lambda: count() > 0,
        "device_count": count,
        "is_initialized": lambda: True,
        "_is_compiled": lambda: True,
        "_lazy_init": nothing(),
        "init": nothing(),
        "_lazy_call": nothing(),  # seeds of the device's own generators: random numbers are the CPU's
        "manual_seed": nothing(),
        "manual_seed_all": nothing(),
        "get_rng_state": lambda device="cuda": torch.get_rng_state(),
        "set_rng_state": lambda state, device="cuda": torch.set_rng_state(state),
        "current_device": native.current_device,
        "set_device": lambda device: native.set_device(_index(device)),
        "device": Device,
        "synchronize": nothing(),
        "Stream": Stream,
        "Event": Event,
        "current_stream": lambda device=None: Stream(device),
        "default_stream": lambda device=None: Stream(device),
        "stream": lambda stream: contextlib.nullcontext(stream),
        "is_current_stream_capturing": lambda: False,
        "get_device_name": lambda device=None: _PROPERTIES.name,
        "get_device_properties": lambda device=None: _PROPERTIES,
        "get_device_capability": lambda device=None: (_PROPERTIES.major, _PROPERTIES.minor),
        "is_bf16_supported": lambda including_emulation=True: True,
        "memory_allocated": with_index(native.memory_now),
        "max_memory_allocated": with_index(native.memory_peak),
        "memory_reserved": with_index(native.memory_now),
        "max_memory_reserved": with_index(native.memory_peak),
        "reset_peak_memory_stats": with_index(native.reset_peak),
        "reset_max_memory_allocated": with_index(native.reset_peak),
        "memory_stats": lambda device=None: {},
        "mem_get_info": lambda device=None: (_PROPERTIES.total_memory, _PROPERTIES.total_memory),
        "empty_cache": nothing(),
    }
