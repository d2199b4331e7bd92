"""Listing plugins must stay quick, so importing one loads none of the heavy libraries."""

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

from framecast.plugin.kinds import KINDS

PACKAGES = sorted({point.module for kind in KINDS.values() for point in entry_points(group=kind.group)})
HEAVY = {"torch", "ray", "deepspeed", "tensorboard", "mlflow", "wandb", "pytest"}


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_plugin_and_reading_its_declarations_loads_nothing_heavy(package):
    # a process of its own: here torch is long loaded
    code = f"""
import sys, {package} as plugin
declared = [one for name in dir(plugin) if name.startswith("framecast_") and callable(getattr(plugin, name))
            for one in getattr(plugin, name)()]
assert declared
print(sorted({HEAVY} & set(sys.modules)))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
