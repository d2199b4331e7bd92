"""Plugins that misbehave, all installed together: each is listed with its reason, and no other command suffers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from broken_plugins import MISBEHAVING, install_all

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
    """`platform ...` in a process of its own, where all of them are installed: framecast("plugins", "list")."""

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "framecast", *arguments],
            cwd=site,
            env={
                **os.environ,
                "PYTHONPATH": str(site),
                "FRAMECAST_CACHE": str(site / "cache"),
                "FRAMECAST_PLUGIN_SECONDS": "15",  # torch takes its time on a machine that does other things too
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=100,  # or a command that does not end would hold up the tests for ever
        )

    return command


@pytest.fixture(scope="module")
def listing(framecast: Framecast) -> dict[str, Any]:
    """What the list says to programs: valid JSON, whatever the plugins print."""
    done = framecast("plugins", "list", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def plugins(listing: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["plugin"]: each for each in listing["plugins"]}


@pytest.mark.parametrize("name", MISBEHAVING)
def test_each_is_listed_with_its_state_its_reason_and_its_file(
    name: str, listing: dict[str, Any], site: Path
) -> None:
    found = plugins(listing)[name]
    assert (found["state"], found["file"]) == (MISBEHAVING[name].state, str(site / f"broken_{name}.py"))
    assert MISBEHAVING[name].reason in found["reason"]
    assert found["provider"]["distribution"] == name


def test_one_for_another_version_and_one_of_nonsense_are_listed_too(listing: dict[str, Any]) -> None:
    found = plugins(listing)
    assert "needs framecast>=99, and this is 0." in found["newer"]["reason"]
    assert found["misnamed"]["state"] == "broken"
    assert found["sound"]["state"] == "ok"


def test_a_name_that_two_declare_is_listed_with_both_and_their_files(
    listing: dict[str, Any], site: Path, framecast: Framecast
) -> None:
    twice = {each["name"]: [plugin["file"] for plugin in each["plugins"]] for each in listing["twice"]}
    assert twice["twin"] == [str(site / "broken_one.py"), str(site / "broken_other.py")]
    assert twice["conv_lstm"][1] == str(site / "broken_usurper.py")
    said = framecast("plugins", "list").stdout
    assert f"one (one 1.0) [{twice['twin'][0]}] and by other (other 1.0) [{twice['twin'][1]}]" in said


def test_the_hooks_are_listed_in_the_order_in_which_they_are_called(listing: dict[str, Any]) -> None:
    assert list(listing["hooks"])[:2] == ["framecast_models", "framecast_datasets"]
    models = listing["hooks"]["framecast_models"]
    assert models.index("conv_tt_lstm") < models.index("one") < models.index("other")
    assert "raises" not in models
    order = [each["plugin"] for each in listing["plugins"] if each["plugin"] in models]
    assert order == models


def test_the_list_for_people_says_the_same(framecast: Framecast, site: Path, listing: dict[str, Any]) -> None:
    done = framecast("plugins", "list")
    assert done.returncode == 0
    for name, each in plugins(listing).items():
        if name in MISBEHAVING:
            assert f"{each['state']}: {name} ({name} 1.0): {each['reason']} [{each['file']}]" in done.stdout
    assert "conv_tt_lstm" in done.stdout


def test_the_second_list_is_served_from_memory(framecast: Framecast, listing: dict[str, Any], site: Path) -> None:
    """What one of the remembered files says is changed by hand: the list repeats it."""
    told = "SIGKILL"
    (file,) = [each for each in (site / "cache" / "plugins").iterdir() if told in each.read_text()]
    before = file.read_text()
    file.write_text(before.replace(told, "an unknown hand"))
    again = json.loads(framecast("plugins", "list", "--json").stdout)
    file.write_text(before)
    assert "an unknown hand" in plugins(again)["kills"]["reason"]
    assert {**plugins(again), "kills": None} == {**plugins(listing), "kills": None}


def test_help_loads_no_plugin_and_no_torch(site: Path, framecast: Framecast) -> None:
    assert framecast("--help").returncode == 0
    code = "import sys; from framecast.cli.app import app; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(site)},
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


def test_a_job_gets_the_model_of_a_noisy_plugin_and_its_plan_stays_clean(
    framecast: Framecast, listing: dict[str, Any]
) -> None:
    done = framecast("submit", "job.yaml", "--dry-run", "model=last_of_prints")
    assert done.returncode == 0, done.stderr
    assert "welcome" not in done.stdout
    assert "prints" in done.stdout
    assert "welcome" in done.stderr


def test_a_job_that_needs_a_broken_plugin_is_told_why(framecast: Framecast, listing: dict[str, Any]) -> None:
    done = framecast("submit", "job.yaml", "model=last_of_raises")
    assert done.returncode == 2
    assert "no model is called 'last_of_raises'" in done.stderr
    assert "raises (raises 1.0) is broken and was not searched: RuntimeError: no licence" in done.stderr


@pytest.mark.parametrize("command", [("schema",), ("explain", "model.rank"), ("plugins", "info", "conv_tt_lstm")])
def test_commands_that_speak_of_all_plugins_leave_out_the_broken_ones(
    command: tuple[str, ...], framecast: Framecast, listing: dict[str, Any]
) -> None:
    done = framecast(*command)
    assert done.returncode == 0, done.stderr
    assert "welcome" not in done.stdout
