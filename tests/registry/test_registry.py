"""Plugins are imported by name; a broken one is remembered and fails only the job that needs it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from framecast.errors import InputError
from framecast.registry.plugin_source import PluginSource
from framecast.registry.registry import Registry

SOUND = """
import framecast

@framecast.hookimpl
def framecast_models():
    yield framecast.Model(name="{name}", summary="A cell", build=lambda settings, sample: None)
"""

BROKEN = {
    "syntax error": ("def (:\n", "SyntaxError"),
    "raises": ("raise RuntimeError('no licence')\n", "RuntimeError: no licence"),
    "leaves the process": ("import sys; sys.exit(3)\n", "SystemExit: 3"),
    "missing import": ("import a_module_that_nobody_has\n", "ModuleNotFoundError"),
    "misspelt hook": (SOUND.format(name="x").replace("framecast_models", "framecast_model"), "framecast_model"),
    "hook with an argument": (SOUND.format(name="x").replace("models()", "models(wanted)"), "wanted"),
    "wrong type": ("import framecast\n@framecast.hookimpl\ndef framecast_models():\n    yield 3\n", "not 3"),
    "wrong kind": (SOUND.format(name="x").replace("_models", "_metrics"), "must yield framecast.Metric"),
    "yields nothing at all": (
        "import framecast\n@framecast.hookimpl\ndef framecast_models(): pass\n",
        "declares nothing",
    ),
    "no hooks": ("import framecast\n", "declares nothing"),
    "hook raises": ("import framecast\n@framecast.hookimpl\ndef framecast_models(): 1 / 0\n", "ZeroDivisionError"),
    "declares half": (SOUND.format(name="half") + "    1 / 0\n", "ZeroDivisionError"),
}


def plugin(folder: Path, file: str, text: str | None = None, name: str = "my_cell") -> str:
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(text or SOUND.format(name=name))
    return str(folder / file)


def broken(registry: Registry) -> dict[str, str]:
    return {source.name: reason for source, reason in registry.broken.items()}


def test_what_is_installed_is_found_by_kind_and_name() -> None:
    registry = Registry.discover()
    assert not registry.broken
    for kind, name in [
        ("model", "conv_tt_lstm"),
        ("data", "moving_mnist"),
        ("metric", "ssim"),
        ("task", "video_prediction"),
        ("callback", "tensorboard"),
    ]:
        found = registry.find(kind, name)
        assert (found.kind, found.declaration.name) == (kind, name)
        assert found.source.distribution == "framecast"


def test_the_listing_is_in_order_of_kind_and_name() -> None:
    entries = [(entry.kind, entry.declaration.name) for entry in Registry.discover().known()]
    kinds = ["model", "data", "metric", "task", "callback"]
    assert entries == sorted(set(entries), key=lambda entry: (kinds.index(entry[0]), entry[1]))
    assert entries[0] == ("model", "black")


def test_a_plugin_is_found_by_the_name_of_its_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin(tmp_path, "cells_by_name.py", name="named_cell")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert Registry.discover(["cells_by_name"]).find("model", "named_cell").source.module == "cells_by_name"


def test_a_plugin_is_found_by_the_path_of_a_file(tmp_path: Path) -> None:
    plugin(tmp_path, "cell.py")
    assert Registry.discover(["cell.py"], tmp_path).find("model", "my_cell").source.name == "cell"


def test_a_plugin_is_found_by_the_path_of_a_package(tmp_path: Path) -> None:
    plugin(tmp_path, "cells/__init__.py")
    assert Registry.discover(["./cells"], tmp_path).find("model", "my_cell").source.path == str(tmp_path / "cells")


def test_a_plugin_named_twice_is_one_plugin(tmp_path: Path) -> None:
    path = plugin(tmp_path, "cell.py")
    registry = Registry.discover([path, path])
    assert [entry.declaration.name for entry in registry.known()].count("my_cell") == 1


def test_two_files_of_one_name_are_two_plugins(tmp_path: Path) -> None:
    first, second = plugin(tmp_path, "a/cell.py", name="first"), plugin(tmp_path, "b/cell.py", name="second")
    registry = Registry.discover([first, second])
    assert registry.find("model", "first").source.path == first
    assert registry.find("model", "second").source.path == second


def test_a_path_that_does_not_exist_is_the_users_mistake() -> None:
    with pytest.raises(InputError, match=r"plugin ./no\.py: no such file"):
        Registry.discover(["./no.py"])


def test_a_blocked_plugin_is_never_imported(tmp_path: Path) -> None:
    """The plugin would leave a file behind if it were imported."""
    trace = tmp_path / "imported"
    path = plugin(tmp_path, "cell.py", f"open({str(trace)!r}, 'w')\n")
    registry = Registry.discover([path, "no:cell"])
    assert not trace.exists()
    assert registry.blocked == ["cell"]
    assert "cell" not in broken(registry)


def test_an_installed_plugin_can_be_switched_off() -> None:
    registry = Registry.discover(["no:conv_tt_lstm"])
    with pytest.raises(InputError, match="switched off by no:conv_tt_lstm"):
        registry.find("model", "conv_tt_lstm")
    assert registry.find("model", "black")


@pytest.mark.parametrize(("text", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_broken_plugin_is_kept_with_its_reason(text: str, reason: str, tmp_path: Path) -> None:
    assert reason in broken(Registry.discover([plugin(tmp_path, "cell.py", text)]))["cell"]


@pytest.mark.parametrize(("text", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_plugin_after_a_broken_one_works_and_so_does_one_before(text: str, reason: str, tmp_path: Path) -> None:
    paths = [plugin(tmp_path, "a.py", name="before"), plugin(tmp_path, "b.py", text), plugin(tmp_path, "c.py")]
    registry = Registry.discover(paths)
    assert list(broken(registry)) == ["b"]
    assert registry.find("model", "before")
    assert registry.find("model", "my_cell")
    assert registry.find("model", "conv_tt_lstm")


def test_nothing_of_a_plugin_that_broke_halfway_is_declared(tmp_path: Path) -> None:
    registry = Registry.discover([plugin(tmp_path, "cell.py", BROKEN["declares half"][0])])
    with pytest.raises(InputError, match=r"no model is called 'half'.*cell.*is broken.*ZeroDivisionError"):
        registry.find("model", "half")


def test_ctrl_c_while_plugins_load_is_not_swallowed(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        Registry.discover([plugin(tmp_path, "cell.py", "raise KeyboardInterrupt\n")])


def test_a_broken_entry_point_breaks_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution is no more than a folder of metadata on the path."""
    metadata = tmp_path / "rotten-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: rotten\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[framecast.models]\nrotten = rotten_module_of_nobody\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    registry = Registry.discover()
    with pytest.raises(
        InputError, match=r"rotten_module_of_nobody \(rotten 1\.0\) is broken: ModuleNotFoundError"
    ):
        registry.find("model", "rotten")
    assert registry.find("model", "conv_tt_lstm")


