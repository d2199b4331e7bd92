"""Where plugins come from: entry points, a module's name, a path."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from framecast.registry.provider import Provider, from_text, installed


def test_the_first_party_plugins_are_found_by_their_entry_points_without_being_imported() -> None:
    before = set(sys.modules)
    found = {provider.name: provider for provider in installed()}
    assert found["conv_tt_lstm"].module == "framecast_conv_tt_lstm"
    assert found["conv_tt_lstm"].distribution == "framecast"
    assert not {name for name in set(sys.modules) - before if name.startswith("framecast_")}


def test_a_name_is_a_module() -> None:
    assert from_text("their.cells", Path("/nowhere")) == Provider(name="cells", module="their.cells")


@pytest.mark.parametrize("text", ["cell.py", "./cell.py", "sub/../cell.py"])
def test_a_path_is_relative_to_the_folder_given(text: str, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "cell.py").write_text("")
    found = from_text(text, tmp_path)
    assert (found.name, found.path) == ("cell", str(tmp_path / "cell.py"))


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "cell.py").write_text("")
    assert from_text("~/cell.py", Path("/nowhere")).path == str(tmp_path / "cell.py")


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"cell\.py"):
        from_text("./cell.py", tmp_path)


def test_a_folder_without_init_is_no_package(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds no __init__"):
        from_text("./", tmp_path)


def test_a_package_at_a_path_imports_its_own_modules(tmp_path: Path) -> None:
    package = tmp_path / "cell_package"
    package.mkdir()
    (package / "__init__.py").write_text("from .inner import answer\n")
    (package / "inner.py").write_text("answer = 42\n")
    assert from_text("./cell_package", tmp_path).load().answer == 42


def test_a_file_is_run_once_however_often_it_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "cell.py").write_text("identity = object()\n")
    provider = from_text("cell.py", tmp_path)
    assert provider.load().identity is provider.load().identity


def test_a_file_that_raises_leaves_no_half_module_behind(tmp_path: Path) -> None:
    (tmp_path / "cell.py").write_text("raise RuntimeError('no')\n")
    provider = from_text("cell.py", tmp_path)
    with pytest.raises(RuntimeError):
        provider.load()
    assert provider.module not in sys.modules


def test_a_file_that_is_not_python_is_an_import_error(tmp_path: Path) -> None:
    (tmp_path / "cell.txt").write_text("")
    with pytest.raises(ImportError, match="not a Python file"):
        from_text("./cell.txt", tmp_path).load()


def test_a_provider_travels_as_plain_data() -> None:
    provider = Provider("cell", "their.cell", distribution="their", version="1.0")
    assert provider.to_dict() == {
        "name": "cell",
        "module": "their.cell",
        "distribution": "their",
        "version": "1.0",
    }
    assert Provider(**provider.to_dict()) == provider


@pytest.mark.parametrize(
    ("provider", "words"),
    [
        (Provider("cell", "m", distribution="their", version="1.0"), "cell (their 1.0)"),
        (Provider("cell", "m", path="/here/cell.py"), "cell (/here/cell.py)"),
        (Provider("cell", "m"), "cell (module m)"),
    ],
)
def test_a_provider_says_where_it_comes_from(provider: Provider, words: str) -> None:
    assert str(provider) == words
