"""Names of a package that are imported on first use."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

import framecast
import framecast.data
import framecast.testing


@pytest.mark.parametrize("package", [framecast, framecast.data, framecast.testing])
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
        "import framecast\n__getattr__ = framecast.lazy_exports(__name__, {'Cell': '.cell', 'gone': '.cell'})\n"
    )
    (package / "cell.py").write_text("class Cell: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = importlib.import_module("lazy_cells")
    assert "lazy_cells.cell" not in sys.modules
    assert found.Cell.__module__ == "lazy_cells.cell"
    with pytest.raises(AttributeError, match="'lazy_cells' has no attribute 'Net'"):
        found.Net  # noqa: B018
    with pytest.raises(AttributeError, match="has no attribute 'gone'"):
        found.gone  # noqa: B018
