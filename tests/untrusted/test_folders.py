"""Folders that another user has written: what they name is data, and is imported only where the user says so.

Each test makes a folder as it comes with a cloned repository, a shared disk or a download, whose plugin leaves a
mark when it is imported.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import framecast
from framecast.cli.app import main
from framecast.cli.run_from_python import run
from framecast.registry.plugin_source import _LOADED, named_source
from framecast.runs.run_folder import RunFolder
from tests.scaled_model import scaled_model

_PLUGIN = scaled_model("still", at_import='import os\nopen(os.environ["MARK"], "a").write("imported ")')
_JOB = {
    "name": "own",
    "task": {"name": "video_prediction", "frames_in": 2, "frames_out": 2},
    "model": "still",
    "data": {"name": "moving_mnist", "size": 16, "digit_size": 7, "train_clips": 8, "validation_clips": 4},
    "training": {"epochs": 1, "batch_size": 4, "strategy": "torch"},
    "compute": {"cpus_per_worker": 1},
}
Command = Callable[..., tuple[int, str]]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run with a plugin of the author's, trained by another user: nothing is noted of it here."""
    there = tmp_path_factory.mktemp("author")
    (there / "still.py").write_text(_PLUGIN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(there / "state"))
        patch.setenv("MARK", str(there / "mark"))
        status = run({**_JOB, "plugins": [str(there / "still.py")]}, runs=there / "runs", in_process=True)
    assert status.state == "finished", status.reason
    return RunFolder(status.folder)


@pytest.fixture
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that the plugin writes when it is imported, in an own state and in a process that knows none."""
    monkeypatch.setenv("MARK", str(tmp_path / "mark"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    _forget()
    return tmp_path / "mark"


def _forget() -> None:
    """As in a new process."""
    _LOADED.clear()
    for name in [name for name in sys.modules if name.startswith("framecast_plugin_")]:
        del sys.modules[name]


@pytest.fixture
def cloned(made: RunFolder, mark: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """The run in ./runs, its plugin within its own folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FRAMECAST_RUNS", raising=False)
    folder = RunFolder(tmp_path / "runs" / "own" / made.id)
    shutil.copytree(made.path, folder.path, symlinks=True)
    folder.plugins.mkdir()
    (folder.plugins / "still.py").write_text(_PLUGIN)
    name_plugin(folder, path="plugins/still.py")
    return folder


