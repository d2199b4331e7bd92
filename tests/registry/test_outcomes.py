"""What comes of importing a plugin that others wrote: found out in another process, and remembered."""

from __future__ import annotations

import fcntl
import importlib
import sys
from pathlib import Path

import pytest

from broken_plugins import MISBEHAVING, SOUND, install
from framecast.errors import InputError
from framecast.registry.outcome import Declared, Outcome
from framecast.registry.registry import Registry

COUNTING = "open({trace!r}, 'a').write('x')\n" + SOUND
QUICK = [name for name, each in MISBEHAVING.items() if each.state == "broken"]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder on Python's path, and a memory without memories."""
    monkeypatch.setenv("FRAMECAST_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


def outcomes(again: bool = False) -> dict[str, Outcome]:
    """Those of plugins that are not framecast's own, by name, as a new process would see them."""
    importlib.invalidate_caches()
    found = Registry.discover().outcomes(again)
    return {provider.name: outcome for provider, outcome in found.items() if provider.from_others}


def counting(site: Path, name: str = "counted") -> Path:
    """Installs a sound plugin that leaves an x behind whenever it is imported; returns where."""
    trace = site.parent / "trace"
    install(site, name, COUNTING.replace("{trace!r}", repr(str(trace))))
    return trace


@pytest.mark.parametrize("name", QUICK)
def test_a_broken_plugin_is_kept_with_its_reason(name: str, site: Path) -> None:
    install(site, name, MISBEHAVING[name].text)
    found = outcomes()[name]
    assert (found.state, found.usable) == ("broken", False)
    assert MISBEHAVING[name].reason in found.reason


def test_a_sound_plugin_is_known_by_what_it_declares_without_being_imported_here(site: Path) -> None:
    install(site, "cells", SOUND)
    found = outcomes()["cells"]
    assert (found.state, found.declares) == ("ok", (Declared("model", "cells", "A model"),))
    assert "broken_cells" not in sys.modules


def test_it_is_imported_once_and_then_remembered(site: Path) -> None:
    trace = counting(site)
    assert outcomes() == outcomes()
    assert trace.read_text() == "x"


def test_a_plugin_whose_file_has_changed_is_looked_at_again(site: Path) -> None:
    file = install(site, "cells", SOUND)
    assert outcomes()["cells"].declares[0].name == "cells"
    file.write_text(SOUND.replace("{name}", "tissue"))
    assert outcomes()["cells"].declares[0].name == "tissue"


def test_a_change_in_a_module_within_its_package_counts_too(site: Path) -> None:
    install(site, "cells", "from broken_inner.names import NAME\n" + SOUND.replace('"{name}"', "NAME"))
    (site / "cells-1.0.dist-info" / "entry_points.txt").write_text("[framecast]\ncells = broken_inner.plugin\n")
    inner = site / "broken_inner"
    inner.mkdir()
    (site / "broken_cells.py").rename(inner / "plugin.py")
    (inner / "names.py").write_text("NAME = 'first'\n")
    assert outcomes()["cells"].declares[0].name == "first"
    (inner / "names.py").write_text("NAME = 'another'\n")
    assert outcomes()["cells"].declares[0].name == "another"


def test_what_was_missing_and_is_installed_now_mends_a_broken_plugin(site: Path) -> None:
    install(site, "cells", "import broken_help\n" + SOUND)
    assert "broken_help" in outcomes()["cells"].reason
    install(site, "help", SOUND)
    assert outcomes()["cells"].state == "ok"


def test_again_takes_nothing_from_memory(site: Path) -> None:
    trace = counting(site)
    outcomes()
    outcomes(again=True)
    assert trace.read_text() == "xx"


def test_a_memory_that_cannot_be_read_is_made_anew(site: Path) -> None:
    trace = counting(site)
    outcomes()
    for file in (site.parent / "cache" / "plugins").iterdir():
        file.write_text('{"mark": 3')
    assert outcomes()["counted"].state == "ok"
    assert trace.read_text() == "xx"


def test_without_a_place_for_the_memory_all_goes_on(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (site.parent / "cache").write_text("a file where the folder should be")
    counting(site)
    assert outcomes()["counted"].state == "ok"


def test_a_plugin_for_another_framecast_is_refused_unseen(site: Path) -> None:
    trace = site.parent / "trace"
    install(site, "newer", f"open({str(trace)!r}, 'w')\n" + SOUND, metadata="Requires-Dist: framecast>=99,<100\n")
    assert "needs framecast<100,>=99, and this is 0." in outcomes()["newer"].reason
    assert not trace.exists()


@pytest.mark.parametrize("needs", ["framecast", "framecast>=0.0.1", "numpy>=999", "framecast>=99; extra == 'x'"])
def test_other_requirements_are_not_ours_to_judge(needs: str, site: Path) -> None:
    install(site, "cells", SOUND, metadata=f"Requires-Dist: {needs}\n")
    assert outcomes()["cells"].state == "ok"


def test_a_plugin_is_cut_off(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMECAST_PLUGIN_SECONDS", "0.5")
    install(site, "sleeps", MISBEHAVING["sleeps"].text)
    assert outcomes()["sleeps"] == Outcome("slow", "its import was cut off after 0.5 s", seconds=0.5)


def test_what_a_plugin_starts_ends_with_its_examination(site: Path) -> None:
    """It hands a lock on a file to a process that would hold it for an hour."""
    held = site.parent / "held"
    text = f"import fcntl, subprocess\nheld = open({str(held)!r}, 'w')\nfcntl.flock(held, fcntl.LOCK_EX)\n"
    text += "subprocess.Popen(['sleep', '3600'], pass_fds=[held.fileno()])\n"
    install(site, "starts", text + SOUND)
    assert outcomes()["starts"].usable
    with held.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)


def test_only_the_plugin_that_declares_what_is_wanted_is_imported(site: Path) -> None:
    install(site, "wanted", SOUND)
    install(site, "idle", SOUND)
    assert Registry.discover().find("model", "wanted").provider.distribution == "wanted"
    assert "broken_wanted" in sys.modules
    assert "broken_idle" not in sys.modules


def test_what_framecast_has_itself_is_found_without_a_look_at_others(site: Path) -> None:
    trace = counting(site)
    assert Registry.discover().find("model", "conv_tt_lstm")
    assert not trace.exists()


def test_nothing_that_is_merely_installed_takes_the_place_of_what_framecast_declares(site: Path) -> None:
    install(site, "usurper", SOUND.replace("{name}", "conv_lstm"))
    assert Registry.discover().find("model", "conv_lstm").provider.distribution == "framecast"
    without = Registry.discover(["no:conv_tt_lstm"])
    assert without.find("model", "conv_lstm").provider.distribution == "usurper"


def test_two_that_declare_one_name_are_both_named_and_neither_is_imported(site: Path) -> None:
    for name in ("first", "second"):
        install(site, name, SOUND.replace("{name}", "shared"))
    with pytest.raises(InputError, match=r"first \(first 1\.0\) and second \(second 1\.0\): switch one off"):
        Registry.discover().find("model", "shared")
    assert not {"broken_first", "broken_second"} & set(sys.modules)


def test_what_is_not_found_anywhere_is_told_with_the_broken_plugins(site: Path) -> None:
    install(site, "raises", MISBEHAVING["raises"].text)
    with pytest.raises(InputError, match=r"raises \(raises 1\.0\) is broken.*no licence"):
        Registry.discover().find("model", "last_of_raises")


def test_a_plugin_that_breaks_only_here_is_broken_here(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its examination was fine: it behaves otherwise in the second process that imports it."""
    text = "import pathlib\nonce = pathlib.Path(__file__).with_suffix('.once')\n"
    text += "if once.exists(): raise OSError('its server is down')\nonce.write_text('')\n"
    install(site, "fickle", text + SOUND)
    with pytest.raises(InputError, match="its server is down"):
        Registry.discover().find("model", "fickle")


def test_what_a_plugin_prints_when_it_is_used_stays_out_of_stdout(
    site: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    install(site, "loud", "import os; print('from Python'); os.system('echo from a process')\n" + SOUND)
    Registry.discover().find("model", "loud")
    print("the answer")
    captured = capfd.readouterr()
    assert captured.out == "the answer\n"
    assert "from Python" in captured.err
    assert "from a process" in captured.err


def test_a_plugin_that_replaces_stdout_does_not_keep_it(site: Path) -> None:
    before = sys.stdout
    install(site, "thief", "import io, sys; sys.stdout = io.StringIO()\n" + SOUND)
    Registry.discover().find("model", "thief")
    assert sys.stdout is before


def test_workers_get_what_is_sound_or_was_used(site: Path) -> None:
    install(site, "sound", SOUND)
    install(site, "prints", MISBEHAVING["prints"].text)
    install(site, "raises", MISBEHAVING["raises"].text)
    registry = Registry.discover()
    assert {each.name for each in registry.sound if each.from_others} == {"sound"}
    registry.find("model", "last_of_prints")
    assert {each.name for each in registry.sound if each.from_others} == {"sound", "prints"}
