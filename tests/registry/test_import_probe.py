"""Importing plugins in child processes, to find out what is wrong with them."""

from __future__ import annotations

import fcntl
import importlib
import sys
from pathlib import Path

import pytest

from framecast.registry.import_probe import ImportResult
from framecast.registry.registry import Registry
from tests.broken_plugins import MISBEHAVING, SOUND, install


def verify() -> dict[str, ImportResult]:
    """The results by distribution."""
    importlib.invalidate_caches()
    return {source.distribution: result for source, result in Registry.discover().verify().items()}


def test_a_sound_plugin_is_described_without_being_imported_here(site: Path) -> None:
    install(site, "cells", SOUND)
    found = verify()["cells"]
    assert (found.declared, found.error, found.notes) == ((("model", "cells", "A model"),), "", ())
    assert "broken_cells" not in sys.modules


def test_a_plugin_is_cut_off(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMECAST_PLUGIN_SECONDS", "0.5")
    install(site, "sleeps", MISBEHAVING["sleeps"].text)
    assert verify()["sleeps"] == ImportResult(error="its import was cut off after 0.5 s")


def test_processes_that_a_plugin_starts_end_with_it(site: Path) -> None:
    """It hands a lock on a file to a process that would hold it for an hour."""
    held = site.parent / "held"
    text = f"import fcntl, subprocess\nheld = open({str(held)!r}, 'w')\nfcntl.flock(held, fcntl.LOCK_EX)\n"
    text += "subprocess.Popen(['sleep', '3600'], pass_fds=[held.fileno()])\n"
    install(site, "starts", text + SOUND)
    assert not verify()["starts"].error
    with held.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)


def test_a_name_that_differs_from_its_entry_point_is_an_error(site: Path) -> None:
    install(site, "cells", SOUND.replace("{name}", "x"), names="y")
    assert verify()["cells"].error == "declares model 'x' but its entry point is named 'y'"


def test_a_declaration_without_an_entry_point_is_a_note(site: Path) -> None:
    text = SOUND.replace("{name}", "first") + '    yield framecast.Model(name="hidden", summary="", build=print)\n'
    install(site, "cells", text, names="first")
    found = verify()["cells"]
    assert not found.error
    assert found.notes == (
        "declares model 'hidden' without an entry point in the group framecast.models, so that jobs cannot "
        "name it",
    )


def test_a_plugin_for_another_framecast_is_broken(site: Path) -> None:
    install(site, "newer", SOUND, metadata="Requires-Dist: framecast>=99,<100\n")
    assert "needs framecast<100,>=99, and this is 0." in verify()["newer"].error
