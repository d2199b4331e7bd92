"""Names of a package that are imported on first use."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

import framecast
import framecast.bounded
import framecast.data
import framecast.testing
import framecast_conv_tt_lstm
import framecast_moving_mnist


@pytest.mark.parametrize(
    "package",
    [
        framecast,
        framecast.bounded,
        framecast.data,
        framecast.testing,
        framecast_conv_tt_lstm,
        framecast_moving_mnist,
    ],
)
def test_every_exported_name_is_there(package: ModuleType) -> None:
    for name in package.__all__:
        assert getattr(package, name) is not None


def test_a_name_may_be_that_of_its_module_or_the_module_itself() -> None:
    assert callable(framecast.load)  # framecast/evaluation/load.py holds a function of this name
    assert framecast.events is sys.modules["framecast.plugin.events"]


def test_a_package_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "lazy_cells"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from typing import TYPE_CHECKING\n"
        "import framecast\n"
        "if TYPE_CHECKING:\n"
        "    from lazy_cells.cell import Cell, Hidden, gone\n"
        "    import lazy_cells.cell as cells\n"
        "    from . import cell as relative\n"
        "    from .cell import Hidden as Concealed\n"
        "__all__ = ['Cell', 'Concealed', 'cells', 'gone', 'relative']\n"
        "__getattr__ = framecast.lazy_exports(__name__)\n"
    )
    (package / "cell.py").write_text("class Cell: pass\nclass Hidden: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = importlib.import_module("lazy_cells")
    assert "lazy_cells.cell" not in sys.modules
    assert found.Cell.__module__ == "lazy_cells.cell"
    assert found.cells is found.relative is sys.modules["lazy_cells.cell"]
    assert found.Concealed is found.cells.Hidden
    for name in ("Net", "Hidden"):
        with pytest.raises(AttributeError, match=f"'lazy_cells' has no attribute '{name}'"):
            getattr(found, name)
    with pytest.raises(AttributeError, match="has no attribute 'gone'"):
        found.gone  # noqa: B018
