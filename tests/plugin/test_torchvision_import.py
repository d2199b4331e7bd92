"""torchvision beside a torch that it was not built for, in processes of their own: an import happens once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

IMPORT = "import framecast; torchvision = framecast.import_torchvision(); "


def python(code: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs `code`; packages in the folder `path` come before those installed."""
    environment = {**os.environ, **({"PYTHONPATH": str(path)} if path else {})}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )


def imitation(folder: Path, source: str) -> Path:
    """A package that is called torchvision."""
    (folder / "torchvision").mkdir()
    (folder / "torchvision" / "__init__.py").write_text(source)
    return folder


def test_the_installed_torchvision_is_imported_and_so_is_what_imports_it() -> None:
    done = python(IMPORT + "import lpips; print(torchvision.models.alexnet.__name__, lpips.LPIPS.__name__)")

    assert done.stdout.split() == ["alexnet", "LPIPS"], done.stderr


def test_it_helps_after_a_failed_import_too() -> None:
    done = python(
        "try:\n import torchvision\nexcept RuntimeError: pass\n" + IMPORT + "print(torchvision.__name__)"
    )

    assert done.stdout.split() == ["torchvision"], done.stderr


@pytest.mark.slow
def test_operators_that_were_not_loaded_are_declared(tmp_path: Path) -> None:
    # as torchvision does where its compiled part was built for another torch
    source = 'import torch\ntorch.library.register_fake("torchvision::nms")(len)\nhealthy = True\n'
    assert (
        "operator torchvision::nms does not exist"
        in python("import torchvision", imitation(tmp_path, source)).stderr
    )

    done = python(
        IMPORT + "import gc; gc.collect(); import torch; torch.ops.torchvision.nms; print(torchvision.healthy)",
        tmp_path,
    )

    assert done.stdout.split() == ["True"], done.stderr


def test_any_other_error_is_left_as_it_is(tmp_path: Path) -> None:
    done = python(IMPORT, imitation(tmp_path, 'raise RuntimeError("the disk is on fire")'))

    assert done.returncode
    assert "RuntimeError: the disk is on fire" in done.stderr


def test_importing_the_function_loads_no_torch() -> None:
    done = python("import sys, framecast; framecast.import_torchvision; print('torch' in sys.modules)")

    assert done.stdout.split() == ["False"], done.stderr