def test_two_declarations_of_one_name_are_an_error_that_names_both_and_only_when_asked_for(tmp_path: Path) -> None:
    first, second = plugin(tmp_path, "one.py", name="twin"), plugin(tmp_path, "two.py", name="twin")
    registry = Registry.discover([first, second])
    with pytest.raises(InputError, match="switch one off with -p no:NAME") as clash:
        registry.find("model", "twin")
    assert first in str(clash.value)
    assert second in str(clash.value)
    assert registry.find("model", "conv_lstm")


def test_switching_one_of_two_off_settles_the_clash(tmp_path: Path) -> None:
    first, second = plugin(tmp_path, "one.py", name="twin"), plugin(tmp_path, "two.py", name="twin")
    assert Registry.discover([first, second, "no:one"]).find("model", "twin").source.path == second


def test_one_name_in_two_kinds_is_no_clash(tmp_path: Path) -> None:
    path = plugin(tmp_path, "cell.py", name="ssim")
    registry = Registry.discover([path])
    assert registry.find("model", "ssim").source.path == path
    assert registry.find("metric", "ssim").source.distribution == "framecast"


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"no model is called 'conv_lst', did you mean conv_lstm\?"):
        Registry.discover().find("model", "conv_lst")


def test_workers_register_exactly_what_the_driver_resolved(tmp_path: Path) -> None:
    source = Registry.discover([plugin(tmp_path, "cell.py")]).find("model", "my_cell").source
    registry = Registry.exactly([source])
    assert registry.loaded == [source]
    assert [each.name for each in registry.names()] == ["my_cell"]