def name_plugin(folder: RunFolder, **changes: str) -> None:
    """Changes what the plan says of its plugin `still`; an empty value takes the key away."""
    lines, inside = [], False
    for line in folder.plan.read_text().splitlines():
        inside = line.startswith("- name: still") or (inside and line.startswith("  "))
        key = line.strip().partition(":")[0]
        if inside and key in changes:
            if changes[key]:
                lines.append(f"  {key}: {changes[key]}")
        else:
            lines.append(line)
    assert any("name: still" in line for line in lines)
    folder.plan.write_text("\n".join(lines) + "\n")


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """`platform ...` in this process: its exit code, and all that it says."""

    def command(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["platform", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        captured = capsys.readouterr()
        return int(left.value.code or 0), captured.out + captured.err

    return command


LOOKS = [("list",), ("list", "--json"), ("status", "own"), ("logs", "own"), ("report", "own"), ("stop", "own")]


@pytest.mark.parametrize("verb", LOOKS, ids=" ".join)
def test_to_look_at_a_run_imports_nothing(
    verb: tuple[str, ...], cloned: RunFolder, mark: Path, platform: Command
) -> None:
    code, said = platform(*verb)
    assert not mark.exists()
    assert code == (2 if verb[0] == "stop" else 0), said


def test_a_report_of_a_run_with_its_own_plugin_is_complete(cloned: RunFolder, platform: Command) -> None:
    assert platform("report", "own")[0] == 0
    page = cloned.report.read_text()
    assert "still on moving_mnist" in page
    assert "↑ framecast, dB" in page  # PSNR: as its plugin declared it when the run was made
    assert "model still" in page


def use_model(verb: str) -> list[str]:
    return {
        "resume": ["resume", "own", "training.epochs=2", "--in-process"],
        "evaluate": ["evaluate", "own", "data.test_clips=4"],
        "export": ["export", "own", "-o", "model.safetensors"],
        "predict": ["predict", "own", "clip.npy", "-o", "future.npy"],
    }[verb]


@pytest.mark.parametrize("verb", ["resume", "evaluate", "export", "predict"])
def test_to_use_a_model_of_somebody_else_is_refused_with_what_it_would_import_until_it_is_trusted(
    verb: str, cloned: RunFolder, mark: Path, platform: Command
) -> None:
    import numpy as np

    np.save("clip.npy", np.zeros((2, 1, 16, 16), np.float32))
    before = cloned.plan.read_text()
    code, said = platform(*use_model(verb))
    assert code == 2
    assert "still.py" in said
    assert "--trust" in said
    assert said.count("\n") == 1
    assert not mark.exists()
    assert cloned.plan.read_text() == before
    code, said = platform(*use_model(verb), "--trust")
    assert code == 0, said
    assert mark.exists()


def test_python_is_refused_likewise(cloned: RunFolder, mark: Path) -> None:
    with pytest.raises(framecast.InputError, match=r"trust=True"):
        framecast.load(cloned.path)
    assert not mark.exists()
    assert framecast.load(cloned.path, trust=True).frames_out == 2


OTHER_PLACES = {
    "module": {"path": "", "module": "still_module"},
    "module of the standard library": {"path": "", "module": "antigravity"},
    "outside": {"path": "../../../still_module.py"},
    "package": {"path": "plugins/package"},
    "as ours": {"path": "", "module": "still_module", "name": "conv_tt_lstm"},
    "with our module": {"path": "plugins/still.py", "module": "framecast_conv_tt_lstm"},
}


@pytest.mark.untrusted
@pytest.mark.parametrize("named", OTHER_PLACES)
def test_however_a_plan_names_code_it_is_not_imported(
    named: str, cloned: RunFolder, mark: Path, platform: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cloned.plugins / "package").mkdir()
    for file in (cloned.plugins / "package" / "__init__.py", Path("still_module.py"), Path("antigravity.py")):
        file.write_text(_PLUGIN)
    monkeypatch.syspath_prepend(str(Path.cwd()))  # as `python -m` and an empty entry of PYTHONPATH do
    name_plugin(cloned, **OTHER_PLACES[named])
    code, said = platform("evaluate", "own", "data.test_clips=4")
    assert (code, mark.exists()) == (2, False), said
    assert platform("report", "own")[0] == 0
    assert platform("list")[0] == 0
    assert not mark.exists()


@pytest.mark.untrusted
def test_metadata_of_a_distribution_in_the_current_folder_installs_nothing(
    cloned: RunFolder, mark: Path, platform: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("still_module.py").write_text(_PLUGIN)
    for name in ("framecast-99.dist-info", "still-1.dist-info"):
        Path(name).mkdir()
        Path(name, "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name.split('-')[0]}\nVersion: 99\n")
        Path(name, "entry_points.txt").write_text("[framecast.models]\nstill = still_module\n")
    monkeypatch.syspath_prepend(str(Path.cwd()))
    name_plugin(cloned, path="", module="still_module\n  distribution: still\n  version: '99'")
    for verb in (["list"], ["plugins", "list"], ["report", "own"], ["evaluate", "own"]):
        platform(*verb)
        assert not mark.exists(), verb


@pytest.mark.untrusted
def test_ones_own_run_needs_no_word_wherever_it_is_copied(
    mark: Path, tmp_path: Path, platform: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "still.py").write_text(_PLUGIN)
    first = run({**_JOB, "plugins": [str(tmp_path / "still.py")]}, runs=tmp_path / "runs", in_process=True).folder
    shutil.copytree(first, tmp_path / "moved" / first.parent.name / first.name)
    _forget()
    assert platform("export", first, "-o", "a.safetensors")[0] == 0
    _forget()
    assert platform("export", tmp_path / "moved" / first.parent.name / first.name, "-o", "b.safetensors")[0] == 0


@pytest.mark.untrusted
def test_an_author_may_go_on_editing_the_plugin_where_the_job_named_it(
    mark: Path, tmp_path: Path, platform: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "still.py").write_text(_PLUGIN)
    folder = run({**_JOB, "plugins": [str(tmp_path / "still.py")]}, runs=tmp_path / "runs", in_process=True).folder
    _forget()
    (tmp_path / "still.py").write_text(_PLUGIN + "# better\n")
    assert platform("resume", folder, "training.epochs=2", "--in-process")[0] == 0


def test_in_a_shared_folder_another_user_cannot_change_which_code_my_run_imports(
    mark: Path, tmp_path: Path, platform: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "still.py").write_text(_PLUGIN)
    (tmp_path / "other.py").write_text(_PLUGIN + "# theirs\n")
    job = {**_JOB, "plugins": [str(tmp_path / "still.py")]}
    folder = RunFolder(run(job, runs=tmp_path / "runs", in_process=True).folder)
    name_plugin(folder, path=str(tmp_path / "other.py"))
    _forget()
    mark.unlink()
    code, said = platform("resume", folder.path, "training.epochs=2", "--in-process")
    assert (code, mark.exists()) == (2, False), said
    assert "since you submitted it" in said


@pytest.mark.parametrize("edited", [True, False])
def test_with_settings_of_another_user_only_code_that_i_have_trained_with_is_imported(
    edited: bool, mark: Path, tmp_path: Path, platform: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "still.py").write_text(_PLUGIN)
    job = {**_JOB, "plugins": [str(tmp_path / "still.py")]}
    folder = RunFolder(run(job, runs=tmp_path / "runs", in_process=True).folder)
    own = folder.plan.read_text()
    folder.plan.write_text(own.replace("train_clips: 8", "train_clips: 12"))
    if edited:
        (tmp_path / "still.py").write_text(_PLUGIN + "# better\n")
    mark.unlink()
    _forget()
    resume = ("resume", folder.path, "training.epochs=2", "--in-process")
    code, said = platform(*resume)
    assert (code, mark.exists()) == ((2, False) if edited else (0, True)), said
    if edited:
        assert "has another plan than you wrote" in said
        folder.plan.write_text(own)
        assert platform(*resume)[0] == 0


def test_bytecode_beside_a_plugin_is_not_what_runs(mark: Path, tmp_path: Path) -> None:
    """A .pyc that claims to fit any source is other code with the same checksum of the source."""
    external: Any = importlib.import_module("importlib._bootstrap_external")

    package = tmp_path / "package"
    (package / "__pycache__").mkdir(parents=True)
    (package / "__init__.py").write_text("from .inner import answer\n")
    (package / "inner.py").write_text("answer = 42\n")
    forged = external._code_to_hash_pyc(compile("answer = 0", "inner.py", "exec"), b"\0" * 8, checked=False)
    for name in ("inner", "__init__"):
        (package / "__pycache__" / f"{name}.{sys.implementation.cache_tag}.pyc").write_bytes(forged)
    assert named_source(str(package), tmp_path).load().answer == 42


# exported files


@pytest.fixture
def exported(cloned: RunFolder, mark: Path, platform: Command) -> Path:
    assert platform("export", "own", "-o", "model.safetensors", "--trust")[0] == 0
    _forget()
    mark.unlink()
    return Path("model.safetensors").absolute()


def test_an_exported_file_says_no_word_of_where_its_plugin_was(exported: Path, cloned: RunFolder) -> None:
    from safetensors import safe_open

    with safe_open(exported, "pt") as opened:
        plan = opened.metadata()["framecast.plan"]
    assert str(cloned.path) not in plan
    assert "still.py" not in plan
    assert "needs:\n- still\n" in plan


def test_an_exported_file_is_used_with_the_callers_own_copy_of_its_plugin(
    exported: Path, mark: Path, tmp_path: Path, platform: Command
) -> None:
    with pytest.raises(framecast.InputError, match=r"needs the plugin still .*trust='FILE\.py'"):
        framecast.load(exported)
    with pytest.raises(framecast.InputError, match="--plugin"):
        framecast.load(exported, trust=True)
    assert not mark.exists()
    (tmp_path / "mine.py").write_text(_PLUGIN)
    assert framecast.load(exported, trust=str(tmp_path / "mine.py")).frames_out == 2
    assert platform("export", exported, "-o", "again.safetensors", "-p", tmp_path / "mine.py")[0] == 0


@pytest.mark.untrusted
@pytest.mark.parametrize("source", [{"path": "/{here}/still.py"}, {"module": "still_module"}, {"module": "this"}])
@pytest.mark.parametrize("trusted", [False, True])
def test_an_exported_file_that_names_code_imports_none(
    source: dict[str, str], trusted: bool, exported: Path, mark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    here = exported.parent
    for name in ("still.py", "still_module.py"):
        (here / name).write_text(_PLUGIN)
    monkeypatch.syspath_prepend(str(here))
    with safe_open(exported, "pt") as opened:
        plan = opened.metadata()["framecast.plan"]
    named = json.dumps({"name": "still", "module": "x", **source}).replace("/{here}", str(here))
    plan = plan.replace("needs:\n- still\n", "").replace("plugins:\n", f"plugins:\n- {named}\n")
    assert "\nneeds" not in plan
    evil = here / "evil.safetensors"
    save_file(load_file(exported), evil, {"framecast.plan": plan})
    with pytest.raises(framecast.InputError, match="needs the plugin still"):
        framecast.load(evil, trust=trusted)
    assert not mark.exists()


# searches


@pytest.fixture
def search(cloned: RunFolder) -> Path:
    """A search with two trials, the plugin within its folder."""
    folder = Path("runs/found/20260101-000000-aaaa").absolute()
    (folder / "plugins").mkdir(parents=True)
    (folder / "plugins" / "still.py").write_text(_PLUGIN)
    content = {
        "job": {
            **_JOB,
            "name": "found",
            "search": {"objectives": {"validation/mse": "min"}, "parameters": {"training.seed": {"grid": [1, 2]}}},
        },
        "plugins": [
            {"name": "still", "module": "still_plugin", "path": "plugins/still.py"},
            {"name": "video_prediction", "module": "framecast_video_prediction", "distribution": "framecast"},
        ],
        "folder": str(folder),
    }
    (folder / "search.yaml").write_text(json.dumps(content))
    for number in (1, 2):
        trial = folder / "trials" / f"{number:04d}"
        shutil.copytree(cloned.path, trial, symlinks=True)
        (trial / "trial.json").write_text(
            json.dumps({"number": number, "attempt": 1, "point": {"training.seed": number}})
        )
    shutil.rmtree(cloned.path)
    return folder


@pytest.mark.parametrize(
    "verb",
    [("list",), ("status", "found"), ("report", "found"), ("results", "found"), ("logs", "found")],
    ids=" ".join,
)
def test_to_look_at_a_search_imports_nothing(
    verb: tuple[str, ...], search: Path, mark: Path, platform: Command
) -> None:
    code, said = platform(*verb)
    assert (code, mark.exists()) == (0, False), said


def test_the_job_of_a_trial_is_printed_without_its_plugin(search: Path, mark: Path, platform: Command) -> None:
    code, said = platform("results", "found", "--job", "best")
    assert (code, mark.exists()) == (0, False), said
    assert "name: found-trial-1" in said


@pytest.mark.untrusted
@pytest.mark.parametrize(
    "content",
    [
        {"number": "x", "attempt": [], "point": 5},
        {"number": 1, "attempt": 1},
        {"number": 10**90, "attempt": 1, "point": {}},
        {"number": 1, "attempt": 1, "point": {"training.seed": float("inf")}},
    ],
    ids=["types", "no point", "a large number", "infinity"],
)
def test_a_damaged_trial_is_told_and_keeps_nobody_from_other_runs(
    content: dict[str, object], search: Path, platform: Command
) -> None:
    file = search / "trials" / "0001" / "trial.json"
    file.write_text(json.dumps(content))
    code, said = platform("list")
    assert (code, "unreadable" in said) == (0, True), said
    for verb in ("status", "report", "results"):
        code, said = platform(verb, "found")
        assert (code, "trial.json" in said) == (2, True), said


@pytest.mark.parametrize(
    "verb",
    [
        ("resume", "found"),
        ("extend", "found", "--trials", "1"),
        ("submit", "--from", "found#1", "--in-process"),
        ("evaluate", "found#best"),
    ],
    ids=" ".join,
)
def test_to_continue_or_use_a_search_of_somebody_else_is_refused(
    verb: tuple[str, ...], search: Path, mark: Path, platform: Command
) -> None:
    code, said = platform(*verb)
    assert (code, mark.exists()) == (2, False), said
    assert "--trust" in said or "is finished" in said


@pytest.mark.parametrize("changed", ["", "plan", "plugin", "plan and plugin"])
def test_the_plan_of_ones_own_trial_is_held_to_what_this_user_wrote_as_that_of_a_run(
    changed: str, mark: Path, tmp_path: Path
) -> None:
    from framecast.job.document import Document
    from framecast.launch.hardware import Resources
    from framecast.launch.search.launch import create_search
    from framecast.launch.search.tune import _Trials
    from framecast.registry.registry import Registry
    from framecast.registry.trust import Trust
    from framecast.search.proposals import proposer

    (tmp_path / "still.py").write_text(_PLUGIN)
    space = {"objectives": {"validation/mse": "min"}, "parameters": {"training.seed": {"grid": [1, 2]}}}
    registry = Registry.discover([str(tmp_path / "still.py")])
    search = create_search(
        Document.from_data({**_JOB, "name": "own", "search": space}), registry, tmp_path / "runs"
    )
    trials = _Trials(search, search.space(), proposer(search.space()))
    trials.settle(Resources.of_one(cpus=2, gpus=0))
    trials.next("first")
    trial = search.trial_runs()[0]
    if "plan" in changed:
        trial.plan.write_text(trial.plan.read_text().replace("train_clips: 8", "train_clips: 12"))
    if "plugin" in changed:
        (tmp_path / "still.py").write_text(_PLUGIN + "# better\n")
    _forget()
    source = named_source(str(tmp_path / "still.py"), tmp_path)
    assert Trust.in_folder(search.path).refuses(source) is False
    assert Trust.in_folder(trial.path).refuses(source) is (changed == "plan and plugin")


# damaged folders


@pytest.fixture
def two(cloned: RunFolder) -> RunFolder:
    """A sound run, and next to it the one that is spoilt."""
    spoilt = RunFolder(cloned.path.parent.parent / "spoilt" / "20260101-000000-bbbb")
    shutil.copytree(cloned.path, spoilt.path, symlinks=True)
    return spoilt


def a_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def a_device(file: Path) -> None:
    file.unlink()
    file.symlink_to("/dev/zero")


def rubbish(file: Path) -> None:
    file.write_bytes(bytes(range(256)) * 20)


@pytest.mark.untrusted
@pytest.mark.parametrize("spoil", [a_pipe, a_folder, a_device, rubbish])
@pytest.mark.parametrize("name", ["events.jsonl", "plan.yaml", "driver.json", "metrics.csv", "logs/phases.log"])
def test_one_damaged_folder_keeps_nobody_from_the_others(
    name: str, spoil: Callable[[Path], None], two: RunFolder, platform: Command
) -> None:
    spoil(two.path / name)
    code, said = platform("list")
    assert code == 0, said
    assert "own" in said
    assert "spoilt" in said or name == "plan.yaml"
    for verb in ("status", "report", "logs", "stop"):
        code, said = platform(verb, "spoilt")
        assert code in (0, 2), (verb, said)
        assert "Traceback" not in said
    assert platform("report", "own")[0] == 0


def change_events(run: RunFolder, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Writes each line of the journal anew, as `change` returns it."""
    lines = [json.loads(line) for line in run.journal.file.read_text().splitlines()]
    run.journal.file.write_text("".join(json.dumps(change(line)) + "\n" for line in lines))


def test_scores_without_the_loss_are_reported(two: RunFolder, platform: Command) -> None:
    def without_loss(line: dict[str, Any]) -> dict[str, Any]:
        line.get("metrics", {}).pop("validation/loss", None)
        return line

    change_events(two, without_loss)
    assert platform("report", "spoilt")[0] == 0


@pytest.mark.untrusted
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("step", "five"),
        ("time", "noon"),
        ("time", 1e400),
        ("time", -1e18),
        ("metrics", "none"),
        ("per_frame", [1]),
    ],
)
def test_values_that_no_event_has_are_damaged_lines(
    key: str, value: object, two: RunFolder, platform: Command
) -> None:
    change_events(two, lambda line: {**line, key: value} if key in line else line)
    code, said = platform("status", "spoilt")
    assert code == 0
    assert "of events.jsonl cannot be read and are left out" in said
    assert platform("list")[0] == 0
    assert platform("report", "spoilt")[0] == 0


def test_nothing_in_a_folder_commands_the_terminal(two: RunFolder, platform: Command) -> None:
    evil = "x\x1b]52;c;AA\x07\x1b]8;;http://y\x1b\\\x1b[2J\x9b1A\r\u202e\nfolder: /etc"
    lines = two.journal.file.read_text().splitlines()[:-1]
    ending = {"event": "RunFailed", "time": 1.8e9, "step": 2, "reason": evil}
    notice = {"event": "Warned", "time": 1.8e9, "step": 2, "message": evil}
    two.journal.file.write_text("\n".join([*lines, json.dumps(notice), json.dumps(ending)]) + "\n")
    (two.logs / f"{evil.replace('/', '')}.log").write_text(evil)
    renamed = two.path.parent.parent / f"{evil.replace('/', '')}"
    two.path.parent.rename(renamed)
    for verb in (["list"], ["status", renamed / two.id], ["logs", renamed / two.id], ["report", renamed / two.id]):
        _, said = platform(*verb)
        assert not any(character in said for character in "\x1b\x07\x9b\r\u202e"), verb
        assert "\nfolder: /etc" not in said.replace("| folder: /etc", ""), verb


@pytest.mark.parametrize("name", ["job.yaml", "logs/driver.log", "logs"])
def test_what_a_link_leads_to_is_shown_neither_in_a_report_nor_as_a_log(
    name: str, two: RunFolder, platform: Command, tmp_path: Path
) -> None:
    private = tmp_path / "private"
    private.mkdir()
    (private / "key.log").write_text("PRIVATE KEY\n")
    link = two.path / name
    if name == "logs":
        shutil.rmtree(link)
        link.symlink_to(private)
    else:
        link.unlink(missing_ok=True)
        link.symlink_to(private / "key.log")
    code, said = platform("logs", "spoilt")
    assert (code, platform("report", "spoilt")[0]) == (0, 0), said
    assert "PRIVATE KEY" not in said + two.report.read_text()
    refusal = f"{link} is a symbolic link"
    assert refusal in (two.report.read_text() if name == "job.yaml" else said)


def test_what_has_another_name_outside_of_a_run_is_not_written_through_it(
    cloned: RunFolder, platform: Command, tmp_path: Path
) -> None:
    """Another user of a folder can put hard links to files of mine there, which no check for links sees."""
    assert platform("evaluate", "own", "data.test_clips=4", "--trust")[0] == 0
    (tmp_path / "model.safetensors").write_text("years of work")
    (tmp_path / "precious").mkdir()
    files = [tmp_path / "model.safetensors", *(file for file in cloned.path.rglob("*") if file.is_file())]
    for number, file in enumerate(files):
        os.link(file, tmp_path / "precious" / str(number))
    precious = sorted((tmp_path / "precious").iterdir())
    before = [file.read_bytes() for file in precious]
    for verb in ("resume", "evaluate", "export"):
        force = ["--trust"] if verb == "resume" else ["--trust", "--force"]
        code, said = platform(*use_model(verb), *force)
        assert code == 0, said
    assert platform("report", "own")[0] == 0
    assert [file.read_bytes() for file in precious] == before
    assert (tmp_path / "model.safetensors").read_bytes() != b"years of work"


def test_an_address_of_a_cluster_adds_no_line_and_shows_no_password(platform: Command, tmp_path: Path) -> None:
    for number, address in enumerate(["http://u:secret@head:8265", "http://head:8265/\n12 runs are fine"]):
        folder = tmp_path / "runs" / "far" / f"20260101-000000-000{number}"
        folder.mkdir(parents=True)
        content = {"address": address, "job": "a", "runs": None, "variables": [], "earlier": []}
        (folder / "remote.json").write_text(json.dumps(content))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        code, said = platform("list")
        assert (code, "secret" in said, "\n12 runs" in said) == (0, False, False), said
        assert "http://***@head:8265" in said
        code, said = platform("status", "20260101-000000-0001")
        assert code == 2
        assert "remote.json does not say where the run is" in said


@pytest.mark.untrusted
@pytest.mark.parametrize("content", [b"rubbish", "objects", "shapes", "types"])
def test_damaged_samples_are_left_out_of_a_report(
    content: bytes | str, two: RunFolder, mark: Path, platform: Command
) -> None:
    import numpy as np

    class Bad:
        def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
            return Path.touch, (mark,)  # type: ignore[return-value]

    clips: dict[str, Any] = {
        name: np.zeros((2, 2, 1, 8, 8), np.uint8) for name in ("context", "target", "prediction")
    }
    changed = {
        "objects": {"prediction": np.array([Bad()], dtype=object)},
        "shapes": {"context": np.zeros(3, np.uint8)},
        "types": {"target": np.array(["a"])},
    }
    for checkpoint in two.checkpoints.glob("step-*"):
        if isinstance(content, bytes):
            (checkpoint / "samples.npz").write_bytes(content)
        else:
            np.savez(checkpoint / "samples.npz", **{**clips, **changed[content]})
    code, said = platform("report", "spoilt")
    assert (code, mark.exists()) == (0, False), said
    assert "the report leaves out" in said


def test_a_damaged_manifest_is_reported(two: RunFolder, platform: Command) -> None:
    newest = max(path for path in two.checkpoints.glob("step-*"))
    (newest / "manifest.json").write_text("[1, 2]")
    code, said = platform("status", "spoilt")
    assert code == 0, said
    assert f"warning: {newest.name} has a damaged manifest.json and is passed over" in said
