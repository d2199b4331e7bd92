"""What is read of the metadata of installed distributions, also where it is damaged or of an older version."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from framecast.errors import InputError
from framecast.plugin.kinds import KINDS
from framecast.registry.entry_points import not_installed, read_entry_points
from framecast.registry.plugin_source import PluginSource
from framecast.registry.registry import Registry
from tests.broken_plugins import SOUND, install


def entries(site: Path, name: str, text: str) -> None:
    """Installs a distribution that is nothing but metadata."""
    folder = site / f"{name}-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(text)


def test_the_first_party_plugins_are_found_by_their_entry_points_without_being_imported() -> None:
    before = set(sys.modules)
    found = {each.name: each.source for each in read_entry_points().names}
    assert found["conv_tt_lstm"].module == "framecast_conv_tt_lstm"
    assert found["conv_tt_lstm"].distribution == "framecast"
    assert not {name for name in set(sys.modules) - before if name.startswith("framecast_")}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_group(kind: str, site: Path) -> None:
    entries(site, "theirs", f"[{KINDS[kind].group}]\nits_name = their_module\n")
    (found,) = [each for each in read_entry_points().names if each.source.distribution == "theirs"]
    assert (found.kind, found.name, found.source.module) == (kind, "its_name", "their_module")


def test_what_follows_the_module_in_an_entry_point_is_left_out(site: Path) -> None:
    entries(site, "theirs", "[framecast.models]\ncell = their.module:attribute [extra]\n")
    (found,) = [each for each in read_entry_points().names if each.source.distribution == "theirs"]
    assert found.source.module == "their.module"


def test_the_old_group_is_named_with_what_to_write_instead(site: Path) -> None:
    entries(site, "older", "[framecast]\ncell = older_cell\n")
    found = read_entry_points()
    assert not [each for each in found.names if each.source.distribution == "older"]
    (note,) = found.notes
    assert note.startswith(
        "older 1.0 declares older_cell in the entry-point group 'framecast', which is no longer"
    )
    assert 'NAME = "older_cell" in the group framecast.models or framecast.datasets' in note
    with pytest.raises(InputError, match=r"no model is called 'cell'.*older 1\.0 declares older_cell"):
        Registry.discover().find("model", "cell")


def test_damaged_metadata_of_one_distribution_is_a_note_and_all_others_are_read(site: Path) -> None:
    entries(site, "damaged", "[framecast.models]\na line without an equals sign\n")
    install(site, "cells", SOUND)
    found = read_entry_points()
    assert "cells" in [each.name for each in found.names]
    assert len(found.notes) == 1
    assert "the entry points of damaged cannot be read" in found.notes[0]


def test_metadata_without_a_name_or_a_version_is_read_as_far_as_it_goes(site: Path) -> None:
    entries(site, "bare", "[framecast.models]\ncell = bare_cell\n")
    (site / "bare-1.0.dist-info" / "METADATA").write_text("")
    assert "cell" in [each.name for each in read_entry_points().names]


def test_of_two_distributions_with_one_name_the_first_on_the_path_counts(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries(site, "theirs", "[framecast.models]\nold = their_module\n")
    newer = tmp_path / "newer"
    newer.mkdir()
    entries(newer, "theirs", "[framecast.models]\nnew = their_module\n")
    monkeypatch.syspath_prepend(str(newer))
    assert [each.name for each in read_entry_points().names if each.source.is_third_party] == ["new"]


def test_metadata_in_the_current_folder_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("planted", "framecast"):  # also not in the place of one that is
        entries(tmp_path, name, "[framecast.models]\ncell = planted\n")
    before = [each.name for each in read_entry_points().names]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    importlib.invalidate_caches()
    assert [each.name for each in read_entry_points().names] == before
    planted = PluginSource("planted", "planted", distribution="framecast", version="1.0")
    own = PluginSource("framecast_kth", "framecast_kth", distribution="framecast")
    assert not_installed([planted, own]) == [planted]
    assert not_installed([PluginSource("planted", "planted", distribution="planted", version="1.0")])


def test_a_plugin_is_installed_by_its_module_and_distribution() -> None:
    own = PluginSource("a name of an older plan", "framecast_kth", distribution="framecast", version="0.0.1")
    other = PluginSource("kth", "another_module", distribution="framecast", version="0.1.0")
    assert not_installed([own, other]) == [other]


def test_metadata_without_a_summary_keep_their_name_with_the_backport_too(site: Path) -> None:
    """Libraries such as MLflow import `importlib_metadata`, which replaces the reader of metadata: a field that is
    missing raises KeyError there."""
    pytest.importorskip("importlib_metadata")
    entries(site, "theirs", "[framecast.models]\ncell = their_module\n")
    (found,) = [each for each in read_entry_points().names if each.name == "cell"]
    assert (found.source.distribution, found.source.version) == ("theirs", "1.0")
