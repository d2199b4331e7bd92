"""Listing plugins must stay quick, so importing one loads none of the heavy libraries."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "package",
    [
        "framecast_conv_tt_lstm",
        "framecast_predrnn",
        "framecast_simvp",
        "framecast_video_prediction",
        "framecast_moving_mnist",
        "framecast_metrics",
        "framecast_tensorboard",
    ],
)
def test_importing_a_plugin_and_reading_its_declarations_loads_no_torch(package):
    # a process of its own: here torch is long loaded
    code = f"""
import sys, {package} as plugin
declared = [one for name in dir(plugin) if name.startswith("framecast_") and callable(getattr(plugin, name))
            for one in getattr(plugin, name)()]
assert declared
print(sorted({{"torch", "ray", "deepspeed", "tensorboard"}} & set(sys.modules)))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