def test_a_worker_without_the_plugin_says_which() -> None:
    with pytest.raises(InputError, match=r"plugin gone \(gone 1\.0\): ModuleNotFoundError"):
        Registry.exactly([PluginSource("gone", "module_that_is_gone", distribution="gone", version="1.0")])


def test_discovering_twice_gives_two_registries_that_share_nothing(tmp_path: Path) -> None:
    with_cell, without = Registry.discover([plugin(tmp_path, "cell.py")]), Registry.discover()
    assert with_cell.find("model", "my_cell")
    with pytest.raises(InputError):
        without.find("model", "my_cell")


def test_the_modules_of_plugins_hold_no_torch() -> None:
    """`torch` may already be there, loaded by another test: what counts is that no plugin's module holds it."""
    Registry.discover().known()
    for name in ("conv_tt_lstm", "video_prediction", "moving_mnist", "metrics", "tensorboard"):
        assert not hasattr(sys.modules[f"framecast_{name}"], "torch")


ORDERED = """
import framecast
import sys

@framecast.hookimpl{options}
def framecast_models():
    sys.calls.append("{name}")
    yield framecast.Model(name="{name}", summary="", build=print)
"""

WRAPPER = """
import dataclasses
import framecast

@framecast.hookimpl(wrapper=True)
def framecast_models():
    results = yield
    return [[dataclasses.replace(each, summary="wrapped") for each in result] for result in results]
"""

OLD_WRAPPER = """
import framecast

@framecast.hookimpl(hookwrapper=True)
def framecast_models():
    outcome = yield
    outcome.force_result([[each for each in result if each.name != "unwanted"] for result in outcome.get_result()])
"""


def test_hooks_are_called_in_the_order_of_pluggy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last registered first, tryfirst before and trylast after all others."""
    monkeypatch.setattr(sys, "calls", [], raising=False)
    options = {"last": "(trylast=True)", "first": "(tryfirst=True)", "early": "", "late": ""}
    paths = [
        plugin(tmp_path, f"{name}.py", ORDERED.replace("{name}", name).replace("{options}", each))
        for name, each in options.items()
    ]
    Registry.discover(paths)
    assert sys.calls == ["first", "late", "early", "last"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("order", [1, -1])
def test_a_wrapper_sees_the_declarations_of_all_plugins_and_each_keeps_its_source(
    tmp_path: Path, order: int
) -> None:
    paths = [plugin(tmp_path, "wrapper.py", WRAPPER), plugin(tmp_path, "cell.py")]
    registry = Registry.discover(paths[::order])
    assert not registry.broken
    for name, file in (("my_cell", "cell"), ("conv_lstm", "framecast_conv_tt_lstm")):
        found = registry.find("model", name)
        assert (found.declaration.summary, found.source.name) == ("wrapped", file)
    assert registry.find("metric", "ssim").declaration.summary != "wrapped"


def test_a_wrapper_of_the_older_style_may_take_declarations_away(tmp_path: Path) -> None:
    text = SOUND.format(name="wanted") + '    yield framecast.Model(name="unwanted", summary="", build=print)\n'
    registry = Registry.discover([plugin(tmp_path, "wrapper.py", OLD_WRAPPER), plugin(tmp_path, "cell.py", text)])
    assert [each.name for each in registry.names("model") if each.source.path] == ["wanted"]
