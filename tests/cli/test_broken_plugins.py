"""Plugins that misbehave, all installed together: jobs that do not name one neither import it nor slow down."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.broken_plugins import MISBEHAVING, install_all

JOB = """\
name: tiny
task: {name: video_prediction, frames_in: 2, frames_out: 2}
model: {name: conv_lstm, layers_per_block: [1], hidden_channels: [2], kernel_size: 3}
data: {name: moving_mnist, size: 16, digit_size: 7, train_clips: 8, validation_clips: 4}
training: {epochs: 1, batch_size: 4, strategy: torch}
"""

Framecast = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which all of them are installed, with a job beside them."""
    folder = tmp_path_factory.mktemp("site")
    install_all(folder)
    (folder / "job.yaml").write_text(JOB)
    return folder


@pytest.fixture(scope="module")
def framecast(site: Path) -> Framecast:
    """`platform ...` in a separate process, where all of them are installed: framecast("plugins", "list")."""

    def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "framecast", *arguments],
            cwd=site,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")]),
                "FRAMECAST_PLUGIN_SECONDS": "15",  # torch takes its time on a machine that does other things too
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=100,  # or a command that does not end would hold up the tests for ever
        )

    return command


@pytest.fixture(scope="module")
def listing(framecast: Framecast) -> dict[str, Any]:
    """What the list says to programs once the plugins are verified: valid JSON, whatever they print."""
    done = framecast("plugins", "list", "--verify", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def plugins(listing: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By the name of the distribution."""
    return {each["source"].get("distribution", ""): each for each in listing["plugins"]}


def test_the_list_shows_all_of_them_at_once_and_imports_none(framecast: Framecast, site: Path) -> None:
    """No time limit would cut off those that sleep: a list that imported one would not end."""
    done = framecast("plugins", "list", "--json")
    assert done.returncode == 0
    assert done.stderr == ""
    found = json.loads(done.stdout)
    listed = {each["name"]: each["from"] for each in found["declarations"]}
    for name in ("raises", "prints", "sleeps", "exits", "leaves", "crashes"):
        assert listed[f"last_of_{name}"] == f"{name} 1.0"
        assert plugins(found)[name]["state"] == "installed"
        assert plugins(found)[name]["file"] == str(site / f"broken_{name}.py")
    assert found["broken"] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", MISBEHAVING)
def test_each_is_verified_with_its_state_its_reason_and_its_file(
    name: str, listing: dict[str, Any], site: Path
) -> None:
    found = plugins(listing)[name]
    assert (found["state"], found["file"]) == (MISBEHAVING[name].state, str(site / f"broken_{name}.py"))
    assert MISBEHAVING[name].reason in "; ".join([found["reason"], *found["notes"]])


@pytest.mark.slow
def test_one_for_another_version_and_one_of_nonsense_are_verified_too(listing: dict[str, Any]) -> None:
    found = plugins(listing)
    assert "needs framecast>=99, and this is 0." in found["newer"]["reason"]
    assert found["misnamed"]["state"] == "broken"
    assert found["renamed"]["reason"] == "declares model 'renamed' but its entry point is named 'another'"
    assert found["sound"]["state"] == "ok"


@pytest.mark.slow
def test_a_name_that_two_declare_is_listed_with_both_and_their_files(
    listing: dict[str, Any], site: Path, framecast: Framecast
) -> None:
    twice = {each["name"]: [plugin["file"] for plugin in each["plugins"]] for each in listing["twice"]}
    assert twice["twin"] == [str(site / "broken_one.py"), str(site / "broken_other.py")]
    assert twice["conv_lstm"][1] == str(site / "broken_usurper.py")
    printed = framecast("plugins", "list").stdout
    one, other = twice["twin"]
    assert f"broken_one (one 1.0) [{one}] and by broken_other (other 1.0) [{other}]" in printed


@pytest.mark.slow
def test_the_list_for_people_says_the_same(framecast: Framecast, site: Path, listing: dict[str, Any]) -> None:
    done = framecast("plugins", "list", "--verify")
    assert done.returncode == 0
    for name, each in plugins(listing).items():
        words = f"broken_{name} ({name} 1.0): "
        if each["state"] == "broken":
            assert f"broken: {words}{each['reason']} [{each['file']}]" in done.stdout or name == "misnamed"
        for note in each["notes"]:
            assert f"note: {words}{note} [{each['file']}]" in done.stdout
    assert "conv_tt_lstm" in done.stdout


def test_help_loads_no_plugin_and_no_torch(site: Path, framecast: Framecast) -> None:
    assert framecast("--help").returncode == 0
    code = "import sys; from framecast.cli.app import app; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not [name for name in done.stdout.split() if name == "torch" or name.startswith("broken_")]


def test_a_job_of_framecasts_own_plugins_trains_and_looks_at_no_other(
    framecast: Framecast, site: Path, tmp_path: Path
) -> None:
    done = framecast("submit", "job.yaml", "--in-process", "--runs", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    (run,) = (tmp_path / "tiny").iterdir()
    assert (run / "checkpoints" / "last" / "model.safetensors").exists()


def test_a_job_gets_the_model_of_a_plugin_that_prints_and_its_plan_stays_clean(
    framecast: Framecast, site: Path
) -> None:
    done = framecast("submit", "job.yaml", "--dry-run", "model=last_of_prints")
    assert done.returncode == 0, done.stderr
    assert "welcome" not in done.stdout
    assert "prints" in done.stdout
    assert "welcome" in done.stderr
    file = site / "broken_prints.py"
    assert (
        f"note: the plugin broken_prints (prints 1.0) [{file}] prints when it is imported: welcome" in done.stderr
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("raises", "RuntimeError: no licence"),
        ("sleeps", "its import was cut off after 1 s ($FRAMECAST_PLUGIN_SECONDS allows more)"),
        ("exits", "SystemExit: 3"),
        ("leaves", "SystemExit: 0"),
    ],
)
def test_a_job_that_names_a_broken_plugin_says_what_is_wrong_with_the_file(
    name: str, reason: str, framecast: Framecast, site: Path
) -> None:
    done = framecast("submit", "job.yaml", f"model=last_of_{name}", FRAMECAST_PLUGIN_SECONDS="1")
    assert done.returncode == 2
    assert f"model 'last_of_{name}' cannot be used: plugin broken_{name} ({name} 1.0) is broken: " in done.stderr
    assert f"{reason} [{site / f'broken_{name}.py'}]" in done.stderr


@pytest.mark.parametrize("name", ["raises", "sleeps", "kills"])
def test_checking_a_broken_plugin_says_what_is_wrong_with_the_file(
    name: str, framecast: Framecast, site: Path
) -> None:
    done = framecast("plugins", "check", f"last_of_{name}", FRAMECAST_PLUGIN_SECONDS="5")
    assert done.returncode == 2
    assert MISBEHAVING[name].reason in done.stderr
    assert str(site / f"broken_{name}.py") in done.stderr


@pytest.mark.parametrize("command", [("explain",), ("explain", "model.rank"), ("plugins", "info", "conv_tt_lstm")])
def test_commands_that_speak_of_all_plugins_import_no_other(
    command: tuple[str, ...], framecast: Framecast
) -> None:
    done = framecast(*command)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


@pytest.mark.slow
def test_the_schema_holds_what_can_be_imported_and_names_the_rest_in_a_line_each(framecast: Framecast) -> None:
    done = framecast("schema", FRAMECAST_PLUGIN_SECONDS="5")
    assert done.returncode == 0, done.stderr
    assert "welcome" not in done.stdout
    names = json.loads(done.stdout)["properties"]["model"]["anyOf"][0]["enum"]
    assert {"conv_tt_lstm", "last_of_sound"} <= set(names)
    assert "last_of_raises" not in names
    notes = [line for line in done.stderr.splitlines() if "broken_raises" in line]
    assert len(notes) == 1
    assert notes[0].startswith("note: left out: plugin broken_raises (raises 1.0) is broken: RuntimeError")


@pytest.mark.slow
def test_an_unknown_key_is_also_looked_for_in_plugins_that_are_installed(framecast: Framecast) -> None:
    done = framecast("explain", "model.nothing_has_this", FRAMECAST_PLUGIN_SECONDS="5")
    assert done.returncode == 2
    assert "no key 'model.nothing_has_this' in a job" in done.stderr
