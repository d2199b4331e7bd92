"""`platform plugins new`: a plugin begun, and the next steps told."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest


def test_a_single_file_is_written_and_the_next_steps_are_those_that_work(platform) -> None:
    answer = platform("plugins", "new", "my_score", "--kind", "metric", "--single-file")
    assert answer.code == 0
    said, check, submit = answer.out.splitlines()
    assert said == "my_score.py is there, and works as it is. Next:"
    assert platform(*shlex.split(check)[1:]).code == 0
    demo = Path(__file__).parents[2] / "jobs" / "demo.yaml"
    plan = platform(*shlex.split(submit.replace("jobs/demo.yaml", str(demo)))[1:], "--dry-run")
    assert plan.code == 0
    assert "my_score" in plan.out


def test_a_package_goes_into_the_chosen_folder(platform) -> None:
    answer = platform("plugins", "new", "my_cell", "--kind", "model", "--output", "work/plugins")
    assert answer.code == 0
    assert "pip install -e work/plugins/my_cell" in answer.out
    assert "platform submit jobs/demo.yaml model=my_cell" in answer.out
    assert sorted(path.name for path in Path("work/plugins/my_cell").iterdir()) == [
        "README.md",
        "pyproject.toml",
        "src",
        "tests",
    ]


@pytest.mark.parametrize("kind", ["model", "dataset", "metric", "task", "callback"])
def test_the_package_has_the_chosen_names(platform, kind: str) -> None:
    platform("plugins", "new", "mine", "--kind", kind)
    answer = platform("plugins", "list", "-p", "./mine/src/mine")
    assert answer.code == 0
    assert any(line.split()[1:2] == ["mine"] for line in answer.out.splitlines())


def test_an_absolute_place_is_told_as_it_is(platform, tmp_path: Path) -> None:
    answer = platform(
        "plugins", "new", "my_cell", "--kind", "model", "--single-file", "--output", tmp_path / "here"
    )
    assert f"platform plugins check {tmp_path}/here/my_cell.py" in answer.out


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("MyCell", "such as my_cell"),
        ("json", "such as my_json"),
        ("ssim", "a metric ssim is installed already"),
        ("pytest", "a module pytest is installed already"),
    ],
)
def test_a_name_that_cannot_be_is_refused_and_nothing_is_written(platform, name: str, words: str) -> None:
    answer = platform("plugins", "new", name, "--kind", "metric")
    assert answer.code == 2
    assert words in answer.err
    assert not list(Path().iterdir())


def test_the_second_of_one_name_is_refused(platform) -> None:
    platform("plugins", "new", "mine", "--kind", "task", "--single-file")
    before = Path("mine.py").read_text()
    answer = platform("plugins", "new", "mine", "--kind", "model", "--single-file")
    assert answer.code == 2
    assert "mine.py is there already" in answer.err
    assert Path("mine.py").read_text() == before


def test_a_kind_that_does_not_exist_is_answered_with_those_that_do(platform) -> None:
    answer = platform("plugins", "new", "mine", "--kind", "optimizer")
    assert answer.code == 2
    assert "'model', 'dataset', 'metric', 'task', 'callback'" in answer.err


LEAVING = """
import json, sys
from framecast.cli.app import main
sys.argv = ["platform", *sys.argv[1:]]
try:
    main()
except SystemExit as left:
    assert not left.code
print("\\n" + json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


@pytest.mark.parametrize(
    "command", ["--help", "plugins list", "plugins new mine --kind model", "plugins check --help"]
)
def test_what_checks_nothing_loads_neither_torch_nor_pytest(tmp_path: Path, command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LEAVING, *command.split()], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert not {"torch", "pytest", "ray", "deepspeed"} & set(json.loads(done.stdout.splitlines()[-1]))
