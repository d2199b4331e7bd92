"""First on PYTHONPATH, with SIMULATED_GPUS set: every process that imports torch, Ray's too, has the devices.

Python imports a module of this name as it starts. Only tests set such an environment.
"""

import importlib.util
import os
import sys
from importlib.abc import Loader, MetaPathFinder
from pathlib import Path


class InstallingLoader(Loader):
    """Loads torch, then puts the devices in place."""

    def __init__(self, loader):
        self._loader = loader

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        self._loader.exec_module(module)
        from tests.simulated_gpu.simulated_cuda import install

        install()


class TorchFinder(MetaPathFinder):
    """Finds torch once, as others would, for the loader above."""

    def find_spec(self, name, path=None, target=None):
        if name != "torch":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader = InstallingLoader(spec.loader)
        return spec


if os.environ.get("SIMULATED_GPUS"):
    sys.path.append(str(Path(__file__).resolve().parents[3]))  # the folder of the package `tests`
    sys.meta_path.insert(0, TorchFinder())
