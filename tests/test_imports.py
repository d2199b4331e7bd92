"""Nothing heavy at import: what only reads or prints loads no torch, no ray, no deepspeed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import framecast

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {"torch", "ray", "deepspeed", "matplotlib", "tensorboard"}

LEAVING = """
import json, sys
sys.argv = ["platform", *sys.argv[1:]]
from framecast.cli.app import main
try:
    main()
except SystemExit as left:
    code = left.code or 0
print(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]), file=sys.stderr)
"""


def after(*arguments: str) -> tuple[int, set[str]]:
    """The exit code of `platform ...` in a separate process, and the modules it had loaded when it left."""
    done = subprocess.run(
        [sys.executable, "-c", LEAVING, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    return code, set(modules)


@pytest.mark.parametrize(
    "command",
    [
        "--help",
        "submit --help",
        "resume --help",
        "submit jobs/demo.yaml --dry-run",
        "submit jobs/no_such.yaml",
        "plugins list",
        "plugins info conv_tt_lstm",
        "explain model.rank",
        "schema",
        "list --runs no/such/folder",
    ],
)
def test_a_command_that_trains_nothing_loads_nothing_heavy(command: str) -> None:
    code, modules = after(*command.split())
    assert code == (2 if "no_such" in command else 0)
    assert not modules & HEAVY


def test_import_framecast_loads_only_the_standard_library() -> None:
    code = "import sys; before = set(sys.modules); import framecast; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {name.partition(".")[0] for name in done.stdout.split()} <= {"framecast", *sys.stdlib_module_names}


def test_what_a_plugin_declares_with_loads_no_torch() -> None:
    names = ["Model", "Dataset", "Metric", "Task", "Callback", "Settings", "Constraint", "hookimpl", "Cost"]
    code = f"import sys, framecast; [getattr(framecast, name) for name in {names}]; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & HEAVY


@pytest.mark.parametrize("name", framecast.__all__)
def test_every_exported_name_resolves(name: str) -> None:
    assert getattr(framecast, name) is not None


def test_the_exported_names_are_sorted_and_listed() -> None:
    assert framecast.__all__ == sorted(framecast.__all__)
    assert dir(framecast) == framecast.__all__


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = framecast.no_such_name


def test_python_dash_m_framecast_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "framecast", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for verb in ("submit", "resume", "list", "status", "report", "schema", "explain", "plugins"):
        assert verb in done.stdout
