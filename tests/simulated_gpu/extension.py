"""The compiled half of the simulated device, `device.cpp`: built once, and kept for all later processes."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from importlib.machinery import ExtensionFileLoader
from pathlib import Path
from types import ModuleType

import torch

_SOURCE = Path(__file__).with_name("device.cpp")
_CONSTRAINTS = Path(__file__).resolve().parents[2] / "constraints.txt"


def why_not() -> str | None:
    """Why this machine cannot simulate a GPU; None where it can."""
    found = re.search(r"^torch==(\S+)", _CONSTRAINTS.read_text(), re.MULTILINE)
    assert found, f"{_CONSTRAINTS} has no torch"
    wanted, installed = found[1], torch.__version__.partition("+")[0]
    if installed != wanted:  # it uses names that are private to torch
        return f"the simulated GPU is written for torch {wanted} (constraints.txt), this is {installed}"
    if torch.version.cuda or torch.version.hip:
        return "the simulated GPU needs a CPU build of torch: in this one the CUDA operators are already there"
    if sys.platform != "linux":
        return f"the simulated GPU needs Linux, this is {sys.platform}"
    if not _file().exists() and not (_compiler() and shutil.which("ninja")):
        return "the simulated GPU has to be compiled: install a C++ compiler (g++) and ninja"
    return None


@cache
def extension() -> ModuleType:
    """The module, compiled where this is the first use of these sources with this torch (half a minute)."""
    file = _file()
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # test processes that start together compile once
        if not file.exists():
            _compile(file)
    loader = ExtensionFileLoader(file.stem, str(file))
    spec = importlib.util.spec_from_file_location(file.stem, file, loader=loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def _compile(file: Path) -> None:
    # in a separate process: torch would load what it has compiled, and this process loads the file that is kept
    with tempfile.TemporaryDirectory() as folder:
        code = (
            "from torch.utils.cpp_extension import load; "
            f"load({file.stem!r}, [{str(_SOURCE)!r}], extra_cflags=['-O1'], build_directory={folder!r})"
        )
        environment = {name: value for name, value in os.environ.items() if name != "SIMULATED_GPUS"}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{_SOURCE} cannot be compiled:\n{done.stdout}\n{done.stderr}")
        kept = file.with_suffix(".part")
        shutil.copy(Path(folder) / file.name, kept)
        kept.replace(file)


def _file() -> Path:
    """Where the compiled file is kept, by what it was made of."""
    version = f"{torch.__version__} {sys.version}".encode()
    digest = hashlib.sha256(_SOURCE.read_bytes() + version).hexdigest()[:16]
    root = os.environ.get("TORCH_EXTENSIONS_DIR") or Path.home() / ".cache" / "torch_extensions"
    name = f"simulated_gpu_{digest}"
    return Path(root) / name / f"{name}.so"


def _compiler() -> str | None:
    return shutil.which(os.environ.get("CXX", "c++"))
