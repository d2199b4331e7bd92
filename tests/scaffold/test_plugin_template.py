"""A plugin just begun: as it is written it passes linters, type checker and its own tests, and trains."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from framecast.cli.app import main
from framecast.errors import InputError
from framecast.job.load import load_plan
from framecast.job.plugin_config import PluginConfig
from framecast.scaffold.plugin_template import KINDS, LONGEST, PluginTemplate
from tests.folder_content import folder_content

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "jobs" / "demo.yaml"
SHORT = ["training.max_steps=2", "training.strategy=torch", "data.train_clips=16", "data.validation_clips=8"]


class Written:
    """All ten beginnings, and as many with a name as short or as long as can be, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = {
            kind: PluginTemplate(f"single_{kind}", kind, single_file=True).write(folder) for kind in KINDS
        }
        self.packages = {kind: PluginTemplate(f"whole_{kind}", kind).write(folder) for kind in KINDS}
        for number, kind in enumerate(KINDS):
            PluginTemplate("abcde"[number], kind, single_file=True).write(folder / "short")
            PluginTemplate("abcde"[number] * LONGEST, kind).write(folder / "long")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return Written(tmp_path_factory.mktemp("written"))


@pytest.fixture(scope="module")
def site(written: Written, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that pip installed all five packages into."""
    target = tmp_path_factory.mktemp("site")
    pip = ["pip", "--disable-pip-version-check", "install", "--quiet", "--no-index", "--no-deps"]
    done(*pip, "--no-build-isolation", "--target", target, *written.packages.values(), cwd=written.folder)
    return target


def done(module: str, *arguments: object, cwd: Path, **environment: str) -> str:
    """What `python -m module` prints, which must succeed."""
    ended = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.parametrize(
    "options", [["--isolated"], ["--config", ROOT / "pyproject.toml"]], ids=["default", "ours"]
)
def test_linter_and_formatter_find_nothing_whatever_the_name(written: Written, options: list[object]) -> None:
    done("ruff", "check", "--no-cache", *options, ".", cwd=written.folder)
    done("ruff", "format", "--no-cache", "--check", *options, ".", cwd=written.folder)


def test_the_packages_own_settings_of_the_linter_find_nothing_either(written: Written) -> None:
    for package in written.packages.values():
        done("ruff", "check", "--no-cache", ".", cwd=package)


@pytest.mark.slow
def test_the_strict_type_checker_finds_nothing(written: Written, tmp_path: Path) -> None:
    sources = [package / "src" / package.name for package in written.packages.values()]
    options = ["--strict", "--config-file=", "--cache-dir", tmp_path]
    done("mypy", *options, *written.files.values(), *sources, cwd=written.folder)


@pytest.mark.slow
def test_packages_pass_the_tests_that_come_with_them(written: Written, site: Path) -> None:
    tests = [package / "tests" for package in written.packages.values()]
    options = ["-q", "-p", "no:cacheprovider", "--import-mode=importlib"]
    assert " passed" in done("pytest", *options, *tests, cwd=written.folder, PYTHONPATH=str(site))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_single_file_passes_the_check(
    written: Written, kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["platform", "plugins", "check", str(written.files[kind])])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 0, capsys.readouterr().out


@pytest.mark.parametrize("kind", KINDS)
def test_one_setting_of_the_demo_takes_it(written: Written, kind: str) -> None:
    beginning = PluginTemplate(f"single_{kind}", kind, single_file=True)
    _, plan = load_plan(DEMO, [beginning.override], [str(written.files[kind])])
    parts: list[PluginConfig[Any]] = [plan.task, plan.model, plan.data, *plan.metrics, *plan.callbacks]
    assert beginning.name in {part.name for part in parts}


@pytest.mark.slow
def test_single_files_train_in_the_demo(written: Written, tmp_path: Path) -> None:
    chosen = ["model", "metric", "callback"]
    plugins = [word for kind in chosen for word in ("-p", written.files[kind])]
    overrides = [PluginTemplate(f"single_{kind}", kind, single_file=True).override for kind in chosen]
    done("framecast", "submit", DEMO, "--in-process", *plugins, *overrides, *SHORT, cwd=tmp_path)
    (run,) = (tmp_path / "runs" / "demo").iterdir()
    assert len((run / "single_callback.csv").read_text().splitlines()) == 2
    assert "validation/single_metric" in (run / "events.jsonl").read_text()


@pytest.mark.slow
def test_packages_train_in_the_demo(site: Path, tmp_path: Path) -> None:
    overrides = [PluginTemplate(f"whole_{kind}", kind).override for kind in ("dataset", "task")]
    short = [*SHORT[:2], "data.clips=20", "model.rank=2"]
    done("framecast", "submit", DEMO, "--in-process", *overrides, *short, cwd=tmp_path, PYTHONPATH=str(site))
    (run,) = (tmp_path / "runs" / "demo").iterdir()
    assert "whole-task" in (run / "plan.yaml").read_text()
    assert (run / "checkpoints" / "last" / "model.safetensors").exists()


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("MyCell", "my_cell"),
        ("my-cell", "my_cell"),
        ("3d", "my_3d"),
        ("class", "my_class"),
        ("json", "my_json"),
        ("tensor", "my_tensor"),  # its class would hide torch's
        ("settings", "my_settings"),
        ("", "model"),
        ("../up", "up"),
        ("x" * (LONGEST + 1), "x" * LONGEST),
    ],
)
def test_an_illegal_name_is_answered_with_a_legal_one(tmp_path: Path, name: str, better: str) -> None:
    with pytest.raises(InputError, match=f"such as {better}$"):
        PluginTemplate(name, "model").write(tmp_path)
    assert not list(tmp_path.iterdir())
    assert PluginTemplate(better, "model").write(tmp_path).exists()


@pytest.mark.parametrize(("name", "kind"), [("numpy", "model"), ("conv_lstm", "model"), ("ssim", "metric")])
def test_what_is_installed_keeps_its_name(tmp_path: Path, name: str, kind: str) -> None:
    with pytest.raises(InputError, match=f"{name} is installed already"):
        PluginTemplate(name, kind).write(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("single_file", [True, False])
def test_what_is_there_stays_as_it_is(tmp_path: Path, single_file: bool) -> None:
    PluginTemplate("mine", "model", single_file).write(tmp_path)
    before = folder_content(tmp_path)
    with pytest.raises(InputError, match="is there already"):
        PluginTemplate("mine", "metric", single_file).write(tmp_path)
    assert folder_content(tmp_path) == before


def test_a_place_that_cannot_be_written_is_refused_and_stays_empty(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InputError, match="cannot be written"):
        PluginTemplate("mine", "model").write(tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_where_somebody_else_is_quicker_nothing_of_theirs_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = tmp_path / "mine.py"
    rendered = PluginTemplate.files

    def slowly(beginning: PluginTemplate) -> dict[str, str]:
        if beginning.name == "mine":
            theirs.write_text("theirs")
        return rendered(beginning)

    monkeypatch.setattr(PluginTemplate, "files", slowly)
    with pytest.raises(InputError, match="cannot be written"):
        PluginTemplate("mine", "model", single_file=True).write(tmp_path)
    assert theirs.read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [theirs]
