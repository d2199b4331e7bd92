"""Whatever a user writes into a job file, the answer is a place, a sentence and exit code 2: never a traceback,
never a run folder."""

from __future__ import annotations

import copy
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from framecast.cli.app import main

# Values are raw YAML, each key on a line of its own, so that a case can put anything in place of any value.
SOUND: dict[str, Any] = {
    "name": "tiny",
    "task": {"name": "video_prediction", "frames_in": "2", "frames_out": "2", "sampling": {"ratio": "0.5"}},
    "model": {"name": "conv_tt_lstm", "layers_per_block": "[1]", "hidden_channels": "[2]", "kernel_size": "3"},
    "data": {"name": "moving_mnist", "size": "16", "digit_size": "7", "train_clips": "4", "validation_clips": "4"},
    "metrics": "[mse, ssim]",
    "training": {"epochs": "1", "batch_size": "2", "strategy": "torch", "optimizer": {"name": "adam"}},
    "checkpoints": {"monitor": "validation/mse"},
}


@dataclass(frozen=True)
class Case:
    """A job file (or what lies where one should), overrides, and what the answer must contain."""

    id: str
    content: bytes | None
    expected: tuple[str, ...]
    overrides: tuple[str, ...] = ()


def rendered(tree: dict[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """(dotted key, line) for each key of the job."""
    for key, value in tree.items():
        dotted = f"{prefix}{key}"
        if isinstance(value, dict):
            yield dotted, f"{'  ' * depth}{key}:"
            yield from rendered(value, f"{dotted}.", depth + 1)
        else:
            yield dotted, f"{'  ' * depth}{key}: {value}"


def with_value(key: str, value: str | None) -> tuple[bytes, str]:
    """The sound job with `key` set to raw YAML, or left out; and the place where that key then stands."""
    tree = copy.deepcopy(SOUND)
    *sections, last = key.split(".")
    target = tree
    for section in sections:
        target = target.setdefault(section, {})
    target[last] = value
    if value is None:
        del target[last]
    lines = list(rendered(tree))
    text = "".join(f"{line}\n" for _, line in lines)
    for number, (dotted, line) in enumerate(lines, 1):
        if dotted == key:
            return text.encode(), f"job.yaml:{number}:{len(line) - len(line.lstrip()) + 1}"
    return text.encode(), "job.yaml"


def wrong_values() -> Iterator[Case]:
    wrong = {
        "name": ["5", "null", "[a]", "{a: b}", "../up", "a/b", "''", "two words", ".hidden", "x" * 101],
        "extends": ["3", "[moving_mnist.yaml]", "true"],
        "task": ["null", "3", "[]", "{}", "{name: 3}", "''"],
        "task.frames_in": ["two", "'2'", "2.0", "0", "-1", "true", "null", "[2]", "99999999999999999999"],
        "task.sampling": ["3", "curriculum", "[]"],
        "task.sampling.ratio": ["2", "-0.5", "half", ".nan", "true"],
        "model": ["null", "[conv_lstm]", "{rank: 3}"],
        "model.rank": ["eight", "0", "8.5", "[8]", "4097"],
        "model.order": ["yes please", "-3"],
        "model.kernel_size": ["4", "0", "5x5", "65"],
        "model.layers_per_block": ["3", "[]", "[0]", "[one]", "[[1]]", "{a: 1}"],
        "model.hidden_channels": ["[2, 2]", "[2.5]"],
        "model.output_sigmoid": ["1", "'true'", "maybe"],
        "model.skip_stride": ["0", "none"],
        "data": ["null", "7"],
        "data.size": ["4", "64x64", "[64, 64]"],
        "data.digit_size": ["9", "28"],
        "data.step": ["0", "1.5"],
        "data.train_clips": ["0", "1.0e3", "1" + "0" * 30],
        "data.root": ["3", "[a]"],
        "metrics": ["mse", "3", "[3]", "[null]", "[[mse]]", "[{net: alex}]", "[mse, mse]", "{name: mse}"],
        "callbacks": ["null", "tensorboard", "[{name: 4}]", "[tensorboard, tensorboard]"],
        "plugins": ["null", "conv", "[3]", "[./no/such/file.py]", "[../]"],
        "training": ["null", "3", "[]", "fast"],
        "training.epochs": ["0", "-1", "1.5", "ten", "1e3", "2147483648", "null", "0x", "9" * 5000],
        "training.max_steps": ["0", "never"],
        "training.max_hours": ["0", "'1'", ".inf", "1:30:00", "2020-01-01"],
        "training.batch_size": ["0", "big", "true"],
        "training.accumulate": ["0", "16"],
        "training.evaluate_every": ["0"],
        "training.optimizer": ["lion", "[]"],
        "training.optimizer.name": ["lion", "3"],
        "training.optimizer.learning_rate": ["0", "-1.0e-3", "fast", "1e999", "1000", "false"],
        "training.optimizer.weight_decay": ["-1"],
        "training.schedule": ["linear"],
        "training.schedule.warmup_steps": ["-1"],
        "training.gradient_clipping": ["0", "'1'"],
        "training.precision": ["fp8", "16"],
        "training.strategy": ["horovod", "null"],
        "training.seed": ["-1", "9223372036854775808", "lucky"],
        "deepspeed.zero_stage": ["4", "'1'", "true"],
        "deepspeed.extra": ["3", "[a]"],
        "compute.workers": ["0", "70000", "{min: 8, max: 1}"],
        "compute.cpus_per_worker": ["0", "all"],
        "compute.gpus_per_worker": ["2", "none"],
        "compute.max_failures": ["-2"],
        "compute.address": ["6379"],
        "checkpoints.every": ["0"],
        "checkpoints.monitor": ["mse", "validation/psnr", "3", "''"],
        "checkpoints.keep_best": ["0"],
        "checkpoints.keep_last": ["0", "all"],
    }
    # a rule between two values speaks of the section or of the other value
    about = {("model.hidden_channels", "[2, 2]"): "model", ("data.digit_size", "28"): "data"}
    about |= {("training.accumulate", "16"): "training.batch_size", ("data.digit_size", "9"): "data"}
    about["training.epochs", "9" * 5000] = "not usable"  # refused before it is known whose value it is
    for key, values in wrong.items():
        for value in values:
            content, place = with_value(key, value)
            place = place.rpartition(":")[0] + ":"  # the column may be of an entry within the value
            spoken = about.get((key, value), key)
            yield Case(f"{key}={value[:24]}", content, ("job.yaml:" if spoken != key else place, spoken))


def unknown_keys() -> Iterator[Case]:
    misspelt = {
        "modle": "model",
        "task.frame_in": "frames_in",
        "task.sampling.patiance": "patience",
        "model.ranks": "rank",
        "data.sise": "size",
        "training.epoch": "epochs",
        "training.optimizer.learning_rat": "learning_rate",
        "training.schedule.warm_up_steps": "warmup_steps",
        "deepspeed.zero_stages": "zero_stage",
        "compute.worker": "workers",
        "checkpoints.monitors": "monitor",
    }
    for key, meant in misspelt.items():
        content, place = with_value(key, "1")
        yield Case(f"unknown {key}", content, (place, key, f"did you mean {meant}?"))


def missing_keys() -> Iterator[Case]:
    for key in ("name", "task", "model", "data", "task.name", "model.name", "data.name"):
        content, _ = with_value(key, None)
        yield Case(f"without {key}", content, ("job.yaml", key, "is required"))


def wrong_plugins() -> Iterator[Case]:
    for key, value, hint in [
        ("task.name", "video_predictoin", "did you mean video_prediction?"),
        ("model.name", "conv_tt_lstn", "did you mean conv_tt_lstm?"),
        ("data.name", "moving_mnits", "did you mean moving_mnist?"),
        ("model.name", "video_prediction", "no model is called"),  # there, but of another kind
        ("metrics", "[mse, sim]", "did you mean ssim?"),
        ("callbacks", "[tensorbord]", "did you mean tensorboard?"),
    ]:
        content, place = with_value(key, value)
        place = place.rpartition(":")[0] if value.startswith("[") else place  # it points into the list
        yield Case(f"plugin {key}={value}", content, (place, key.removesuffix(".name"), hint))


def bad_yaml() -> Iterator[Case]:
    texts = {
        "tab": "name: a\ntask:\n\tname: b\n",
        "open bracket": "name: [a\n",
        "open brace": "name: {a: b\n",
        "open quote": 'name: "a\n',
        "open single quote": "name: 'a\n",
        "colon in a value": "name: a: b\n",
        "unknown alias": "name: *nobody\n",
        "bad escape": 'name: "\\q"\n',
        "at sign": "name: @home\n",
        "backtick": "name: `ls`\n",
        "percent": "%YAML 9.9.9\n---\nname: a\n",
        "bad directive": "%%%\nname: a\n",
        "two documents": "name: a\n---\nname: b\n",
        "indentation": "name: a\n  task: b\n",
        "dedentation": "task:\n    name: a\n  frames_in: 2\n",
        "stray closing bracket": "name: a\n]\n",
        "stray text": "name: a\nand more\n",
        "anchor without a value": "name: &a &b c\n",
        "block scalar with a bad indicator": "name: |99\n  a\n",
        "control character": "name: a\x07b\n",
        "NUL": "name: a\0b\n",
        "duplicate key": "name: a\nname: b\n",
        "duplicate key below": "name: a\ntask:\n  name: a\n  name: b\n",
        "number as a key": "1: a\n",
        "null as a key": "~: a\n",
        "true as a key": "true: a\n",
        "list as a key": "[a, b]: c\n",
        "mapping as a key": "{a: b}: c\n",
        "question mark key": "? [a]\n: b\n",
        "merge key": "task: &t {name: a}\nmodel:\n  <<: *t\n",
        "python object": "name: !!python/object/apply:os.system [ls]\n",
        "python name": "name: !!python/name:os.system ''\n",
        "own tag": "name: !mine a\n",
        "undeclared tag handle": "name: !h!mine a\n",
        "binary tag": "name: !!binary aGVsbG8=\n",
        "int tag on a text": "name: !!int many\n",
        "float tag on a text": "name: !!float many\n",
        "bool tag on a text": "name: !!bool perhaps\n",
        "tagged list": "name: !!python/tuple [a]\n",
        "tagged mapping": "name: !!set {a: null}\n",
        "int tag on nothing": "name: !!int ''\n",
        "float tag on nothing": "name: !!float ''\n",
        "tagged key": "!!python/name:os.system name: a\n",
        "alias of itself": "name: &a [*a]\n",
        "alias bomb": "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
        ),
        "deep lists": "name: " + "[" * 3000 + "]" * 3000 + "\n",
        "deep mappings": "name: " + "{a: " * 3000 + "}" * 3000 + "\n",
        "deep blocks": "\n".join(" " * depth + "a:" for depth in range(400)) + "\n",
        "many values": "name: [" + "1," * 100_000 + "1]\n",
        "megabytes": "# " + "x" * 2_000_000 + "\n",
        "empty": "",
        "blank": "\n   \n\n",
        "only comments": "# one\n# two\n",
        "only a marker": "---\n",
        "null": "null\n",
        "a list": "- name: a\n- task: b\n",
        "a number": "42\n",
        "a word": "demo\n",
        "no space after the colon": "name:a\n",
        "a page of HTML": "<!doctype html><html><body>404: not found</body></html>\n",
        "JSON that stops": '{"name": "a", "task": ',
        "Python": "import torch\nprint('hi')\n",
    }
    slow_or_no_yaml = {"megabytes": "job.yaml", "deep lists": "job.yaml", "deep mappings": "job.yaml"}
    for name, text in texts.items():
        yield Case(name, text.encode(), (slow_or_no_yaml.get(name, "job.yaml:"),))
    yield Case("latin-1", "name: caf\u00e9\n".encode("latin-1"), ("job.yaml:1:10", "UTF-8"))
    yield Case("UTF-16", "name: a\n".encode("utf-16"), ("job.yaml:1:1", "UTF-8"))
    yield Case("random bytes", bytes(range(255, -1, -1)), ("job.yaml:1:1", "UTF-8"))
    yield Case("gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", ("job.yaml:1:2", "UTF-8"))


def bad_overrides() -> Iterator[Case]:
    sound = "".join(f"{line}\n" for _, line in rendered(SOUND)).encode()
    for override, *expected in [
        ("training.epochs", "write key.path=value"),
        ("=3", "write key.path=value"),
        ("training..epochs=3", "write key.path=value"),
        (".=3", "write key.path=value"),
        ("training.epochs=many", "training.epochs"),
        ("training.epochs=", "training.epochs"),
        ("training.epochs.deep=3", "holds no keys"),
        ("training.epohcs=3", "did you mean epochs?"),
        ("trainnig.epochs=3", "command line trainnig", "did you mean training?"),
        ("training={", "not valid YAML"),
        ("training=[1]", "training"),
        ("training.epochs=!!python/object/apply:os.system [ls]", "not allowed"),
        ("model.name=conv_tt_lstn", "did you mean conv_tt_lstm?"),
        ("model.order=9", "order is 9", "steps is 3"),
        ("metrics.7.name=mse", "counted from 0", "2 entries"),
        ("metrics.7=mse", "counted from 0"),
        ("metrics.first=mse", "counted from 0"),
        ("metrics.0.name=psrn", "did you mean psnr?"),
        ("training.epochs=1 2", "training.epochs"),
        ("training.seed=" + "9" * 5000, "training.seed"),
    ]:
        yield Case(f"override {override[:40]}", sound, ("command line", *expected), (override,))
    # a rule between two values may be shown at the one in the file
    yield Case("override compute.workers=3", sound, ("training.batch_size", "3 workers"), ("compute.workers=3",))
    yield Case("override name.first=3", sound, ("name", "should be a valid string"), ("name.first=3",))
    yield Case("override 0=3", sound, ("0", "unknown key"), ("0=3",))


CASES = [
    *wrong_values(),
    *unknown_keys(),
    *missing_keys(),
    *wrong_plugins(),
    *bad_yaml(),
    *bad_overrides(),
]


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FRAMECAST_RUNS", raising=False)


def answer(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["platform", "submit", *arguments, "--in-process"])
    with pytest.raises(SystemExit) as left:
        main()
    captured = capsys.readouterr()
    return int(left.value.code or 0), captured.out + captured.err


def check(code: int, said: str, *expected: str) -> None:
    assert code == 2, said
    for words in expected:
        assert words in said
    assert "Traceback" not in said
    assert not Path("runs").exists()


def test_the_cases_are_a_hundred_and_more() -> None:
    assert len({(case.content, case.overrides) for case in CASES}) >= 100


def test_the_job_that_all_cases_spoil_is_sound(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("job.yaml").write_bytes("".join(f"{line}\n" for _, line in rendered(SOUND)).encode())
    code, said = answer(capsys, monkeypatch, "job.yaml", "--dry-run")
    assert code == 0, said


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_a_malformed_job_is_answered_with_its_place_and_key(
    case: Case, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert case.content is not None
    Path("job.yaml").write_bytes(case.content)
    code, said = answer(capsys, monkeypatch, "job.yaml", *case.overrides)
    check(code, said, *case.expected)
    assert len(said) < 20_000, "an answer is read by a person"


def test_a_missing_file_is_answered_with_the_files_beside_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("demo.yaml").write_text("name: demo\n")
    check(*answer(capsys, monkeypatch, "demmo.yaml"), "demmo.yaml", "no such file", "demo.yaml")


@pytest.mark.parametrize("name", ["", "no/such/folder/job.yaml", "x" * 400, "\0", "~nobody/job.yaml"])
def test_a_file_that_cannot_be_is_answered_by_name(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    check(*answer(capsys, monkeypatch, name), name[:100].replace("\0", "\\x00"))


def test_a_folder_is_no_job(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    Path("jobs").mkdir()
    check(*answer(capsys, monkeypatch, "jobs"), "jobs", "is a folder")


def test_a_link_to_itself_is_no_job(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    Path("job.yaml").symlink_to("job.yaml")
    check(*answer(capsys, monkeypatch, "job.yaml"), "job.yaml")


@pytest.mark.parametrize(
    ("extended", "expected"),
    [
        ("nowhere.yaml", "no such file"),
        ("job.yaml", "never ends"),
        ("other.yaml", "never ends"),
        (".", "is a folder"),
        ("broken.yaml", "broken.yaml:1:7"),
        ("''", "is a folder"),
    ],
)
def test_a_file_that_cannot_be_extended_is_named_where_it_is_extended(
    extended: str, expected: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("job.yaml").write_text(f"name: a\nextends: {extended}\n")
    Path("other.yaml").write_text("extends: job.yaml\n")
    Path("broken.yaml").write_text("name: @home\n")
    check(*answer(capsys, monkeypatch, "job.yaml"), expected, "job.yaml:2:1 extends")


def test_a_key_from_an_extended_file_is_shown_where_it_was_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("base.yaml").write_bytes(with_value("training.epochs", "ten")[0])
    Path("job.yaml").write_text("extends: base.yaml\ntraining:\n  batch_size: big\n")
    place = with_value("training.epochs", "ten")[1].replace("job", "base")
    check(*answer(capsys, monkeypatch, "job.yaml"), f"{place} training.epochs", "job.yaml:3:3 training.batch_size")


def test_all_problems_come_at_once_and_in_the_order_of_the_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = with_value("model.ranks", "8")[0].decode()
    text = text.replace("size: 16", "size: big").replace("epochs: 1", "epochs: 0").replace("ssim", "sim")
    Path("job.yaml").write_text(text)
    code, said = answer(capsys, monkeypatch, "job.yaml")
    check(code, said, "model.ranks", "data.size", "metrics.1", "training.epochs")
    lines = [int(line) for line in re.findall(r"^job\.yaml:(\d+):", said, re.MULTILINE)]
    assert len(lines) >= 4
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"name: [a\n",
        "name: caf\u00e9\n".encode("latin-1"),
        b"name: " + b"[" * 100_000 + b"]" * 100_000,
        with_value("model.ranks", "8")[0],
        with_value("training.epochs", "9" * 5000)[0],
    ],
    ids=["empty", "bad YAML", "latin-1", "very deep", "unknown key", "huge number"],
)
def test_the_real_command_answers_the_same(content: bytes) -> None:
    Path("job.yaml").write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-m", "framecast", "submit", "job.yaml"], capture_output=True, text=True, check=False
    )
    check(done.returncode, done.stdout + done.stderr, "job.yaml")
