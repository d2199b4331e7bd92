"""Where plugins come from: a module's name, a path."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from framecast.errors import InputError
from framecast.registry.plugin_source import PluginSource, named_source


def test_a_name_is_a_module() -> None:
    assert named_source("their.cells", Path("/nowhere")) == PluginSource(name="cells", module="their.cells")


@pytest.mark.parametrize("text", ["cell.py", "./cell.py", "sub/../cell.py"])
def test_a_path_is_relative_to_the_folder_given(text: str, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "cell.py").write_text("")
    found = named_source(text, tmp_path)
    assert (found.name, found.path) == ("cell", str(tmp_path / "cell.py"))


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "cell.py").write_text("")
    assert named_source("~/cell.py", Path("/nowhere")).path == str(tmp_path / "cell.py")


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cell\.py"):
        named_source("./cell.py", tmp_path)


def test_a_folder_without_init_is_no_package(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no __init__"):
        named_source("./", tmp_path)


def test_a_package_at_a_path_imports_its_own_modules(tmp_path: Path) -> None:
    package = tmp_path / "cell_package"
    package.mkdir()
    (package / "__init__.py").write_text("from .inner import answer\n")
    (package / "inner.py").write_text("answer = 42\n")
    assert named_source("./cell_package", tmp_path).load().answer == 42


def test_a_file_is_run_once_however_often_it_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "cell.py").write_text("identity = object()\n")
    source = named_source("cell.py", tmp_path)
    assert source.load().identity is source.load().identity


def test_a_file_that_raises_leaves_no_half_module_behind(tmp_path: Path) -> None:
    (tmp_path / "cell.py").write_text("raise RuntimeError('no')\n")
    source = named_source("cell.py", tmp_path)
    with pytest.raises(RuntimeError):
        source.load()
    assert source.module not in sys.modules


def test_a_file_that_is_not_python_is_an_import_error(tmp_path: Path) -> None:
    (tmp_path / "cell.txt").write_text("")
    with pytest.raises(ImportError, match="not a Python file"):
        named_source("./cell.txt", tmp_path).load()


def test_a_source_travels_as_plain_data() -> None:
    source = PluginSource("cell", "their.cell", distribution="their", version="1.0")
    assert source.to_dict() == {
        "name": "cell",
        "module": "their.cell",
        "distribution": "their",
        "version": "1.0",
    }
    assert PluginSource(**source.to_dict()) == source


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (PluginSource("cell", "m", distribution="their", version="1.0"), "cell (their 1.0)"),
        (PluginSource("cell", "m", path="/here/cell.py"), "cell (/here/cell.py)"),
        (PluginSource("cell", "m"), "cell (module m)"),
    ],
)
def test_a_source_says_where_it_comes_from(source: PluginSource, words: str) -> None:
    assert str(source) == words
