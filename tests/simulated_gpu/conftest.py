"""GPUs for the tests of this folder: the machine's own, else simulated ones."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist

from tests.simulated_gpu.extension import extension, why_not
from tests.simulated_gpu.simulated_cuda import install

_HERE = Path(__file__).parent
_REAL = torch.cuda.is_available()
DEVICES = 3


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.gpu)


@pytest.fixture(scope="module", autouse=True)
def _gpus() -> Iterator[None]:
    """Three devices while the tests of a file run, and none afterwards. Child processes have them too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DS_ACCELERATOR", "cuda")
        if not _REAL:
            if reason := why_not():
                pytest.skip(reason)
            patch.setenv("SIMULATED_GPUS", str(DEVICES))
            patch.setenv("PYTHONPATH", str(_HERE / "start"), prepend=os.pathsep)
            patch.setenv("TRITON_INTERPRET", "1")  # before the first import of triton
            install()
        yield


@pytest.fixture
def simulated() -> None:
    """For what a test can only do with a simulated device."""
    if _REAL:
        pytest.skip("only a simulated GPU can do this")


@pytest.fixture
def limit_memory(simulated: None) -> Iterator[Callable[[int], None]]:
    """Limits the memory of each device to so many bytes more than are in use on the first."""
    extension()
    yield lambda more: extension().set_capacity(extension().memory_now(0) + more)
    extension().set_capacity(2**62)


@pytest.fixture
def own_nccl_group() -> Iterator[None]:
    """A process group of this process alone."""
    dist.init_process_group("nccl", store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.fixture
def needs_gpus() -> Callable[[int], None]:
    """Skips the test where there are fewer devices than that."""

    def check(count: int) -> None:
        if torch.cuda.device_count() < count:
            pytest.skip(f"needs {count} GPUs, there are {torch.cuda.device_count()}")

    return check


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The table of test_matrix.py in Markdown, where its tests ran."""
    reports = [each for name in ("passed", "failed", "skipped") for each in terminalreporter.stats.get(name, [])]
    cells = [value for each in reports for name, value in each.user_properties if name == "gpu matrix"]
    if not cells:
        return
    columns = sorted({each["column"] for each in cells}, key=lambda name: (name != "torch", name))
    table = {(each["row"], each["column"]): each["text"] for each in cells}
    terminalreporter.section("largest difference of a loss from fp32 on the CPU")
    terminalreporter.write_line(f"| model and precision | {' | '.join(columns)} |")
    terminalreporter.write_line("|---" * (1 + len(columns)) + "|")
    for row in sorted({each["row"] for each in cells}):
        values = " | ".join(table.get((row, column), "not run") for column in columns)
        terminalreporter.write_line(f"| {row} | {values} |")
