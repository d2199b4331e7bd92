"""Plugins of other distributions: known by name from metadata, imported only where a job names them."""

from __future__ import annotations

import importlib
import sys
import time
from pathlib import Path

import pytest

from framecast.errors import InputError
from framecast.registry.registry import Registry
from tests.broken_plugins import MISBEHAVING, SOUND, USABLE, install

BROKEN_HERE = [name for name, each in MISBEHAVING.items() if each.state == "broken"]
ENDS_ANY_PROCESS = ("kills", "crashes", "lingers", "asks", "schemaless", "interrupts", "endless", "sleeps")
"""Those that would end, or hold, the process of the tests; and what only verifying looks at."""


def discover(*named: str) -> Registry:
    """As a new process would find what has just been installed."""
    importlib.invalidate_caches()
    return Registry.discover(named)


def third_party(registry: Registry) -> dict[str, str]:
    return {each.name: each.source.distribution for each in registry.names() if each.source.is_third_party}


def test_names_come_from_metadata_without_an_import(site: Path) -> None:
    install(site, "cells", SOUND, metadata="Summary: Cells of others\n")
    (found,) = [each for each in discover().names("model") if each.source.is_third_party]
    assert (found.kind, found.name, found.summary) == ("model", "cells", "Cells of others")
    assert (found.source.distribution, found.source.version) == ("cells", "1.0")
    assert "broken_cells" not in sys.modules


def test_only_the_plugin_that_is_named_is_imported(site: Path) -> None:
    install(site, "wanted", SOUND)
    install(site, "idle", SOUND)
    assert discover().find("model", "wanted").source.distribution == "wanted"
    assert "broken_wanted" in sys.modules
    assert "broken_idle" not in sys.modules


def test_framecasts_own_are_imported_by_name_too(site: Path) -> None:
    registry = discover()
    registry.find("model", "simvp")
    assert [each.module for each in registry.loaded] == ["framecast_simvp"]


def test_a_module_of_several_names_and_kinds_is_imported_once(site: Path) -> None:
    trace = site.parent / "trace"
    text = f"open({str(trace)!r}, 'a').write('x')\n" + SOUND.replace("{name}", "first")
    text += '    yield framecast.Model(name="second", summary="Another", build=print)\n'
    text += SOUND.replace("_models", "_callbacks").replace("Model", "Callback").split("import framecast")[1]
    install(site, "several", text)
    entries = site / "several-1.0.dist-info" / "entry_points.txt"
    entries.write_text(entries.read_text() + "[framecast.callbacks]\nseveral = broken_several\n")
    registry = discover()
    assert registry.find("model", "second").source == registry.find("callback", "several").source
    assert registry.find("model", "first").declaration.summary == "A model"
    assert trace.read_text() == "x"


@pytest.mark.parametrize("name", [name for name in BROKEN_HERE if name not in ENDS_ANY_PROCESS])
def test_a_job_that_names_a_broken_plugin_gets_the_plugin_its_distribution_its_file_and_the_reason(
    name: str, site: Path
) -> None:
    file = install(site, name, MISBEHAVING[name].text)
    ((wanted, _),) = third_party(registry := discover()).items()
    with pytest.raises(InputError) as refused:
        registry.find("model", wanted)
    reason = "SystemExit: 0" if name == "leaves" else MISBEHAVING[name].reason
    assert f"plugin broken_{name} ({name} 1.0) is broken: " in str(refused.value)
    assert reason in str(refused.value)
    assert str(file) in str(refused.value)
    assert registry.find("model", "conv_tt_lstm")


@pytest.mark.parametrize("name", ["sleeps", "endless"])
def test_an_import_that_does_not_end_is_cut_off(name: str, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMECAST_PLUGIN_SECONDS", "0.3")
    install(site, name, MISBEHAVING[name].text)
    ((wanted, _),) = third_party(registry := discover()).items()
    with pytest.raises(InputError, match=r"cut off after 0\.3 s \(\$FRAMECAST_PLUGIN_SECONDS allows more\)"):
        registry.find("model", wanted)


def test_the_limit_of_time_ends_with_the_import(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMECAST_PLUGIN_SECONDS", "0.3")
    install(site, "sound", SOUND)
    discover().find("model", "sound")
    time.sleep(0.4)


def test_a_plugin_is_tried_once(site: Path) -> None:
    trace = site.parent / "trace"
    install(site, "raises", f"open({str(trace)!r}, 'a').write('x')\nraise RuntimeError('no licence')\n" + USABLE)
    registry = discover()
    for _ in range(2):
        with pytest.raises(InputError, match="no licence"):
            registry.find("model", "last_of_raises")
    assert trace.read_text() == "x"


def test_a_name_that_differs_from_its_entry_point_is_one_clear_error(site: Path) -> None:
    file = install(site, "cells", SOUND.replace("{name}", "x"), names="y")
    with pytest.raises(InputError, match="declares model 'x' but its entry point is named 'y'") as refused:
        discover().find("model", "y")
    assert str(file) in str(refused.value)
    assert "broken_cells (cells 1.0)" in str(refused.value)


def test_an_entry_point_of_a_kind_that_the_module_does_not_declare(site: Path) -> None:
    install(site, "cells", SOUND)
    entries = site / "cells-1.0.dist-info" / "entry_points.txt"
    entries.write_text("[framecast.tasks]\ncells = broken_cells\n")
    with pytest.raises(InputError, match="has an entry point for task 'cells' but declares none of that name"):
        discover().find("task", "cells")


def test_what_has_no_entry_point_is_not_found_whatever_was_imported_before(site: Path) -> None:
    text = SOUND.replace("{name}", "first") + '    yield framecast.Model(name="hidden", summary="", build=print)\n'
    install(site, "cells", text, names="first")
    registry = discover()
    registry.find("model", "first")
    with pytest.raises(InputError, match="no model is called 'hidden'"):
        registry.find("model", "hidden")


def test_a_plugin_for_another_framecast_is_refused_without_an_import(site: Path) -> None:
    trace = site.parent / "trace"
    install(site, "newer", f"open({str(trace)!r}, 'w')\n" + SOUND, metadata="Requires-Dist: framecast>=99,<100\n")
    with pytest.raises(InputError, match=r"needs framecast<100,>=99, and this is 0\."):
        discover().find("model", "newer")
    assert not trace.exists()


@pytest.mark.parametrize("needs", ["framecast", "framecast>=0.0.1", "numpy>=999", "framecast>=99; extra == 'x'"])
def test_other_requirements_are_not_checked(needs: str, site: Path) -> None:
    install(site, "cells", SOUND, metadata=f"Requires-Dist: {needs}\n")
    assert discover().find("model", "cells")


def test_nothing_that_is_merely_installed_takes_the_place_of_what_framecast_declares(site: Path) -> None:
    install(site, "usurper", SOUND.replace("{name}", "conv_lstm"))
    assert discover().find("model", "conv_lstm").source.distribution == "framecast"
    without = discover("no:conv_tt_lstm")
    assert without.find("model", "conv_lstm").source.distribution == "usurper"


def test_a_file_that_the_user_names_comes_before_what_is_merely_installed(site: Path, tmp_path: Path) -> None:
    install(site, "cells", SOUND)
    (tmp_path / "mine.py").write_text(SOUND.replace("{name}", "cells"))
    found = discover(str(tmp_path / "mine.py")).find("model", "cells")
    assert found.source.path == str(tmp_path / "mine.py")
    assert "broken_cells" not in sys.modules


def test_two_that_declare_one_name_are_both_named_and_neither_is_imported(site: Path) -> None:
    for name in ("first", "second"):
        install(site, name, SOUND.replace("{name}", "shared"))
    with pytest.raises(
        InputError, match=r"broken_first \(first 1\.0\) and broken_second \(second 1\.0\): switch one off"
    ):
        discover().find("model", "shared")
    assert not {"broken_first", "broken_second"} & set(sys.modules)


@pytest.mark.parametrize("switched_off", ["no:broken_first", "no:first"])
def test_one_of_two_is_switched_off_by_its_module_or_its_distribution(switched_off: str, site: Path) -> None:
    for name in ("first", "second"):
        install(site, name, SOUND.replace("{name}", "shared"))
    assert discover(switched_off).find("model", "shared").source.distribution == "second"


def test_an_unknown_name_is_answered_with_the_nearest_of_other_distributions_too(site: Path) -> None:
    install(site, "unusual_cells", MISBEHAVING["raises"].text.replace("last_of_{name}", "unusual_cells"))
    with pytest.raises(InputError, match=r"no model is called 'unusual_cell', did you mean unusual_cells\?$"):
        discover().find("model", "unusual_cell")


def test_a_module_that_is_named_is_imported_whether_it_is_installed_or_not(site: Path) -> None:
    install(site, "cells", SOUND)
    registry = discover("broken_cells")
    assert "broken_cells" in sys.modules
    assert registry.find("model", "cells").source.distribution == "cells"


def test_what_a_plugin_prints_stays_out_of_stdout_and_is_attributed(
    site: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = "import os; print('from Python'); os.system('echo from a process')\n" + SOUND
    file = install(site, "loud", text)
    discover().find("model", "loud")
    print("the answer")
    captured = capfd.readouterr()
    assert captured.out == "the answer\n"
    assert "from a process" in captured.err
    note = f"note: the plugin broken_loud (loud 1.0) [{file}] prints when it is imported: from Python"
    assert note in captured.err


def test_a_plugin_that_replaces_stdout_does_not_keep_it(site: Path) -> None:
    before = sys.stdout
    install(site, "thief", "import io, sys; sys.stdout = io.StringIO()\n" + SOUND)
    discover().find("model", "thief")
    assert sys.stdout is before


def test_everything_sound_is_loaded_on_request_and_the_rest_is_named(site: Path) -> None:
    install(site, "sound", SOUND)
    install(site, "leaves", MISBEHAVING["leaves"].text)
    registry = discover()
    left_out = registry.load_third_party()
    assert [(each.distribution, why) for each, why in left_out.items()] == [
        ("leaves", "its import left the process with exit code 0")
    ]
    assert "sound" in [each.declaration.name for each in registry.known("model")]
